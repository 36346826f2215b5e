/** What grounding speaks of: sources, the claims of an answer, and what was found for each. Plain, frozen JSON. */
import type { Usage } from "../../model/types.ts";

/** A text that claims can rest on. */
export interface GroundingSource {
  /** Unique among the sources; named in the evidence. */
  readonly id: string;
  /** What it is, for the judge: `result of get_weather`. */
  readonly title?: string | undefined;
  readonly text: string;
}

/** Where a claim is found. */
export interface Evidence {
  /** The source's id. */
  readonly source: string;
  /** The words of the source. They have been looked up there. */
  readonly quote: string;
}

/** `contradicted`: a source says otherwise. `ungrounded`: none says so, or what was quoted for it is nowhere. */
export type GroundingVerdict = "grounded" | "ungrounded" | "contradicted";

/** What was found for one claim. */
export interface ClaimVerdict {
  readonly verdict: GroundingVerdict;
  /** For `grounded`, what says so; for `contradicted`, what says otherwise. */
  readonly evidence: readonly Evidence[];
  /** What the judge quoted and no source holds: it counts for nothing. */
  readonly rejected?: readonly Evidence[];
}

/** A statement of the answer, and what was found for it. */
export interface GroundingClaim extends ClaimVerdict {
  readonly text: string;
}

/** How much there was to look into, and how much of it the judge was shown. */
export interface EvidenceExtent {
  readonly sources: number;
  readonly chars: number;
  /** Less than `chars` where it was too much for one question: then the passages nearest to the claims were chosen. */
  readonly shownChars: number;
  /** Parts of the input that no judge of texts can read: images, sounds, files that are no text. */
  readonly unread?: number;
  /** Results of tools of which only the beginning was kept (`maxToolResultChars`, and no `resultStore` that had the rest). */
  readonly cut?: number;
}

/** An answer's last evaluation in a run. */
export interface GroundingReport {
  /** The grounded share of the claims, 0 to 1; 1 where there are none. */
  readonly score: number;
  readonly claims: readonly GroundingClaim[];
  /** `accept`, `retry` (the model was told what is missing) or `fail`. */
  readonly decision: string;
  readonly evidence?: EvidenceExtent;
}

/** What `evaluateGrounding` resolves to. */
export interface GroundingEvaluation {
  /** The grounded share of the claims, 0 to 1; 1 where there are none. */
  readonly score: number;
  /** Whether `score` reaches the threshold. */
  readonly grounded: boolean;
  readonly claims: readonly GroundingClaim[];
  readonly evidence: EvidenceExtent;
  /** What the judge cost; nothing for `"rules"`. */
  readonly usage: Usage;
}
