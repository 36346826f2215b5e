/** Whether a budget is kept: pure, so that what fails a run can be read and tested. */
import { median, spread } from "./statistics.ts";

/** What a row may cost: as a ratio to the floor's median, or as it is; or which words it may say. */
export type Budget =
  | { readonly of: "ratio" | "value"; readonly atMost: number }
  | { readonly of: "ratio" | "value"; readonly atLeast: number }
  | { readonly oneOf: readonly string[] };

export type Sample = number | string;

/** `unsure`: beyond the budget, but by no more than repeats of the floor differ among themselves. */
export type Verdict = "met" | "unsure" | "missed" | "unknown";

export interface Judged {
  /** The median, or what was said; every sample where they said different things. */
  readonly value: Sample | undefined;
  /** To the floor's median, where both are numbers. */
  readonly ratio?: number;
}

/** The samples of one contestant beside the floor's. */
export function judge(samples: readonly Sample[], floor: readonly Sample[]): Judged {
  const own = numbers(samples);
  if (own.length === 0) {
    const said = [...new Set(samples.filter((sample) => typeof sample === "string"))];
    return { value: said.length === 0 ? undefined : said.join(", ") };
  }
  const value = median(own);
  const base = median(numbers(floor));
  return Number.isNaN(base) || base === 0 ? { value } : { value, ratio: value / base };
}

/** How far repeats differ by themselves: the floor's, or one's own where there is no floor. */
export function noiseOf(samples: readonly Sample[], floor: readonly Sample[]): number {
  const base = numbers(floor);
  return spread(base.length < 3 ? numbers(samples) : base);
}

export function verdict(budget: Budget, { value, ratio }: Judged, noise: number): Verdict {
  if (value === undefined) return "unknown";
  if ("oneOf" in budget) return budget.oneOf.some((allowed) => String(value) === allowed) ? "met" : "missed";
  const measured = budget.of === "ratio" ? ratio : value;
  if (typeof measured !== "number" || Number.isNaN(measured)) return "unknown";
  const over = "atMost" in budget ? measured / budget.atMost : budget.atLeast / measured;
  // A budget of nothing at all is kept by nothing alone.
  if (Number.isNaN(over)) return "met";
  if (over <= 1) return "met";
  return over <= 1 + noise ? "unsure" : "missed";
}

/** A budget in a few characters. */
export function budgetText(budget: Budget, format: (value: number) => string): string {
  if ("oneOf" in budget) return budget.oneOf.join(" or ");
  const [sign, limit] = "atMost" in budget ? ["≤", budget.atMost] : ["≥", budget.atLeast];
  return budget.of === "ratio" ? `${sign} ${limit}×` : `${sign} ${format(limit)}`;
}

const numbers = (samples: readonly Sample[]): readonly number[] =>
  samples.filter((sample) => typeof sample === "number");
