/**
 * The arithmetic of GSAR ("Grounded, Structured, Auditable Recovery", arXiv:2604.23366):
 *
 *     S = (W(G) + W(K)) / (W(G) + W(U) + ρ·W(X) + W(K)),   W(P) = Σ of the weights of P's claims
 *
 * Pure, and without a judge: any partition will do.
 */
import { ConfigurationError } from "../../errors/errors.ts";
import {
  anObject,
  type Check,
  type Checks,
  checkKeys,
  describeValue,
  must,
  oneOf,
  shape,
} from "../../options/check.ts";
import { decimal, numberOf, ratio, sum, times } from "./exact.ts";
import type { EvidenceType, GsarClaim, GsarDecision, GsarPartition, GsarThresholds } from "./types.ts";

/** What a claim weighs by the kind of its evidence. */
export type GsarWeights = Readonly<Record<EvidenceType, number>>;

/** The reference weights of the paper. */
export const GSAR_WEIGHTS: GsarWeights = Object.freeze({
  tool_match: 1,
  specific_data: 0.95,
  signal_match: 0.9,
  complementary_finding: 0.85,
  synthesis: 0.8,
  neg_evidence: 0.7,
  inference: 0.6,
  domain: 0.6,
  unknown: 0.6,
});

const PROCEED = 0.8;
const REGENERATE = 0.65;
/** ρ: what a contradicted claim costs, as a share of its weight. */
const CONTRADICTION_PENALTY = 0.5;
/** Where nothing weighs anything. */
const NEUTRAL = 0.5;

export interface GsarScoreOptions {
  /** Others than the reference weights, by kind of evidence; from 0. */
  readonly weights?: Partial<GsarWeights> | undefined;
  /**
   * ρ, from 0. Default 0.5, as in the paper: there a contradicted claim costs half of what it would cost if nothing were known
   * of it. Above 1 it costs more.
   */
  readonly contradictionPenalty?: number | undefined;
}

type Weighed = Pick<GsarClaim, "type">;
type Places = { readonly [Place in keyof GsarPartition]: readonly Weighed[] };

/**
 * W: the sum of the claims' weights, added up as decimal numbers.
 *
 * @throws ConfigurationError for what is no list of claims, and for a weight that is negative or no number.
 */
export function partitionWeight(claims: readonly Weighed[], weights: Partial<GsarWeights> = {}): number {
  const all = readWeights("partitionWeight: weights", weights);
  claimList("partitionWeight: claims", claims);
  return numberOf(weightOf(claims, all));
}

function weightOf(claims: readonly Weighed[], weights: GsarWeights): ReturnType<typeof decimal> {
  const counts = Map.groupBy(claims, ({ type }) => type);
  return sum([...counts].map(([type, { length }]) => times(decimal(weights[type]), decimal(length))));
}

/**
 * S: from 0 to 1; 0.5 where there are no claims, or none that weighs anything. Reckoned with decimal numbers and rounded once,
 * so a score that is a threshold exactly is one: 4 grounded claims of 5 alike come to 0.8, and not to a little less.
 *
 * @throws ConfigurationError for what is no partition, and for a weight or penalty that is negative or no number.
 * @example
 * ```ts
 * import { gsarDecide, gsarScore } from "@locus-sdk/core";
 *
 * const claim = (text: string, type: "tool_match" | "inference") => ({ text, type, evidence: [] });
 * const score = gsarScore({
 *   grounded: [claim("Oslo has 4 °C.", "tool_match")],
 *   ungrounded: [claim("It will snow.", "inference")],
 *   contradicted: [],
 *   complementary: [],
 * });
 * console.log(score, gsarDecide(score)); // 0.625 replan
 * ```
 */
export function gsarScore(
  partition: Places,
  { weights, contradictionPenalty: rho = CONTRADICTION_PENALTY }: GsarScoreOptions = {},
): number {
  const all = readWeights("gsarScore: weights", weights ?? {});
  penalty("gsarScore: contradictionPenalty", rho);
  partitionCheck("gsarScore: partition", partition);
  const { grounded, ungrounded, contradicted, complementary } = partition;
  const borne = sum([weightOf(grounded, all), weightOf(complementary, all)]);
  const charged = times(decimal(rho), weightOf(contradicted, all));
  return ratio(borne, sum([borne, weightOf(ungrounded, all), charged])) ?? NEUTRAL;
}

/**
 * δ: what a score asks for.
 *
 * @throws ConfigurationError for what is no score, and thresholds out of order or range.
 */
export function gsarDecide(score: number, thresholds: GsarThresholds = {}): Exclude<GsarDecision, "abstain"> {
  must("a number from 0 to 1", (value) => typeof value === "number" && value >= 0 && value <= 1)(
    "gsarDecide: score",
    score,
  );
  const { proceed, regenerate } = readThresholds("gsarDecide", thresholds);
  if (score >= proceed) return "proceed";
  return score >= regenerate ? "regenerate" : "replan";
}

const evidenceType = oneOf(...Object.keys(GSAR_WEIGHTS));
/** A list of claims: each is looked at for its `type` alone. */
const claimList: Check = (name, value) => {
  must("a list of claims", Array.isArray)(name, value);
  for (const [index, claim] of (value as readonly unknown[]).entries()) {
    anObject(`${name}[${index}]`, claim);
    evidenceType(`${name}[${index}].type`, (claim as Partial<Weighed>).type);
  }
};
const PLACES: Checks<Places> = {
  grounded: claimList,
  ungrounded: claimList,
  contradicted: claimList,
  complementary: claimList,
};
const partitionCheck: Check = shape<Places>(PLACES, [
  "grounded",
  "ungrounded",
  "contradicted",
  "complementary",
]);

/** Weights are scarcely ever left out by mistake: a kind that is misspelt is. */
export function readWeights(name: string, weights: Partial<GsarWeights>): GsarWeights {
  checkKeys(name, weights, Object.keys(GSAR_WEIGHTS));
  for (const [type, weight] of Object.entries(weights))
    if (weight !== undefined) penalty(`${name}.${type}`, weight);
  const given = Object.entries(weights).filter(([, weight]) => weight !== undefined);
  return { ...GSAR_WEIGHTS, ...Object.fromEntries(given) };
}

export const penalty: (name: string, value: unknown) => void = must(
  "a number from 0",
  (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
);

export function readThresholds(
  owner: string,
  thresholds: GsarThresholds,
): { readonly proceed: number; readonly regenerate: number } {
  checkKeys(`${owner}: thresholds`, thresholds, ["proceed", "regenerate"]);
  const { proceed = PROCEED, regenerate = REGENERATE } = thresholds;
  const areNumbers = typeof proceed === "number" && typeof regenerate === "number";
  if (areNumbers && 0 <= regenerate && regenerate <= proceed && 0 < proceed && proceed <= 1)
    return { proceed, regenerate };
  const are = `${describeValue(regenerate)} and ${describeValue(proceed)}`;
  throw new ConfigurationError(
    `${owner}: thresholds must be numbers from 0 to 1, regenerate not above proceed; they are ${are}`,
    { hint: "Where only one of them is given, the other is 0.8 (proceed) or 0.65 (regenerate)." },
  );
}
