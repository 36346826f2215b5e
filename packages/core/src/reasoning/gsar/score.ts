/**
 * The arithmetic of GSAR ("Grounded, Structured, Auditable Recovery", arXiv:2604.23366):
 *
 *     S = (W(G) + W(K)) / (W(G) + W(U) + ρ·W(X) + W(K)),   W(P) = Σ of the weights of P's claims
 *
 * Pure, and without a judge: any partition will do.
 */
import { ConfigurationError } from "../../errors/errors.ts";
import { checkKeys, must } from "../../options/check.ts";
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

export const PROCEED = 0.8;
export const REGENERATE = 0.65;
/** ρ: what a contradicted claim costs, as a share of its weight. */
export const CONTRADICTION_PENALTY = 0.5;
/** Where nothing weighs anything. */
export const NEUTRAL = 0.5;

export interface GsarScoreOptions {
  /** Others than the reference weights, by kind of evidence; from 0. */
  readonly weights?: Partial<GsarWeights> | undefined;
  /**
   * ρ, from 0. Default 0.5, as in the paper: there a contradicted claim costs half of what it would cost if nothing were known
   * of it. Above 1 it costs more.
   */
  readonly contradictionPenalty?: number | undefined;
}

/**
 * W: the sum of the claims' weights.
 *
 * @throws ConfigurationError for a weight that is negative or no number.
 */
export function partitionWeight(
  claims: readonly Pick<GsarClaim, "type">[],
  weights: Partial<GsarWeights> = {},
): number {
  const all = readWeights("partitionWeight: weights", weights);
  return claims.reduce((sum, { type }) => sum + all[type], 0);
}

/**
 * S: from 0 to 1; 0.5 where there are no claims, or none that weighs anything.
 *
 * @throws ConfigurationError for a weight or penalty that is negative or no number.
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
  partition: {
    readonly [Place in keyof GsarPartition]: readonly Pick<GsarClaim, "type">[];
  },
  { weights, contradictionPenalty: rho = CONTRADICTION_PENALTY }: GsarScoreOptions = {},
): number {
  const all = readWeights("gsarScore: weights", weights ?? {});
  penalty("gsarScore: contradictionPenalty", rho);
  const [grounded, ungrounded, contradicted, complementary] = [
    partition.grounded,
    partition.ungrounded,
    partition.contradicted,
    partition.complementary,
  ].map((claims) => claims.reduce((sum, { type }) => sum + all[type], 0)) as [number, number, number, number];
  const borne = grounded + complementary;
  const whole = borne + ungrounded + rho * contradicted;
  return whole === 0 ? NEUTRAL : borne / whole;
}

/**
 * δ: what a score asks for.
 *
 * @throws ConfigurationError for thresholds out of order or range.
 */
export function gsarDecide(score: number, thresholds: GsarThresholds = {}): Exclude<GsarDecision, "abstain"> {
  const { proceed, regenerate } = readThresholds("gsarDecide", thresholds);
  if (score >= proceed) return "proceed";
  return score >= regenerate ? "regenerate" : "replan";
}

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
  if (0 <= regenerate && regenerate <= proceed && 0 < proceed && proceed <= 1) return { proceed, regenerate };
  throw new ConfigurationError(
    `${owner}: thresholds must be numbers from 0 to 1, regenerate not above proceed; they are ${regenerate} and ${proceed}`,
    { hint: "Where only one of them is given, the other is 0.8 (proceed) or 0.65 (regenerate)." },
  );
}
