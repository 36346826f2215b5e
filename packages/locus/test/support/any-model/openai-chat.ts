/** OpenAI's chat completions, as strict as OpenAI: members, ids, and each call answered right behind it. */
import { z } from "zod";
import { type Answer, type Api, type Body, json, misfit, sse, type Turn } from "./vendor.ts";

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const imageUrl = z
  .string()
  .regex(/^(?:https?:\/\/|data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$)/);
const userPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1) }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({ url: imageUrl, detail: z.string().optional() }),
  }),
  z.strictObject({
    type: z.literal("input_audio"),
    input_audio: z.strictObject({ data: z.base64(), format: z.enum(["wav", "mp3"]) }),
  }),
  z.strictObject({ type: z.literal("file"), file: z.record(z.string(), z.string()) }),
]);
const call = z.strictObject({
  id: z.string().min(1).max(40),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().regex(NAME), arguments: z.string() }),
});
const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["system", "developer"]), content: z.string().min(1) }),
  z.strictObject({ role: z.literal("user"), content: z.union([z.string(), z.array(userPart).min(1)]) }),
  z
    .strictObject({
      role: z.literal("assistant"),
      content: z.string().nullable(),
      refusal: z.string().optional(),
      tool_calls: z.array(call).min(1).optional(),
    })
    .refine(
      ({ content, refusal, tool_calls }) =>
        content !== null || refusal !== undefined || tool_calls !== undefined,
      "an assistant's message says or calls something",
    ),
  z.strictObject({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);
const chat = z.looseObject({ model: z.string(), messages: z.array(message).min(1) });

function refuse(body: Body): string | undefined {
  const parsed = chat.safeParse(body);
  if (!parsed.success) return misfit(chat, body);
  let open = new Set<string>();
  for (const one of parsed.data.messages) {
    if (one.role === "tool") {
      if (!open.delete(one.tool_call_id)) return `nobody called ${one.tool_call_id} right before`;
      continue;
    }
    if (open.size > 0) return `no result of ${[...open].join()} right behind the calls`;
    const calls = one.role === "assistant" ? (one.tool_calls ?? []) : [];
    open = new Set(calls.map(({ id }) => id));
    if (open.size < calls.length) return "two calls have one id";
  }
  return open.size > 0 ? `no result of ${[...open].join()}` : undefined;
}

let made = 0;

function answer({ text, reasoning, calls = [] }: Turn, body: Body): Answer {
  const tool_calls = calls.map(({ id = `call_${made++}`, name, arguments: args }, index) => ({
    ...(body.stream === true ? { index } : {}),
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
  }));
  const said = {
    role: "assistant",
    content: text ?? null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(tool_calls.length === 0 ? {} : { tool_calls }),
  };
  const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const shell = { id: "chatcmpl-1", model: "gpt-4o" };
  if (body.stream !== true)
    return json({ ...shell, choices: [{ index: 0, message: said, finish_reason }], usage });
  const chunk = (delta: object, finish: string | null): object => ({
    ...shell,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return sse([chunk(said, null), chunk({}, finish_reason), { ...shell, choices: [], usage }]);
}

export const openaiChat: Api = {
  path: "/v1/chat/completions",
  refuse,
  answer,
  error: (message) => ({ error: { message, type: "invalid_request_error" } }),
};
