/**
 * GSAR's recovery as a run mode: an answer that scores low goes back, to be written again from the evidence that is there, or
 * for evidence that is missing. How often is counted in what is on record, so a run that goes on elsewhere goes on counting.
 */

import type { Candidate, CheckContext, Verdict, Verifier } from "../../loop/checks.ts";
import { DEFAULT_MAX_REPLANS, type OpenJudge } from "../grounding/options.ts";
import { FEEDBACK_MARK } from "../grounding/sources.ts";
import { examiner, told } from "../grounding/verifier.ts";
import { stepOf } from "./evaluate.ts";
import { DEFAULT_REGENERATIONS, GSAR, type GsarOptions } from "./options.ts";
import { gsarQuestion } from "./question.ts";
import type { GsarPartition, GsarStep } from "./types.ts";

export function gsarVerifier(options: GsarOptions, judge: OpenJudge): Verifier {
  const { maxReplans = DEFAULT_MAX_REPLANS, maxRegenerations = DEFAULT_REGENERATIONS } = options;
  const { failOnLowScore = true } = options;
  const examineIn = examiner(GSAR, options, judge, gsarQuestion);
  return {
    name: GSAR,
    async verify(candidate: Candidate, run: CheckContext): Promise<Verdict> {
      const found = await examineIn(candidate, run);
      if ("failed" in found) return found.failed;
      const step = stepOf(found.claims, options);
      const { replans = 0, regenerations = 0 } = run.state.run.gsar ?? {};
      const degraded =
        (step.decision === "replan" && replans >= maxReplans) ||
        (step.decision === "regenerate" && regenerations >= maxRegenerations);
      const said = {
        events: [{ type: "gsar" as const, ...step, degraded, evidence: found.evidence }],
        detail: `${step.decision}, score ${step.score.toFixed(2)}${degraded ? ", and no more tries" : ""}`,
        ...(found.usage === undefined ? {} : { usage: found.usage }),
      };
      if (degraded && failOnLowScore) return { ...said, decision: "fail", reason: "grounding_failed" };
      if (degraded || step.decision === "proceed" || step.decision === "abstain")
        return { ...said, decision: "accept" };
      return { ...said, decision: "retry", feedback: feedback(step) };
    },
  };
}

function feedback({ decision, partition }: GsarStep): string {
  const todo =
    decision === "regenerate"
      ? "Write the answer again from the evidence that is there already, without further tools: keep what it bears out, correct what it contradicts, leave out what it does not say."
      : "The evidence does not bear the answer out. Find what is missing with your tools, by another way than before where that led nowhere. Then give the whole answer again, and say what is not known.";
  return [FEEDBACK_MARK, ...wrongIn(partition), todo].join("\n");
}

function wrongIn({ ungrounded, contradicted }: GsarPartition): readonly string[] {
  const against = contradicted.map(({ text, evidence }) => ({
    text,
    note: ` (${evidence.map(({ source, quote }) => `${source}: "${quote}"`).join("; ")})`,
  }));
  return [
    ...(against.length === 0 ? [] : ["Contradicted by the evidence:", ...told(against)]),
    ...(ungrounded.length === 0 ? [] : ["Not in the evidence:", ...told(ungrounded)]),
  ];
}
