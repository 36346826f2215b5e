/** Small readings of the wire that a whole answer and a streamed one share. */
import {
  IncompleteStreamError,
  isRecord,
  type ModelStopReason,
  parseJson,
  type Usage,
  usageFrom,
} from "@locus-sdk/core";
import { type ErrorContext, excerpt } from "../errors.ts";
import type { WireUsage } from "./wire.ts";

/** Finish reasons as servers spell them (in lower case), and what they mean. */
const STOP_REASONS: Readonly<Record<string, ModelStopReason>> = {
  stop: "stop",
  stop_sequence: "stop",
  end_turn: "stop",
  eos: "stop",
  eos_token: "stop",
  complete: "stop",
  completed: "stop",
  length: "length",
  max_tokens: "length",
  max_output_tokens: "length",
  model_length: "length",
  error_limit: "length",
  tool_calls: "tool_calls",
  tool_call: "tool_calls",
  tool_use: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  safety: "content_filter",
  blocklist: "content_filter",
  prohibited_content: "content_filter",
  recitation: "content_filter",
  error_toxic: "content_filter",
  // docs.bigmodel.cn: what the answer said was stopped.
  sensitive: "content_filter",
};

/**
 * Reasons by which servers say that an answer was broken off: DeepSeek's `insufficient_system_resource`, vLLM's `abort`,
 * `network_error` of GLM, `error` of gateways, Gemini's `malformed_function_call`.
 */
const BROKEN_OFF =
  /error|abort|cancel|fail|interrupt|malformed|insufficient|resource|timeout|timed_out|unavailable|overload/i;

/**
 * Why the model stopped. What the answer holds decides between `stop` and `tool_calls`: servers confuse them.
 *
 * @throws IncompleteStreamError where the reason names something that went wrong: a part of an answer is none.
 */
export function stopReasonOf(
  finishReason: string | null | undefined,
  calls: number,
  context: ErrorContext & { readonly requestId?: string; readonly warn: (text: string) => void },
): ModelStopReason {
  const known =
    finishReason === undefined || finishReason === null || finishReason === ""
      ? "stop"
      : STOP_REASONS[finishReason.toLowerCase()];
  if (known === undefined) {
    const { provider, modelId, requestId, secrets, warn } = context;
    const reason = excerpt(finishReason ?? "", secrets);
    if (BROKEN_OFF.test(reason)) {
      throw new IncompleteStreamError(`${provider} model "${modelId}" broke off its answer: "${reason}"`, {
        ...(requestId === undefined ? {} : { requestId }),
        hint: "The part that came is not an answer. Nothing was sent again; try again.",
      });
    }
    warn(`the provider finished with the unknown reason "${reason}"`);
  }
  if (known === "length" || known === "content_filter") return known;
  return calls > 0 ? "tool_calls" : "stop";
}

/** Tokens as the provider counted them; all zero, with a warning, where it did not say. */
export function usageOf(wire: WireUsage | null | undefined, warn: (text: string) => void): Usage {
  if (wire === null || wire === undefined) {
    warn("the provider reported no token usage");
    return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  }
  return usageFrom({
    input: wire.prompt_tokens,
    output: wire.completion_tokens,
    total: wire.total_tokens,
    cached: wire.prompt_tokens_details?.cached_tokens,
    cacheWrite: wire.prompt_tokens_details?.cache_write_tokens,
    reasoning: wire.completion_tokens_details?.reasoning_tokens,
    costUsd: costOf(wire),
  });
}

/** What OpenRouter says that the call cost; by a key of one's own, with what its vendor asks for it. */
function costOf({ cost, is_byok: isOwnKey, cost_details: details }: WireUsage): number | undefined {
  if (isOwnKey !== true) return cost;
  const upstream = details?.upstream_inference_cost;
  return upstream === undefined ? undefined : (cost ?? 0) + upstream;
}

/**
 * A call's arguments as JSON text, verbatim where they are text. JSON that is itself inside a JSON string is unpacked
 * once: always where it holds an object, and whatever it holds where `doubleEncoded` says that the family does this.
 */
export function argumentsText(value: unknown, doubleEncoded: boolean): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return JSON.stringify(value) ?? "";
  if (!value.trimStart().startsWith('"')) return value;
  const inner = parseJson(value);
  if (typeof inner !== "string") return value;
  return doubleEncoded || isRecord(parseJson(inner)) ? inner : value;
}

/** Text and reasoning in a message's `content`, which is a text or a list of parts. */
export function contentOf(content: unknown): { readonly text: string; readonly reasoning: string } {
  if (typeof content === "string") return { text: content, reasoning: "" };
  if (!Array.isArray(content)) return { text: "", reasoning: "" };
  let text = "";
  let reasoning = "";
  for (const part of content as readonly unknown[]) {
    if (typeof part === "string") text += part;
    if (!isRecord(part)) continue;
    if (typeof part.text === "string") text += part.text;
    // Mistral's shape: `{ type: "thinking", thinking: [{ type: "text", text }] }`.
    else if (part.thinking !== undefined) {
      const inner = part.thinking;
      reasoning += typeof inner === "string" ? inner : contentOf(inner).text;
    }
  }
  return { text, reasoning };
}
