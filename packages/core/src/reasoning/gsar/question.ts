/** What a judge of GSAR is asked, in words and schema. Made when first asked. */
import { z } from "zod";
import { planOutput } from "../../output/plan.ts";
import { claimMember, evidenceMember, type FindingsQuestion, JUDGE } from "../grounding/questions.ts";
import { evidenceType } from "../schema.ts";

let question: FindingsQuestion | undefined;

export function gsarQuestion(): FindingsQuestion {
  question ??= {
    plan: planOutput(
      z.strictObject({
        findings: z.array(
          z.strictObject({
            claim: claimMember(),
            finding: z.enum(["grounded", "ungrounded", "contradicted", "complementary"]),
            type: evidenceType(),
            evidence: evidenceMember(),
          }),
        ),
      }),
      { owner: "gsar: findings" },
    ),
    instructions: `${JUDGE}\n\n${FINDINGS}\n\n${TYPES}`,
  };
  return question;
}

const FINDINGS = [
  "The findings:",
  "- grounded: a source says so, in whatever words, or it follows from what sources say.",
  "- contradicted: a source says otherwise: another figure, name or date, the opposite, more or less than it says.",
  "- complementary: a source bears it out as another explanation or aspect beside the main one, without conflict with it.",
  "- ungrounded: none of these. So is what is true but in no source, what is only likely, and what goes beyond the sources.",
].join("\n");

const TYPES = [
  "The types of evidence, of which choose the one that the claim rests on:",
  "- tool_match: the very result of a tool says it.",
  "- specific_data: particular figures, names or records of a source.",
  "- signal_match: a log line, metric, alert or symptom that fits it.",
  "- complementary_finding: an independent finding that supports it from another side.",
  "- synthesis: several sources put together.",
  "- neg_evidence: that something was looked for and is not there; quote the empty result.",
  "- inference: a conclusion that no source states.",
  "- domain: common knowledge of the field.",
  "- unknown: none of these, and whatever is ungrounded for other reasons.",
].join("\n");
