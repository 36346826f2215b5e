/** The vendor's client with a loop by hand around it. */
import { OpenAI } from "openai";
import { type Contestant, MODEL, type Setting, SYSTEM } from "./types.ts";

type Message = OpenAI.ChatCompletionMessageParam;

const system: Message = { role: "system", content: SYSTEM };
const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "add",
      description: "Adds two numbers.",
      parameters: {
        type: "object",
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
        additionalProperties: false,
      },
    },
  },
];

export function open({ baseURL }: Setting): Promise<Contestant> {
  const client = new OpenAI({ baseURL, apiKey: "none" });
  const complete = async (messages: Message[], more: object = {}): Promise<OpenAI.ChatCompletionMessage> => {
    const { choices } = await client.chat.completions.create({ model: MODEL, messages, ...more });
    const message = choices[0]?.message;
    if (message === undefined) throw new Error("no choice in the answer");
    return message;
  };

  return Promise.resolve({
    ask: async (prompt) => (await complete([system, { role: "user", content: prompt }])).content ?? "",
    work: async (prompt) => {
      const messages: Message[] = [system, { role: "user", content: prompt }];
      for (;;) {
        const message = await complete(messages, { tools });
        messages.push(message);
        if (message.tool_calls === undefined) return message.content ?? "";
        for (const call of message.tool_calls) {
          if (call.type !== "function") continue;
          const { a, b } = JSON.parse(call.function.arguments) as { readonly a: number; readonly b: number };
          messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify({ sum: a + b }) });
        }
      }
    },
    stream: async (prompt, onText, signal) => {
      const messages: Message[] = [system, { role: "user", content: prompt }];
      const stream = await client.chat.completions.create(
        { model: MODEL, messages, stream: true },
        signal === undefined ? {} : { signal },
      );
      let text = "";
      for await (const { choices } of stream) {
        const content = choices[0]?.delta.content;
        if (!content) continue;
        text += content;
        onText(content);
      }
      messages.push({ role: "assistant", content: text });
      return "whole";
    },
    converse: (earlier) => {
      const messages: Message[] = [system, ...earlier];
      return Promise.resolve(async (prompt: string) => {
        messages.push({ role: "user", content: prompt });
        const message = await complete(messages);
        messages.push(message);
        return message.content ?? "";
      });
    },
  });
}
