/** The floor: a loop by hand over `fetch`. It does what anyone would have to: parse, accumulate calls, keep messages. */
import { type Contestant, MODEL, type Setting, SYSTEM, type Turn } from "./types.ts";

interface Call {
  readonly id: string;
  readonly function: { readonly name: string; arguments: string };
}
interface Message {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly Call[];
  readonly tool_call_id?: string;
}
interface Chunk {
  readonly choices: readonly [
    { readonly delta: { readonly content?: string | null; readonly tool_calls?: CallDelta[] } }?,
  ];
}
type CallDelta = {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments?: string };
};

const tools = [
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
const system: Message = { role: "system", content: SYSTEM };

export function open({ baseURL }: Setting): Promise<Contestant> {
  const send = async (body: object, signal?: AbortSignal): Promise<Response> => {
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer none" },
      body: JSON.stringify({ model: MODEL, ...body }),
      signal: signal ?? null,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response;
  };
  const complete = async (messages: readonly Message[], more: object = {}): Promise<Message> => {
    const body = (await (await send({ messages, ...more })).json()) as {
      readonly choices: readonly [{ readonly message: Message }];
    };
    return body.choices[0].message;
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
          const { a, b } = JSON.parse(call.function.arguments) as { readonly a: number; readonly b: number };
          messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify({ sum: a + b }) });
        }
      }
    },
    stream: async (prompt, onText, signal) => {
      const messages = [system, { role: "user", content: prompt }];
      const response = await send({ messages, stream: true }, signal);
      const calls: Call[] = [];
      let text = "";
      await readChunks(response, ({ choices }) => {
        const delta = choices[0]?.delta;
        if (delta === undefined) return;
        if (delta.tool_calls !== undefined) for (const part of delta.tool_calls) accumulate(calls, part);
        if (delta.content) {
          text += delta.content;
          onText(delta.content);
        }
      });
      messages.push({ role: "assistant", content: text });
      return "whole";
    },
    converse: (earlier: readonly Turn[]) => {
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

function accumulate(calls: Call[], { index, id, function: part }: CallDelta): void {
  const call = calls[index];
  if (call === undefined) {
    calls[index] = { id: id ?? "", function: { name: part.name ?? "", arguments: part.arguments ?? "" } };
  } else call.function.arguments += part.arguments ?? "";
}

/** The frames of a body, however it was cut. Leaving it early lets the connection go. */
async function readChunks(response: Response, onChunk: (chunk: Chunk) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    let start = 0;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", start)) {
      const data = rest.slice(start + "data: ".length, end);
      start = end + 2;
      if (data !== "[DONE]") onChunk(JSON.parse(data) as Chunk);
    }
    rest = rest.slice(start);
  }
  if (rest.trim() !== "") throw new Error("the stream broke off");
}
