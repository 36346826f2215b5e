// A completed turn as a response: its output items, and the response object around them.
import {
  argumentsText,
  type Completed,
  type CompletedCall,
  type TokenCounts,
  tagged,
} from "../answers/complete.ts";
import type { Turn } from "../answers/turn.ts";
import type { JsonObject } from "../json.ts";
import type { Family } from "../models/families.ts";
import { type Item, newItemId, toItem } from "./items.ts";
import type { ResponsesBody } from "./request.ts";
import { seal } from "./sealed.ts";

/** An output item, and the pieces in which a stream builds it up. */
export type Output =
  | {
      readonly kind: "reasoning";
      readonly item: Item;
      readonly pieces: readonly string[];
      /** What of the reasoning is shown. */
      readonly shown: "text" | "summary" | "nothing";
    }
  | { readonly kind: "hosted"; readonly item: Item }
  | { readonly kind: "message"; readonly item: Item; readonly parts: readonly MessagePart[] }
  | { readonly kind: "call"; readonly item: Item };

export type MessagePart =
  | {
      readonly type: "output_text";
      readonly pieces: readonly string[];
      readonly annotations: readonly JsonObject[];
    }
  | { readonly type: "refusal"; readonly pieces: readonly string[] };

interface Making {
  readonly turn: Turn;
  readonly completed: Completed;
  readonly body: ResponsesBody;
  readonly family: Family;
  /** Seals encrypted reasoning. */
  readonly secret: string;
}

/** The output, in the order in which models produce it: reasoning, hosted tools, text, calls. */
export function outputsOf(making: Making): readonly Output[] {
  const { turn, completed } = making;
  const asText = completed.toolDeltas === "text-tags";
  const calls = asText ? [] : completed.toolCalls;
  const text = asText ? [...completed.text, ...completed.toolCalls.map(tagged)] : completed.text;
  const hosted = (turn.hosted ?? []).map((item): Output => ({ kind: "hosted", item: toItem(item) }));
  const spoken = calls.length > 0 || hosted.length > 0 || completed.refusal !== undefined;
  const parts: MessagePart[] = [];
  if (text.length > 0 || !spoken) {
    parts.push({ type: "output_text", pieces: text, annotations: turn.annotations ?? [] });
  }
  if (completed.refusal !== undefined) parts.push({ type: "refusal", pieces: [completed.refusal] });
  return [
    ...(completed.reasoning.length > 0 ? [reasoningOutput(making, calls)] : []),
    ...hosted,
    ...(parts.length > 0 ? [messageOutput(parts)] : []),
    ...calls.map((call): Output => ({ kind: "call", item: callItem(call, completed) })),
  ];
}

function reasoningOutput(making: Making, calls: readonly CompletedCall[]): Output {
  const { body, completed, family, secret } = making;
  const text = completed.reasoning.join("");
  const asked = body.reasoning?.summary !== undefined && body.reasoning.summary !== null;
  const shown = family.reasoning === "text" ? "text" : asked ? "summary" : "nothing";
  const encrypted = body.include?.includes("reasoning.encrypted_content") === true;
  return {
    kind: "reasoning",
    pieces: completed.reasoning,
    shown,
    item: {
      id: newItemId("reasoning"),
      type: "reasoning",
      summary: shown === "summary" ? [{ type: "summary_text", text }] : [],
      ...(shown === "text" ? { content: [{ type: "reasoning_text", text }] } : {}),
      ...(encrypted ? { encrypted_content: seal({ text, callIds: calls.map(({ id }) => id) }, secret) } : {}),
      status: "completed",
    },
  };
}

/** A part with the text given; a stream's first sight of it has none. */
export const partOf = (part: MessagePart, text: string): JsonObject =>
  part.type === "refusal"
    ? { type: "refusal", refusal: text }
    : { type: "output_text", text, annotations: text === "" ? [] : part.annotations, logprobs: [] };

function messageOutput(parts: readonly MessagePart[]): Output {
  const content = parts.map((part) => partOf(part, part.pieces.join("")));
  const id = newItemId("message");
  return {
    kind: "message",
    parts,
    item: { id, type: "message", status: "completed", role: "assistant", content },
  };
}

const callItem = (call: CompletedCall, { toolDeltas }: Completed): Item => ({
  id: newItemId("function_call"),
  type: "function_call",
  status: "completed",
  call_id: call.id,
  name: call.name,
  arguments: argumentsText(call, toolDeltas),
});

const usageOf = ({ input, output, cached, reasoning }: TokenCounts): JsonObject => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});

const incompleteReasons: Readonly<Record<string, string>> = {
  length: "max_output_tokens",
  content_filter: "content_filter",
};

/** How a server is to be asked is nobody's business once it was. */
function withoutSecrets(tool: JsonObject): JsonObject {
  if (tool.type !== "mcp") return tool;
  const { authorization: _, ...told } = tool;
  return told.headers === undefined ? told : { ...told, headers: null };
}

/** The response before anything of it is generated. */
export function newResponse(
  id: string,
  created: number,
  body: ResponsesBody,
  source: JsonObject,
  conversationId: string | undefined,
  store: boolean,
): JsonObject {
  return {
    id,
    object: "response",
    created_at: created,
    status: "in_progress",
    background: body.background ?? false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: source.max_output_tokens ?? null,
    model: body.model,
    output: [],
    parallel_tool_calls: source.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    ...(conversationId === undefined ? {} : { conversation: { id: conversationId } }),
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    store,
    temperature: source.temperature ?? 1,
    text: source.text ?? { format: { type: "text" } },
    tool_choice: source.tool_choice ?? "auto",
    tools: (body.tools ?? []).map(withoutSecrets),
    top_p: source.top_p ?? 1,
    truncation: source.truncation ?? "disabled",
    usage: null,
    user: source.user ?? null,
    metadata: body.metadata ?? {},
  };
}

/** The response when the model is done with it. */
export function finishedResponse(
  response: JsonObject,
  outputs: readonly Output[],
  completed: Completed,
  failure: Turn["failure"],
): JsonObject {
  const output = outputs.map(({ item }) => item);
  if (failure !== undefined) return { ...response, status: "failed", error: { ...failure }, output };
  const reason = incompleteReasons[completed.finishReason];
  return {
    ...response,
    status: reason === undefined ? "completed" : "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
    output,
    usage: usageOf(completed.tokens),
  };
}
