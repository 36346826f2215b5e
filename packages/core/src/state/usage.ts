/** Sums of tokens and money. */
import type { Usage } from "../model/types.ts";

export const NO_USAGE: Usage = Object.freeze({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });

const OPTIONAL = ["cachedInputTokens", "cacheWriteTokens", "cacheWrite1hTokens", "reasoningTokens"] as const;

/**
 * Adds two usages; what neither knows stays unknown. The cost of a sum is known where that of both is: what one of them
 * costs alone is then its `partialCostUsd`.
 */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: { -readonly [Key in keyof Usage]: Usage[Key] } = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
  for (const key of OPTIONAL) {
    if (a[key] !== undefined || b[key] !== undefined) sum[key] = (a[key] ?? 0) + (b[key] ?? 0);
  }
  const [costOfA, costOfB] = [a.costUsd ?? a.partialCostUsd, b.costUsd ?? b.partialCostUsd];
  if (costOfA !== undefined || costOfB !== undefined) {
    const cost = (costOfA ?? 0) + (costOfB ?? 0);
    if (isPriced(a) && isPriced(b)) sum.costUsd = cost;
    else sum.partialCostUsd = cost;
  }
  const unpriced = union(a.unpriced ?? [], b.unpriced ?? []);
  if (unpriced.length > 0) sum.unpriced = unpriced;
  if (a.estimated === true || b.estimated === true) sum.estimated = true;
  return Object.freeze(sum);
}

/** The names in either list, sorted. Mostly there are none, or both lists name the one model that is asked. */
function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length + b.length === 0) return a;
  const isOne = a.length === 1 && b.length === 1 && a[0] === b[0];
  return Object.freeze(isOne ? [...a] : [...new Set([...a, ...b])].sort());
}

/** Whether all that was used has a price: it is told, or nothing was used. */
export function isPriced({ costUsd, unpriced, inputTokens, outputTokens, totalTokens }: Usage): boolean {
  if (unpriced !== undefined && unpriced.length > 0) return false;
  return costUsd !== undefined || inputTokens + outputTokens + totalTokens === 0;
}
