/** Anthropic's Messages, as strict as Anthropic: turns, signed thoughts, ids, and results first in the turn behind. */
import { z } from "zod";
import { type Answer, type Api, type Body, json, misfit, sse, type Turn } from "./vendor.ts";

const ID = /^[a-zA-Z0-9_-]+$/;
const text = z.strictObject({ type: z.literal("text"), text: z.string().regex(/\S/) });
const image = z.strictObject({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("base64"),
      media_type: z.enum(["image/jpeg", "image/png", "image/gif", "image/webp"]),
      data: z.base64(),
    }),
    z.strictObject({ type: z.literal("url"), url: z.string().regex(/^https:/) }),
  ]),
});
const document = z.looseObject({ type: z.literal("document") });
const result = z
  .strictObject({
    type: z.literal("tool_result"),
    tool_use_id: z.string().regex(ID),
    content: z.union([z.string(), z.array(z.union([text, image, document])).min(1)]).optional(),
    is_error: z.boolean().optional(),
  })
  .refine(({ content, is_error }) => is_error !== true || content !== undefined, "a failure says something");
const thinking = z.strictObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() });
const use = z.strictObject({
  type: z.literal("tool_use"),
  id: z.string().regex(ID),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  input: z.record(z.string(), z.unknown()),
});
const turn = z.discriminatedUnion("role", [
  z.strictObject({
    role: z.literal("user"),
    content: z.array(z.union([text, image, document, result])).min(1),
  }),
  z.strictObject({ role: z.literal("assistant"), content: z.array(z.union([text, thinking, use])).min(1) }),
]);
const messages = z.looseObject({
  model: z.string(),
  max_tokens: z.int().positive(),
  messages: z.array(turn).min(1),
  thinking: z.looseObject({ type: z.string() }).optional(),
});
type Conversation = z.infer<typeof messages>["messages"];

/** Users and the assistant by turns, each call answered once, in the turn behind it, before anything else there. */
function unpaired(conversation: Conversation): string | undefined {
  let open = new Set<string>();
  const seen = new Set<string>();
  for (const [place, { role, content }] of conversation.entries()) {
    if (role !== (place % 2 === 0 ? "user" : "assistant"))
      return "the first turn is the user's, then they alternate";
    const results = content.filter(({ type }) => type === "tool_result").length;
    for (const [at, block] of content.entries()) {
      if (block.type === "tool_result") {
        if (at >= results) return "results stand first in their turn";
        if (!open.delete(block.tool_use_id)) return `nobody called ${block.tool_use_id} right before`;
      }
      if (block.type !== "tool_use") continue;
      if (seen.has(block.id)) return `two calls have the id ${block.id}`;
      seen.add(block.id);
      open.add(block.id);
    }
    if (role === "user" && open.size > 0) return `no result of ${[...open].join()} right behind the calls`;
    if (role === "assistant")
      open = new Set(content.flatMap((one) => (one.type === "tool_use" ? [one.id] : [])));
  }
  return conversation.at(-1)?.role === "user" ? undefined : "the last turn is the user's";
}

export function anthropicMessages(): Api {
  const signed = new Map<string, string>();
  let made = 0;

  function refuse(body: Body): string | undefined {
    const parsed = messages.safeParse(body);
    if (!parsed.success) return misfit(messages, body);
    const conversation = parsed.data.messages;
    for (const { content } of conversation) {
      for (const block of content) {
        if (block.type === "thinking" && signed.get(block.signature) !== block.thinking) {
          return "Invalid signature in thinking block";
        }
      }
    }
    const isAnswering = conversation.at(-1)?.content.some(({ type }) => type === "tool_result") === true;
    const isThinking = parsed.data.thinking !== undefined && parsed.data.thinking.type !== "disabled";
    if (isThinking && isAnswering && conversation.at(-2)?.content[0]?.type !== "thinking") {
      return "Expected `thinking`, but found `tool_use`: a final assistant message must start with a thinking block";
    }
    return unpaired(conversation);
  }

  function answer({ text: said, reasoning, calls = [] }: Turn, body: Body): Answer {
    made += 1;
    const content: { readonly type: string; readonly [member: string]: unknown }[] = [];
    if (reasoning !== undefined) {
      signed.set(`sig-${made}`, reasoning);
      content.push({ type: "thinking", thinking: reasoning, signature: `sig-${made}` });
    }
    if (said !== undefined) content.push({ type: "text", text: said });
    for (const [at, { id, name, arguments: input }] of calls.entries()) {
      content.push({ type: "tool_use", id: id ?? `toolu_${made}_${at}`, name, input });
    }
    const stop_reason = calls.length > 0 ? "tool_use" : "end_turn";
    const usage = { input_tokens: 1, output_tokens: 1 };
    const shell = { id: `msg_${made}`, type: "message", role: "assistant", model: "claude-sonnet-4-5" };
    if (body.stream !== true) return json({ ...shell, content, stop_reason, usage });
    return sse(
      [
        { type: "message_start", message: { ...shell, content: [], usage } },
        ...content.flatMap((block, index) => [
          { type: "content_block_start", index, content_block: begun(block) },
          ...deltas(block).map((delta) => ({ type: "content_block_delta", index, delta })),
          { type: "content_block_stop", index },
        ]),
        { type: "message_delta", delta: { stop_reason }, usage },
        { type: "message_stop" },
      ],
      true,
    );
  }

  return {
    path: "/v1/messages",
    refuse,
    answer,
    error: (message) => ({ type: "error", error: { type: "invalid_request_error", message } }),
  };
}

type Block = Readonly<Record<string, unknown>>;

function begun(block: Block): object {
  if (block.type === "text") return { type: "text", text: "" };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { ...block, input: {} };
}

function deltas(block: Block): readonly object[] {
  if (block.type === "text") return [{ type: "text_delta", text: block.text }];
  if (block.type !== "thinking")
    return [{ type: "input_json_delta", partial_json: JSON.stringify(block.input) }];
  return [
    { type: "thinking_delta", thinking: block.thinking },
    { type: "signature_delta", signature: block.signature },
  ];
}
