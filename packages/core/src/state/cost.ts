/** What a run has cost, and what of that is not known. */
import type { Usage } from "../model/types.ts";
import { isPriced } from "./usage.ts";

/** The money side of a usage. */
export interface RunCost {
  /** US dollars, all told; absent where the price of some of it is not known. */
  readonly usd?: number;
  /** US dollars of what is known: `usd` where that is there, else the least it has cost. */
  readonly knownUsd: number;
  /** `"<provider>:<model id>"` of the models whose price is not known. Runs on record from before prices name none. */
  readonly unpriced: readonly string[];
}

export function costOfRun(usage: Usage): RunCost {
  const { costUsd, partialCostUsd, unpriced = [] } = usage;
  const knownUsd = costUsd ?? partialCostUsd ?? 0;
  return Object.freeze({ ...(isPriced(usage) ? { usd: knownUsd } : {}), knownUsd, unpriced });
}

/**
 * Why a budget of `usd` allows no further call; `undefined` where it does. Where a price is not known nobody can say that
 * the budget holds, so it does not.
 */
export function budgetSpent(usage: Usage, usd: number): string | undefined {
  const cost = costOfRun(usage);
  if (cost.knownUsd >= usd) return `${dollars(cost.knownUsd)} of ${dollars(usd)} used`;
  if (cost.usd !== undefined) return undefined;
  const { cause, hint } = unknownCost(usage);
  return `${cause}, so a budget of ${dollars(usd)} cannot be kept; ${hint}`;
}

/** Why the cost of a usage is not known, and what to do about it. */
export function unknownCost({ unpriced = [], estimated }: Usage): {
  readonly cause: string;
  readonly hint: string;
} {
  const whose = unpriced.length === 0 ? "some of the tokens" : unpriced.join(", ");
  if (estimated !== true) return { cause: `the price of ${whose} is not known`, hint: 'give it in "prices"' };
  return {
    cause: `what ${whose} cost is not known, since not all that was used was told`,
    hint: "its server told no usage, or a call broke off: a budget of tokens goes by the estimate",
  };
}

/** `$0.0042`: as many digits as say something. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return `$${usd >= 1 ? usd.toFixed(2) : usd.toFixed(Math.min(12, 1 - Math.floor(Math.log10(usd))))}`;
}
