/** A whole message of Claude's as a `ModelResponse`. Pure. */
import {
  type AssistantPart,
  deepFreeze,
  IncompleteStreamError,
  isRecord,
  type JsonObject,
  type LocusError,
  ModelError,
  type ModelResponse,
  type ModelStopReason,
  type Usage,
  usageFrom,
} from "@locus-sdk/core";
import { ANTHROPIC_BLOCK, CITATIONS } from "./blocks.ts";
import { remote } from "./body.ts";
import { type ErrorContext, toldError } from "./errors.ts";
import { excerpt } from "./excerpt.ts";
import { parseMessage, type WireEnd, type WireMessage, type WireUsage } from "./wire.ts";

/** What is known about an answer besides its body. */
export interface AnswerContext extends ErrorContext {
  /** What could not be sent, to be told with the answer. */
  readonly warnings?: readonly string[];
  /** The tool whose arguments are the answer. */
  readonly answerTool?: string;
}

/**
 * The message in `body`, the parsed JSON of a 200.
 *
 * @throws ModelError where it is not a message; a typed error where it is an error envelope.
 * @example
 * ```ts
 * import { decodeMessage } from "@locus-sdk/anthropic";
 *
 * const response = decodeMessage(
 *   { content: [{ type: "text", text: "Hi." }], stop_reason: "end_turn", usage: { input_tokens: 8, output_tokens: 2 } },
 *   { modelId: "claude-haiku-4-5" },
 * );
 * response.stopReason; // "stop"
 * ```
 */
export function decodeMessage(body: unknown, context: AnswerContext): ModelResponse {
  if (isRecord(body) && body.type === "error") throw toldError(body, context);
  const parsed = parseMessage(body);
  if (!parsed.success) throw notAMessage(body, context);
  const { content } = parsed.data;
  return finish(
    parsed.data,
    content.flatMap((block) => decodeBlock(block, context.answerTool)),
    context,
  );
}

/** A whole message in `text`; a text that breaks off in the middle of its JSON is an incomplete answer. */
export function decodeMessageText(text: string, context: AnswerContext): ModelResponse {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    if (text.trim() !== "" && !text.trimStart().startsWith("{")) throw notAMessage(text, context);
    const came = text.trim() === "" ? "nothing" : `a body that breaks off: ${excerpt(text, context.secrets)}`;
    throw new IncompleteStreamError(
      `anthropic model "${context.modelId}" answered 200 with ${came}`,
      remote(context),
    );
  }
  return decodeMessage(body, context);
}

/** The parts of one content block; a block that has no part of ours is kept verbatim. */
export function decodeBlock(block: JsonObject, answerTool: string | undefined): readonly AssistantPart[] {
  switch (block.type) {
    case "text":
      return textParts(block);
    case "thinking":
      if (typeof block.thinking !== "string") break;
      return [
        {
          type: "reasoning",
          text: block.thinking,
          ...(typeof block.signature === "string" && block.signature !== ""
            ? { signature: block.signature }
            : {}),
        },
      ];
    case "tool_use": {
      const { id, name, input } = block;
      if (typeof name !== "string") break;
      // A text is what a stream wrote, verbatim.
      const written = typeof input === "string" ? input : JSON.stringify(input ?? {});
      if (name === answerTool) return [{ type: "text", text: written }];
      return [{ type: "tool_call", id: typeof id === "string" ? id : "", name, arguments: written }];
    }
  }
  return [{ type: "provider", provider: ANTHROPIC_BLOCK, item: block }];
}

function textParts({ text, citations }: JsonObject): readonly AssistantPart[] {
  if (typeof text !== "string" || text === "") return [];
  const part: AssistantPart = { type: "text", text };
  if (!Array.isArray(citations) || citations.length === 0) return [part];
  return [part, { type: "provider", provider: CITATIONS, item: citations }];
}

/** The response to a message whose content has been read. */
export function finish(
  wire: Omit<WireMessage, "content">,
  content: readonly AssistantPart[],
  context: AnswerContext,
): ModelResponse {
  const warnings = [...(context.warnings ?? [])];
  const calls = content.filter(({ type }) => type === "tool_call").length;
  const stopReason = stopReasonOf(wire, calls, (text) => warnings.push(text));
  const usage = usageOf(wire.usage, (text) => warnings.push(text));
  return deepFreeze({
    message: { role: "assistant", content },
    usage,
    stopReason,
    modelId: wire.model ?? context.modelId,
    ...tierOf(wire.usage),
    ...remote(context),
    ...(warnings.length === 0 ? {} : { warnings }),
  } satisfies ModelResponse);
}

/** Why the model stopped. What cuts an answer short is told apart from its end. */
const STOP_REASONS: Readonly<Record<string, ModelStopReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  pause_turn: "length",
  refusal: "content_filter",
};

function stopReasonOf(
  { stop_reason: reason, stop_details: details }: WireEnd,
  calls: number,
  warn: (text: string) => void,
): ModelStopReason {
  const known = reason === undefined ? "stop" : STOP_REASONS[reason];
  if (known === undefined) warn(`the provider finished with the unknown reason "${reason}"`);
  if (reason === "pause_turn") warn("the provider paused its turn: send the conversation again to go on");
  if (reason === "refusal" && details !== undefined) {
    const category = details.category === undefined ? "" : ` (${details.category})`;
    warn(
      `the provider declined${category}: ${excerpt(details.explanation ?? "no explanation came with it")}`,
    );
  }
  if (known === "length" || known === "content_filter") return known;
  return calls > 0 ? "tool_calls" : "stop";
}

/** What makes tokens cost something else than the list price: the tier, a faster model, and where it has to run. */
function tierOf(usage: WireUsage | undefined): { readonly serviceTier?: string } {
  const { service_tier: tier, speed, inference_geo: place } = usage ?? {};
  const told = [
    ...(tier === undefined || tier === "standard" ? [] : [tier]),
    ...(speed === undefined || speed === "standard" ? [] : [speed]),
    ...(place === undefined || place === "global" || place === "not_available" ? [] : [place]),
  ];
  if (told.length > 0) return { serviceTier: told.join("+") };
  return tier === undefined ? {} : { serviceTier: tier };
}

/** Tokens as the provider counted them. It counts apart what came from the cache and went into it; we count all. */
export function usageOf(wire: WireUsage | undefined, warn: (text: string) => void): Usage {
  if (wire === undefined) {
    warn("the provider reported no token usage");
    return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  }
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = wire;
  return usageFrom({
    input: (wire.input_tokens ?? 0) + (read ?? 0) + (written ?? 0),
    output: wire.output_tokens,
    cached: read,
    cacheWrite: written,
    cacheWrite1h: wire.cache_creation?.ephemeral_1h_input_tokens,
    reasoning: wire.output_tokens_details?.thinking_tokens,
  });
}

/** The error for a 200 that holds something else. */
function notAMessage(body: unknown, context: AnswerContext): LocusError {
  const came = typeof body === "string" ? body : (JSON.stringify(body) ?? "nothing");
  return new ModelError(
    `anthropic model "${context.modelId}" answered 200 with something that is not a message: ${excerpt(came, context.secrets)}`,
    {
      ...remote(context),
      code: "invalid_response",
      hint: "Check that the base URL leads to the Messages API.",
    },
  );
}
