/** Puts the price on a usage, or the name of the model whose price is not known. */
import type { ChatModel, ModelResponse, Usage } from "../types.ts";
import { costAt, priceOf } from "./cost.ts";
import type { PriceTable } from "./types.ts";

/** How an answer's tokens are priced. */
export interface Pricing {
  /** Asked before the built-in ones. */
  readonly prices: PriceTable;
  /** Of the request that was answered. */
  readonly serviceTier?: string | undefined;
}

/**
 * The usage of an answer of `model` with its cost; what a provider, or somebody before us, has said about that stands. An
 * answer without tokens was not counted: what it cost is not known, unless its model costs nothing.
 */
export function priceUsage(
  { usage, provider, modelId }: Pick<ModelResponse, "usage" | "provider" | "modelId">,
  model: Pick<ChatModel, "provider" | "modelId">,
  { prices, serviceTier }: Pricing,
): Usage {
  if (usage.costUsd !== undefined || usage.unpriced !== undefined) return usage;
  const answered = { provider: provider ?? model.provider, modelId, serviceTier };
  // A version of what was asked for that nobody knows by its name costs what it costs; another model does not.
  const isVersion =
    provider === undefined && (modelId.includes(model.modelId) || model.modelId.includes(modelId));
  const row =
    priceOf(answered, prices, usage.inputTokens) ??
    (isVersion ? priceOf({ ...answered, modelId: model.modelId }, prices, usage.inputTokens) : undefined);
  const isCounted = usage.inputTokens + usage.outputTokens > 0;
  if (row !== undefined && (isCounted || (row.input === 0 && row.output === 0))) {
    return { ...usage, costUsd: costAt(row, usage) };
  }
  return { ...usage, unpriced: [`${answered.provider}:${modelId}`] };
}

/** The same, of a whole answer. */
export function priceResponse(
  response: ModelResponse,
  model: Pick<ChatModel, "provider" | "modelId">,
  pricing: Pricing,
): ModelResponse {
  const usage = priceUsage(response, model, pricing);
  return usage === response.usage ? response : { ...response, usage };
}
