/** The seam of judges: whoever tells claims from each other and says where the evidence puts them. */
import type { EvidenceType } from "../gsar/types.ts";
import type { Evidence } from "./types.ts";

/** Where the evidence puts a claim. `complementary` is said by judges of GSAR alone. */
export type FindingLabel = "grounded" | "ungrounded" | "contradicted" | "complementary";

/** What a judge says of one claim, before anybody has looked it up. */
export interface Finding {
  readonly label: FindingLabel;
  readonly type: EvidenceType;
  readonly evidence: readonly Evidence[];
}

/** A source, or the passages of it that are shown. */
export interface ShownSource {
  readonly id: string;
  readonly title?: string | undefined;
  readonly passages: readonly string[];
}

export interface ClaimJudge {
  /** Claims in one question, and characters of evidence with them; no limits where they are absent. */
  readonly limits?: { readonly claims: number; readonly evidenceChars: number };
  /** What an answer claims, a statement each. */
  claimsOf(answer: string, signal: AbortSignal | undefined): Promise<readonly string[]>;
  /** One finding for each claim, in their order. */
  weigh(
    claims: readonly string[],
    sources: readonly ShownSource[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Finding[]>;
}

/** Of a claim that nothing was found for. */
export const NOTHING_FOUND: Finding = Object.freeze({
  label: "ungrounded",
  type: "unknown",
  evidence: Object.freeze([]),
});
