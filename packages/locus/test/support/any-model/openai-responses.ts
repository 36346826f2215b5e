/** OpenAI's Responses, as strict as OpenAI: it keeps what it is told to, and knows what it has sealed. */
import { z } from "zod";
import { type Answer, type Api, type Body, json, misfit, type Turn } from "./vendor.ts";

const userPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("input_text"), text: z.string().min(1) }),
  z.strictObject({
    type: z.literal("input_image"),
    image_url: z.string().regex(/^(?:https?:\/\/|data:image\/(?:png|jpeg|gif|webp);base64,)/),
    detail: z.string().optional(),
  }),
  z.looseObject({ type: z.literal("input_file") }),
  z.strictObject({
    type: z.literal("input_audio"),
    input_audio: z.strictObject({ data: z.base64(), format: z.enum(["wav", "mp3"]) }),
  }),
]);
const said = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("output_text"), text: z.string(), annotations: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal("refusal"), refusal: z.string() }),
]);
const callId = z.string().min(1).max(64);
const item = z.union([
  z.strictObject({ type: z.literal("message"), role: z.literal("user"), content: z.array(userPart).min(1) }),
  z.strictObject({ type: z.literal("message"), role: z.literal("assistant"), content: z.array(said).min(1) }),
  z.strictObject({
    type: z.literal("function_call"),
    call_id: callId,
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    arguments: z.string(),
  }),
  z.strictObject({
    type: z.literal("function_call_output"),
    call_id: callId,
    output: z.union([z.string(), z.array(userPart)]),
  }),
  z.strictObject({
    type: z.literal("reasoning"),
    id: z.string().regex(/^rs_/),
    summary: z.array(z.strictObject({ type: z.literal("summary_text"), text: z.string() })),
    encrypted_content: z.string(),
  }),
]);
const request = z.looseObject({
  model: z.string(),
  input: z.array(item).min(1),
  previous_response_id: z.string().optional(),
  store: z.boolean().optional(),
  include: z.array(z.string()).optional(),
});
type Item = z.infer<typeof item>;

/** Calls without an output, after these items; or in words what is wrong. */
function openCalls(items: readonly Item[], before: ReadonlySet<string>): ReadonlySet<string> | string {
  const open = new Set(before);
  const seen = new Set(before);
  for (const one of items) {
    if (one.type === "function_call") {
      if (seen.has(one.call_id)) return `two calls have the id ${one.call_id}`;
      seen.add(one.call_id);
      open.add(one.call_id);
    }
    if (one.type === "function_call_output" && !open.delete(one.call_id))
      return `nobody called ${one.call_id}`;
    if (one.type === "message" && one.role === "user" && open.size > 0)
      return `no output of ${[...open].join()}`;
  }
  return open;
}

export function openaiResponses(): Api {
  const sealed = new Map<string, string>();
  const stored = new Map<string, ReadonlySet<string>>();
  let made = 0;

  function refuse(body: Body): string | undefined {
    const parsed = request.safeParse(body);
    if (!parsed.success) return misfit(request, body);
    const { input, previous_response_id: previous } = parsed.data;
    const before = previous === undefined ? new Set<string>() : stored.get(previous);
    if (before === undefined) return `there is no response ${previous}`;
    const open = openCalls(input, before);
    if (typeof open === "string") return open;
    if (open.size > 0) return `No tool output found for function call ${[...open].join()}.`;
    for (const [index, one] of input.entries()) {
      if (one.type !== "reasoning") continue;
      if (sealed.get(one.id) !== one.encrypted_content)
        return `the encrypted content of ${one.id} is not mine`;
      const next = input[index + 1];
      const isFollowed =
        next?.type === "function_call" || (next?.type === "message" && next.role === "assistant");
      if (!isFollowed) return `reasoning ${one.id} without its required following item`;
    }
    return undefined;
  }

  function answer({ text, reasoning, calls = [] }: Turn, body: Body): Answer {
    const { include = [], store = true } = request.parse(body);
    made += 1;
    const id = `resp_${made}`;
    const output: object[] = [];
    if (reasoning !== undefined) {
      const thought = {
        type: "reasoning",
        id: `rs_${made}`,
        summary: [{ type: "summary_text", text: reasoning }],
      };
      const isSealed = include.includes("reasoning.encrypted_content");
      if (isSealed) sealed.set(thought.id, `sealed-${thought.id}`);
      output.push({ ...thought, ...(isSealed ? { encrypted_content: `sealed-${thought.id}` } : {}) });
    }
    if (text !== undefined) {
      const content = [{ type: "output_text", text, annotations: [] }];
      output.push({ type: "message", id: `msg_${made}`, role: "assistant", status: "completed", content });
    }
    const ids = calls.map((call, at) => call.id ?? `call_${made}_${at}`);
    for (const [at, { name, arguments: args }] of calls.entries()) {
      const call = { id: `fc_${made}_${at}`, call_id: ids[at], name, arguments: JSON.stringify(args) };
      output.push({ type: "function_call", status: "completed", ...call });
    }
    if (store) stored.set(id, new Set(ids));
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    return json({ id, object: "response", status: "completed", model: "gpt-5", output, usage });
  }

  return {
    path: "/v1/responses",
    refuse,
    answer,
    error: (message) => ({ error: { message, type: "invalid_request_error" } }),
  };
}
