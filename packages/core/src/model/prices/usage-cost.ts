/** Puts the price on a usage, or the name of the model whose price is not known. */
import type { ChatModel, ModelResponse, ModelSettings, Usage } from "../types.ts";
import { costAt, isVersionOf, listRow, rowIn } from "./cost.ts";
import type { PricedModel, PriceRow, PriceTable } from "./types.ts";

/** How an answer's tokens are priced. */
export interface Pricing {
  /** Asked before the built-in ones. */
  readonly prices: PriceTable;
  /** Of the request that was answered. */
  readonly settings?: ModelSettings | undefined;
}

type Answered = Pick<ModelResponse, "usage" | "provider" | "modelId" | "serviceTier">;
type Asked = Pick<ChatModel, "provider" | "modelId">;

/**
 * The usage of an answer of `model` with its cost; what a provider, or somebody before us, has said about that stands. What
 * was not counted, or only estimated, has no known cost, unless its model costs nothing.
 */
export function priceUsage(answer: Answered, model: Asked, { prices, settings }: Pricing): Usage {
  const { usage, provider = model.provider, modelId } = answer;
  if (usage.costUsd !== undefined || usage.unpriced !== undefined) return usage;
  const serviceTier = answer.serviceTier ?? tierAsked(settings);
  const answered = { provider, modelId, serviceTier };
  // A model that stands before others was asked by the name of the first of them.
  const asked = answer.provider === undefined ? { ...answered, modelId: model.modelId } : undefined;
  const row = rowFor(answered, asked, prices, usage.inputTokens);
  const isCounted = usage.inputTokens + usage.outputTokens > 0 && usage.estimated !== true;
  if (row !== undefined && (isCounted || isFree(row))) return { ...usage, costUsd: costAt(row, usage) };
  return { ...usage, unpriced: [`${provider}:${modelId}`] };
}

/** The same, of a whole answer. */
export function priceResponse(response: ModelResponse, model: Asked, pricing: Pricing): ModelResponse {
  const usage = priceUsage(response, model, pricing);
  return usage === response.usage ? response : { ...response, usage };
}

/** The tier that a request asks for, also where it does so by the name on the wire. */
export function tierAsked(settings: ModelSettings | undefined): string | undefined {
  const { service_tier: tier, speed } = settings?.extraBody ?? {};
  if (speed === "fast") return speed;
  return typeof tier === "string" ? tier : settings?.serviceTier;
}

const isFree = ({ input, output }: PriceRow): boolean => input === 0 && output === 0;

/**
 * What the caller says of either name goes before any list. A list price is that of the answered id, or of the asked one
 * where both are one model; one that was tuned is answered for by the name of its base, and has another price.
 */
function rowFor(
  answered: PricedModel,
  asked: PricedModel | undefined,
  prices: PriceTable,
  tokens: number,
): PriceRow | undefined {
  if (asked === undefined) return rowIn(prices, answered, tokens) ?? listRow(answered, tokens);
  if (asked.modelId.startsWith("ft:") && !answered.modelId.startsWith("ft:")) {
    return rowIn(prices, asked, tokens);
  }
  // Asked for by its full name, and answered by the short one.
  const isPrecise = isVersionOf(answered.modelId, asked.modelId);
  const [first, other] = isPrecise ? [asked, answered] : [answered, asked];
  const isOne = isPrecise || isVersionOf(asked.modelId, answered.modelId);
  return (
    rowIn(prices, first, tokens) ??
    rowIn(prices, other, tokens) ??
    listRow(first, tokens) ??
    (isOne ? listRow(other, tokens) : undefined)
  );
}
