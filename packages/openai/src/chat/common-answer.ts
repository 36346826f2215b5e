/** The completion that nearly every server sends, told by a look at each member that is read of it. */
import { isRecord } from "@locus-sdk/core";
import type { WireCompletion, WireUsage } from "./wire.ts";

/**
 * Whether `body` is what the schema would make of it as it stands: nothing in it would be refused, replaced or left for
 * another place to be read from. What is not is the schema's to read, which takes many times as long.
 */
export function isCommonAnswer(body: unknown): body is WireCompletion {
  if (!isRecord(body) || !Array.isArray(body.choices) || body.choices.length !== 1) return false;
  const choice: unknown = body.choices[0];
  return (
    isRecord(choice) &&
    isText(body.model) &&
    isText(body.service_tier) &&
    isCommonUsage(body.usage) &&
    isText(choice.finish_reason) &&
    isAbsent(choice.usage) &&
    isMessage(choice.message)
  );
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isText = (value: unknown): boolean => typeof value === "string" || isAbsent(value);
const isCount = (value: unknown): boolean =>
  value === undefined || (typeof value === "number" && value >= 0 && Number.isFinite(value));

function isMessage(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value.content) &&
    isText(value.reasoning_content) &&
    isText(value.reasoning) &&
    isText(value.refusal) &&
    isAbsent(value.function_call) &&
    (isAbsent(value.tool_calls) || (Array.isArray(value.tool_calls) && value.tool_calls.every(isCall)))
  );
}

const isCall = (value: unknown): boolean =>
  isRecord(value) && isText(value.id) && isRecord(value.function) && isText(value.function.name);

/** The same of an answer's token counts. */
export function isCommonUsage(value: unknown): value is WireUsage {
  if (!isRecord(value)) return false;
  const { prompt_tokens_details: input, completion_tokens_details: output } = value;
  return (
    isCount(value.prompt_tokens) &&
    isCount(value.completion_tokens) &&
    isCount(value.total_tokens) &&
    isCount(value.cost) &&
    value.is_byok !== true &&
    (isAbsent(input) ||
      (isRecord(input) && isCount(input.cached_tokens) && isCount(input.cache_write_tokens))) &&
    (isAbsent(output) || (isRecord(output) && isCount(output.reasoning_tokens)))
  );
}
