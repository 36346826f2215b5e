/** What a call that brought no answer may have cost all the same. */
import { estimatePartTokens, estimateTokens } from "../conversation/estimate.ts";
import { LocusError } from "../errors/errors.ts";
import type { PriceTable } from "./prices/types.ts";
import { priceUsage } from "./prices/usage-cost.ts";
import type { ChatModel, ModelRequest, ModelStreamPart, Usage } from "./types.ts";
import { maybePaid } from "./wrap/paid.ts";

type Asked = Pick<ChatModel, "provider" | "modelId">;

/** Whether a call that failed so may have been paid: an error that nobody has typed says nothing against it. */
export const mayBePaid = (error: unknown): boolean => !(error instanceof LocusError) || maybePaid(error);

/**
 * The tokens of a call that failed: as its server told them, else by estimate.
 *
 * @param written Tokens of the answer that had come by then.
 */
export function lostTokens(error: unknown, request: ModelRequest, written = 0): Usage {
  const told = error instanceof LocusError ? error.usage : undefined;
  if (told !== undefined && told.estimated !== true) return told;
  const inputTokens =
    told === undefined || told.inputTokens === 0 ? estimateTokens(request) : told.inputTokens;
  const outputTokens = Math.max(told?.outputTokens ?? 0, written);
  return { ...told, inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
}

/** The same with what it cost, as far as that is known: of an estimate it is not, unless the model costs nothing. */
export function lostUsage(
  error: unknown,
  model: Asked,
  request: ModelRequest,
  { prices, written }: { readonly prices: PriceTable; readonly written?: number },
): Usage {
  const usage = lostTokens(error, request, written);
  return priceUsage({ usage, modelId: model.modelId }, model, { prices, settings: request.settings });
}

/** About how many tokens a piece of an answer is. */
export function deltaTokens(part: Exclude<ModelStreamPart, { type: "finish" }>): number {
  const text = part.type === "tool_call_delta" ? part.argumentsDelta : part.text;
  return estimatePartTokens({ type: "text", text });
}
