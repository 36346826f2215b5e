/** What a judge is asked, in words and schemas. Made when first asked. */
import { z } from "zod";
import { lazily } from "../../lazily.ts";
import { type OutputPlan, planOutput } from "../../output/plan.ts";
import type { EvidenceType } from "../gsar/types.ts";
import { evidenceType } from "../schema.ts";
import type { FindingLabel } from "./judge.ts";
import type { Evidence } from "./types.ts";

export const CLAIMS: string = [
  "You take an answer apart into what it claims: statements about the world that are true or false.",
  "One statement each, in the language and the words of the answer, with all its figures, names, dates and units as they",
  "are, and clear on its own: put names in the place of pronouns. Leave nothing out, add nothing, correct nothing.",
  "Where a sentence states several things, each is a claim. A line such as `price: 12` is a claim of its own.",
  "Not claims are: questions, greetings, offers of help, advice and wishes, what the answer says it does not know or could",
  "not find, and what it says about itself.",
  "An answer without claims has an empty list.",
].join("\n");

export const claimsSchema: () => z.ZodType<{ readonly claims: readonly string[] }> = lazily(() =>
  z.strictObject({
    claims: z.array(z.string()),
  }),
);

let planOfClaims: OutputPlan | undefined;
export function claimsPlan(): OutputPlan {
  planOfClaims ??= planOutput(claimsSchema(), { owner: "grounding: claims" });
  return planOfClaims;
}

/** How a judge is asked where the evidence puts each claim. */
export interface FindingsQuestion {
  readonly instructions: string;
  readonly plan: OutputPlan;
}

/** What any question for findings is answered by. */
export const findingsSchema: () => z.ZodType<{ readonly findings: readonly WrittenFinding[] }> = lazily(() =>
  z.object({
    findings: z.array(
      z.object({
        claim: z.number(),
        finding: z.enum(["grounded", "ungrounded", "contradicted", "complementary"]),
        type: evidenceType().optional(),
        evidence: z.array(z.object({ source: z.string(), quote: z.string() })),
      }),
    ),
  }),
);
export interface WrittenFinding {
  readonly claim: number;
  readonly finding: FindingLabel;
  readonly type?: EvidenceType | undefined;
  readonly evidence: readonly Evidence[];
}

/** Members that findings have in every question. */
export const claimMember: () => z.ZodType<number> = lazily(() =>
  z.number().int().describe("The number of the claim."),
);
export const evidenceMember: () => z.ZodType<readonly Evidence[]> = lazily(() =>
  z
    .array(
      z.strictObject({
        source: z.string().describe("The id of the source."),
        quote: z
          .string()
          .describe(
            "Word for word from that source, as short as it can be and still show it; never reworded.",
          ),
      }),
    )
    .describe("Empty for what is ungrounded."),
);

const groundingSchema = lazily(() =>
  z.strictObject({
    findings: z.array(
      z.strictObject({
        claim: claimMember(),
        finding: z.enum(["grounded", "ungrounded", "contradicted"]),
        evidence: evidenceMember(),
      }),
    ),
  }),
);

let question: FindingsQuestion | undefined;
export function groundingQuestion(): FindingsQuestion {
  question ??= {
    plan: planOutput(groundingSchema(), { owner: "grounding: findings" }),
    instructions: `${JUDGE}\n\n${[
      "- grounded: a source says so, in whatever words; or it follows from what sources say by plain arithmetic or logic.",
      "- contradicted: a source says otherwise: another figure, name or date, the opposite, more or less than it says.",
      "- ungrounded: neither. So is what is true but in no source, what is only likely, and what goes beyond the sources.",
    ].join("\n")}`,
  };
  return question;
}

export const JUDGE: string = [
  "You judge whether claims are grounded in evidence. You are given sources, and a numbered list of claims as JSON.",
  "Judge each claim by the sources alone, not by what you know. Figures, names, dates, units, negations and qualifications",
  "must agree. For what a source says for or against a claim, give its id and quote its words exactly: quotes are looked up,",
  "and a claim whose quotes are not there counts as ungrounded. Give one finding for each claim.",
].join("\n");
