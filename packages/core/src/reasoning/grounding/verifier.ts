/** The check of a run's answer against its evidence: it goes back with what is ungrounded, a few times. */

import { ConfigurationError, messageOf } from "../../errors/errors.ts";
import type { StopReason } from "../../events/types.ts";
import type { Candidate, CheckContext, Verdict, Verifier } from "../../loop/checks.ts";
import type { Usage } from "../../model/types.ts";
import { redactSecrets } from "../../text/redact.ts";
import { askedInRun } from "../asked-in-run.ts";
import { leavesOf } from "./answer.ts";
import { scored } from "./evaluate.ts";
import type { Examined } from "./examine.ts";
import {
  DEFAULT_MAX_REPLANS,
  DEFAULT_THRESHOLD,
  GROUNDING,
  type GroundingOptions,
  type GroundingSources,
  type OpenJudge,
  readSources,
} from "./options.ts";
import { type FindingsQuestion, groundingQuestion } from "./questions.ts";
import { FEEDBACK_MARK, sourcesOf } from "./sources.ts";
import type { GroundingClaim, GroundingSource } from "./types.ts";

/** Claims that a model is told of at once. */
const TOLD = 20;

export function groundingVerifier(options: GroundingOptions, judge: OpenJudge): Verifier {
  const { threshold = DEFAULT_THRESHOLD, maxReplans = DEFAULT_MAX_REPLANS } = options;
  const examineIn = examiner(GROUNDING, options, judge, groundingQuestion);
  return {
    name: GROUNDING,
    async verify(candidate, run): Promise<Verdict> {
      const found = await examineIn(candidate, run);
      if ("failed" in found) return found.failed;
      const { score, claims } = scored(found.claims);
      const decision = score >= threshold ? "accept" : candidate.rejections < maxReplans ? "retry" : "fail";
      const wrong = claims.filter(({ verdict }) => verdict !== "grounded");
      const event = {
        type: "grounding" as const,
        score,
        claims: claims.map(({ text }) => text),
        ungroundedClaims: wrong.map(({ text }) => text),
        decision,
        verdicts: claims.map(({ text: _text, ...verdict }) => verdict),
        evidence: found.evidence,
      };
      const said = {
        events: [event],
        detail: `${claims.length - wrong.length} of ${claims.length} claims are grounded`,
        ...(found.usage === undefined ? {} : { usage: found.usage }),
      };
      if (decision === "accept") return { ...said, decision };
      if (decision === "retry") return { ...said, decision, feedback: feedback(wrong) };
      return { ...said, decision, reason: FAILED };
    },
  };
}

const FAILED: StopReason = "grounding_failed";

/** What was found, and what it cost; or that the judge gave no findings. */
export type ExaminedAnswer =
  | (Examined & { readonly usage?: Usage })
  | { readonly failed: Extract<Verdict, { readonly decision: "fail" }> };

/** Examines answers of runs. A judge that fails passes no answer: the run ends, and says why. */
export function examiner(
  name: string,
  options: Pick<GroundingOptions, "sources">,
  judge: OpenJudge,
  question: () => FindingsQuestion,
): (candidate: Candidate, run: CheckContext) => Promise<ExaminedAnswer> {
  return async ({ text }, run) => {
    const { state, definition, control } = run;
    const { signal } = control;
    const found = await sourcesOf(state, definition, signal);
    const given = await sourcesGiven(options.sources, run);
    const sources = readSources(`Agent: ${name}`, [...given, ...found.sources]);
    // What was read out of the answer, where it is bound to a schema, rather than how that was written.
    const read = state.run.output;
    const asking = { answer: leavesOf(read === undefined ? text : read.value), sources, signal };
    const told = ({ claims, evidence }: Examined, usage: Usage | undefined): ExaminedAnswer =>
      Object.freeze({
        claims,
        evidence: {
          ...evidence,
          ...(found.unread === 0 ? {} : { unread: found.unread }),
          ...(found.cut === 0 ? {} : { cut: found.cut }),
        },
        ...(usage === undefined ? {} : { usage }),
      });
    const { examine, modelJudge, rulesJudge } = await import("./examining.ts");
    if (judge === "rules") return told(await examine({ ...asking, judge: rulesJudge }), undefined);
    let usage: (() => Usage) | undefined;
    try {
      return await askedInRun(await judge(run), run, async (counting) => {
        usage = () => counting.usage();
        const examined = await examine({ ...asking, judge: modelJudge(counting.model, question()) });
        return told(examined, usage());
      });
    } catch (error) {
      // A slip of whoever set the agent up is not the answer's fault; and a stop is not the judge's.
      if (error instanceof ConfigurationError || control.stop !== undefined) throw error;
      const detail = `the judge gave no findings: ${redactSecrets(messageOf(error))}`;
      return {
        failed: {
          decision: "fail",
          reason: FAILED,
          detail,
          ...(usage === undefined ? {} : { usage: usage() }),
        },
      };
    }
  };
}

async function sourcesGiven(
  sources: GroundingSources | undefined,
  { state, control: { signal } }: CheckContext,
): Promise<readonly GroundingSource[]> {
  if (sources === undefined) return [];
  return typeof sources === "function" ? sources({ state, signal }) : sources;
}

function feedback(wrong: readonly GroundingClaim[]): string {
  return [
    `${FEEDBACK_MARK} These statements of your answer are not borne out by what the tools returned and what was given:`,
    ...told(wrong.map((claim) => ({ ...claim, note: noteOf(claim) }))),
    "Look for evidence with your tools, correct what is wrong, or leave it out and say what is not known. Then give the whole answer again.",
  ].join("\n");
}

function noteOf({ verdict, evidence }: GroundingClaim): string {
  const quotes = evidence.map(({ source, quote }) => `${source}: "${quote}"`);
  return verdict === "contradicted" ? ` (contradicted by ${quotes.join("; ")})` : "";
}

/** As a list of lines, the first of many. */
export function told(
  claims: readonly { readonly text: string; readonly note?: string }[],
): readonly string[] {
  const lines = claims.slice(0, TOLD).map(({ text, note = "" }) => `- ${text}${note}`);
  return claims.length <= TOLD ? lines : [...lines, `- and ${claims.length - TOLD} more`];
}
