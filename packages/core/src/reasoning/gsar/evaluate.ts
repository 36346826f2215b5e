/** An answer scored by GSAR beside its sources, without an agent. */
import { deepFreeze } from "../../json/json.ts";
import { type EvaluateOptions, evaluate } from "../grounding/evaluate.ts";
import type { ExaminedClaim } from "../grounding/examine.ts";
import {
  type GsarScoreOptions,
  gsarDecide,
  gsarScore,
  penalty,
  readThresholds,
  readWeights,
} from "./score.ts";
import type { GsarClaim, GsarEvaluation, GsarPartition, GsarStep, GsarThresholds } from "./types.ts";

export interface EvaluateGsarOptions extends EvaluateOptions, GsarScoreOptions {
  /** Default: proceed from 0.80, regenerate from 0.65. */
  readonly thresholds?: GsarThresholds | undefined;
}

/**
 * Puts what an answer claims in its places, scores them and says what the score asks for. What the judge refers to is looked
 * up: a claim whose quotes no source holds is ungrounded, and keeps them as `rejected`.
 *
 * @throws ConfigurationError for options that do not fit; `StructuredOutputError` where the judge gives no findings, and
 *   whatever its model throws.
 * @example
 * ```ts
 * import { evaluateGsar } from "@locus-sdk/core";
 *
 * const { score, decision, partition } = await evaluateGsar({
 *   answer: "The database ran out of connections at 14:02. The disk failed as well.",
 *   sources: [{ id: "log", text: "14:02 ERROR database: out of connections (max 100)" }],
 *   judge: "rules",
 * });
 * console.log(decision, score, partition.ungrounded);
 * ```
 */
export async function evaluateGsar(options: EvaluateGsarOptions): Promise<GsarEvaluation> {
  const { weights, contradictionPenalty, thresholds, ...asked } = options;
  const scoring = { weights, contradictionPenalty, thresholds };
  // Before anything is paid for.
  if (weights !== undefined) readWeights("evaluateGsar: weights", weights);
  if (contradictionPenalty !== undefined) penalty("evaluateGsar: contradictionPenalty", contradictionPenalty);
  readThresholds("evaluateGsar", thresholds ?? {});
  const { examined, usage } = await evaluate("evaluateGsar", asked, async () =>
    (await import("./question.ts")).gsarQuestion(),
  );
  return deepFreeze({ ...stepOf(examined.claims, scoring), evidence: examined.evidence, usage });
}

/** Claims in their places, and what that comes to. An answer that claims nothing is not decided about. */
export function stepOf(
  claims: readonly ExaminedClaim[],
  { thresholds, ...scoring }: GsarScoreOptions & { readonly thresholds?: GsarThresholds | undefined },
): GsarStep {
  const place = (label: ExaminedClaim["label"]): readonly GsarClaim[] =>
    claims.filter((claim) => claim.label === label).map(({ label: _place, ...claim }) => claim);
  const partition: GsarPartition = {
    grounded: place("grounded"),
    ungrounded: place("ungrounded"),
    contradicted: place("contradicted"),
    complementary: place("complementary"),
  };
  const score = gsarScore(partition, scoring);
  return { score, decision: claims.length === 0 ? "abstain" : gsarDecide(score, thresholds), partition };
}
