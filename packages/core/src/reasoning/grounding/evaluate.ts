/** An answer looked at beside its sources, without an agent. */

import { deepFreeze, isPlainJson, type JsonValue } from "../../json/json.ts";
import { priceTable } from "../../model/prices/check.ts";
import type { PriceTable } from "../../model/prices/types.ts";
import { getModel } from "../../model/registry.ts";
import type { Usage } from "../../model/types.ts";
import { checkOptions, listOf, must } from "../../options/check.ts";
import { NO_USAGE } from "../../state/usage.ts";
import { leavesOf } from "./answer.ts";
import type { Examined, ExaminedClaim } from "./examine.ts";
import { DEFAULT_THRESHOLD, type GroundingJudge, judgeCheck, readSources, share } from "./options.ts";
import type { FindingsQuestion } from "./questions.ts";
import type { GroundingClaim, GroundingEvaluation, GroundingSource } from "./types.ts";

/** What is evaluated, beside what, and by whom. */
export interface EvaluateOptions {
  /** The answer; of an object, its texts and numbers are looked at. */
  readonly answer: JsonValue;
  readonly sources: readonly GroundingSource[];
  /** A model, `"<provider>:<model id>"`, which is opened and closed, or `"rules"`. */
  readonly judge: GroundingJudge;
  /** What the answer claims, where that is known. Default: the judge says. */
  readonly claims?: readonly string[] | undefined;
  /** What models cost, asked before the built-in `PRICES`. */
  readonly prices?: PriceTable | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluateGroundingOptions extends EvaluateOptions {
  /** The share of the claims that must be grounded, 0 to 1. Default 0.65. */
  readonly threshold?: number | undefined;
}

/**
 * How much of an answer its sources bear out, claim by claim. What a judge quotes is looked up in the sources: a claim whose
 * quotes are not there is ungrounded.
 *
 * @throws ConfigurationError for options that do not fit; `StructuredOutputError` where the judge gives no findings, and
 *   whatever its model throws.
 * @example
 * ```ts
 * import { evaluateGrounding } from "@locus-sdk/core";
 *
 * const { grounded, claims } = await evaluateGrounding({
 *   answer: "Oslo has 4 °C. It snows.",
 *   sources: [{ id: "weather", text: "Oslo: 4 °C, light rain." }],
 *   judge: "rules",
 * });
 * for (const { text, verdict } of claims) console.log(verdict, text);
 * console.log(grounded);
 * ```
 */
export async function evaluateGrounding(options: EvaluateGroundingOptions): Promise<GroundingEvaluation> {
  const { threshold = DEFAULT_THRESHOLD, ...asked } = options;
  if (options.threshold !== undefined) share("evaluateGrounding: threshold", threshold);
  const { examined, usage } = await evaluate("evaluateGrounding", asked, async () =>
    (await import("./questions.ts")).groundingQuestion(),
  );
  const { score, claims } = scored(examined.claims);
  return deepFreeze({ score, grounded: score >= threshold, claims, evidence: examined.evidence, usage });
}

export function scored(examined: readonly ExaminedClaim[]): Pick<GroundingEvaluation, "score" | "claims"> {
  const claims = examined.map(({ text, label, evidence, rejected }): GroundingClaim => {
    const verdict = label === "complementary" ? "grounded" : label;
    return { text, verdict, evidence, ...(rejected === undefined ? {} : { rejected }) };
  });
  const grounded = claims.filter(({ verdict }) => verdict === "grounded").length;
  return { score: claims.length === 0 ? 1 : grounded / claims.length, claims };
}

/** The path that all evaluations take. */
export async function evaluate(
  owner: string,
  options: EvaluateOptions,
  question: () => Promise<FindingsQuestion>,
): Promise<{ readonly examined: Examined; readonly usage: Usage }> {
  checkOptions<EvaluateOptions>(
    owner,
    options,
    {
      answer: must("text or plain JSON", isPlainJson),
      sources: (_name, value) => void readSources(owner, value),
      judge: judgeCheck,
      claims: listOf(must("text", (value) => typeof value === "string")),
      prices: priceTable,
      signal: must("an AbortSignal", (value) => value instanceof AbortSignal),
    },
    ["answer", "sources", "judge"],
  );
  const { answer, claims, sources, judge, signal, prices = [] } = options;
  const asking = { answer: claims ?? leavesOf(answer), sources, signal };
  const { counted, examine, modelJudge, rulesJudge } = await import("./examining.ts");
  if (judge === "rules")
    return { examined: await examine({ ...asking, judge: rulesJudge }), usage: NO_USAGE };
  const model = typeof judge === "string" ? await getModel(judge) : judge;
  try {
    const counting = counted(model, prices);
    const examined = await examine({ ...asking, judge: modelJudge(counting.model, await question()) });
    return { examined, usage: counting.usage() };
  } finally {
    if (typeof judge === "string") await model.close?.();
  }
}
