/** Locus's model alone, with a loop by hand around it: what of an agent's cost is the model's. */
import { OpenAIModel } from "@locus-sdk/openai";
import type { Message, ModelResponse } from "locus-sdk";
import { type Contestant, MODEL, type Setting, SYSTEM } from "./types.ts";

const system: Message = { role: "system", content: SYSTEM };
const tools = [
  {
    name: "add",
    description: "Adds two numbers.",
    parameters: {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number" } },
      required: ["a", "b"],
      additionalProperties: false,
    },
  },
];

export function open({ baseURL }: Setting): Promise<Contestant> {
  const model = new OpenAIModel({ model: MODEL, baseURL, apiKey: "none" });

  return Promise.resolve({
    ask: async (prompt) =>
      textOf(await model.complete({ messages: [system, { role: "user", content: prompt }] })),
    work: async (prompt) => {
      const messages: Message[] = [system, { role: "user", content: prompt }];
      for (;;) {
        const response = await model.complete({ messages, tools });
        messages.push(response.message);
        const calls = response.message.content.filter((part) => part.type === "tool_call");
        if (calls.length === 0) return textOf(response);
        for (const call of calls) {
          const { a, b } = JSON.parse(call.arguments) as { readonly a: number; readonly b: number };
          messages.push({
            role: "tool",
            callId: call.id,
            name: call.name,
            content: JSON.stringify({ sum: a + b }),
          });
        }
      }
    },
    stream: async (prompt, onText, signal) => {
      const messages: Message[] = [system, { role: "user", content: prompt }];
      for await (const part of model.stream({ messages, ...(signal === undefined ? {} : { signal }) })) {
        if (part.type === "text_delta") onText(part.text);
        else if (part.type === "finish") messages.push(part.response.message);
      }
      return "whole";
    },
    converse: (earlier) => {
      const messages: Message[] = [
        system,
        ...earlier.map(
          ({ role, content }): Message =>
            role === "user" ? { role, content } : { role, content: [{ type: "text", text: content }] },
        ),
      ];
      return Promise.resolve(async (prompt: string) => {
        messages.push({ role: "user", content: prompt });
        const response = await model.complete({ messages });
        messages.push(response.message);
        return textOf(response);
      });
    },
  });
}

const textOf = ({ message }: ModelResponse): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
