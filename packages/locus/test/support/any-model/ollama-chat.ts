/** Ollama's chat, as strict as its documentation: one text a message, images as bytes, results behind their calls. */
import { z } from "zod";
import { type Api, type Body, misfit, type Turn } from "./vendor.ts";

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string(),
  thinking: z.string().optional(),
  images: z.array(z.base64()).min(1).optional(),
  tool_calls: z
    .array(
      z.strictObject({
        id: z.string().optional(),
        function: z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
      }),
    )
    .min(1)
    .optional(),
  tool_name: z.string().optional(),
  tool_call_id: z.string().optional(),
});
const chat = z.looseObject({ model: z.string(), messages: z.array(message).min(1) });

function refuse(body: Body): string | undefined {
  const parsed = chat.safeParse(body);
  if (!parsed.success) return misfit(chat, body);
  let open: string[] = [];
  for (const { role, tool_calls: calls = [], tool_call_id: id, tool_name: name } of parsed.data.messages) {
    if (role === "tool") {
      const at = open.indexOf(`${id} ${name}`);
      if (at < 0) return `nobody called ${name} as ${id} right before`;
      open.splice(at, 1);
      continue;
    }
    if (open.length > 0) return `no result of ${open.join()} right behind the calls`;
    open = calls.map((call) => `${call.id} ${call.function.name}`);
  }
  return open.length > 0 ? `no result of ${open.join()}` : undefined;
}

function lines({ text, reasoning, calls = [] }: Turn): readonly object[] {
  const says = (more: object): object => ({
    model: "m",
    created_at: "2026-11-03T12:00:00Z",
    message: { role: "assistant", content: "", ...more },
    done: false,
  });
  return [
    ...(reasoning === undefined ? [] : [says({ thinking: reasoning })]),
    ...(text === undefined ? [] : [says({ content: text })]),
    // Calls come without ids here.
    ...calls.map(({ name, arguments: args }) =>
      says({ tool_calls: [{ function: { name, arguments: args } }] }),
    ),
    { ...says({}), done: true, done_reason: "stop", prompt_eval_count: 1, eval_count: 1 },
  ];
}

export const ollamaChat: Api = {
  path: "/api/chat",
  refuse,
  answer: (turn) => ({
    type: "application/x-ndjson",
    text: lines(turn)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  }),
  error: (error) => ({ error }),
};
