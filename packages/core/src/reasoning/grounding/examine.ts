/** Puts an answer's claims to a judge, piece by piece, and looks up what the judge quotes. */
import { type ClaimJudge, type Finding, NOTHING_FOUND } from "./judge.ts";
import { passagesFor } from "./passages.ts";
import { normalised, type QuoteCheck, quoteCheck } from "./quote.ts";
import type { Evidence, EvidenceExtent, GroundingSource } from "./types.ts";

/** What is put to the judge. */
export interface Examination {
  /** The answer's words; or what it claims, where that is known. */
  readonly answer: string | readonly string[];
  readonly sources: readonly GroundingSource[];
  readonly judge: ClaimJudge;
  readonly signal?: AbortSignal | undefined;
}

/** A claim and its finding, looked up. */
export interface ExaminedClaim extends Finding {
  readonly text: string;
  readonly rejected?: readonly Evidence[];
}

export interface Examined {
  readonly claims: readonly ExaminedClaim[];
  readonly evidence: EvidenceExtent;
}

export async function examine({ answer, sources, judge, signal }: Examination): Promise<Examined> {
  signal?.throwIfAborted();
  const chars = sources.reduce((sum, { text }) => sum + text.length, 0);
  const written = typeof answer === "string" ? await claimsIn(answer, judge, signal) : answer;
  const texts = unique(written);
  if (texts.length === 0 || chars === 0) {
    const claims = texts.map((text) => ({ text, ...NOTHING_FOUND }));
    return { claims, evidence: { sources: sources.length, chars, shownChars: 0 } };
  }
  const { claims: size = texts.length, evidenceChars = chars } = judge.limits ?? {};
  const check = quoteCheck(sources);
  const claims: ExaminedClaim[] = [];
  let shownChars = 0;
  for (let from = 0; from < texts.length; from += size) {
    const batch = texts.slice(from, from + size);
    const shown = passagesFor(batch, sources, evidenceChars);
    // In which of several questions a passage was shown is nobody's concern: the most that one of them saw is told.
    shownChars = Math.max(shownChars, sum(shown.flatMap(({ passages }) => passages)));
    signal?.throwIfAborted();
    const findings = await judge.weigh(batch, shown, signal);
    claims.push(...batch.map((text, index) => lookedUp(text, findings[index] ?? NOTHING_FOUND, check)));
  }
  return { claims, evidence: { sources: sources.length, chars, shownChars } };
}

async function claimsIn(
  answer: string,
  judge: ClaimJudge,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  return answer.trim() === "" ? [] : judge.claimsOf(answer, signal);
}

/** What no source says by its own words is not found, whatever was said of it. */
function lookedUp(text: string, { label, type, evidence }: Finding, check: QuoteCheck): ExaminedClaim {
  if (label === "ungrounded") return { text, label, type, evidence: [] };
  const { found, rejected } = check(evidence);
  const missing = rejected.length === 0 ? {} : { rejected };
  if (found.length === 0) return { text, label: "ungrounded", type, evidence: [], ...missing };
  return { text, label, type, evidence: found, ...missing };
}

function unique(claims: readonly string[]): readonly string[] {
  const byWords = new Map<string, string>();
  for (const claim of claims) {
    const key = normalised(claim);
    if (key !== "" && !byWords.has(key)) byWords.set(key, claim.trim());
  }
  return [...byWords.values()];
}

function sum(texts: readonly string[]): number {
  return texts.reduce((all, { length }) => all + length, 0);
}
