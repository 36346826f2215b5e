/** What GSAR speaks of (arXiv:2604.23366): typed claims, their partition, decisions and their trajectory. Plain JSON. */
import type { Usage } from "../../model/types.ts";
import type { Evidence, EvidenceExtent } from "../grounding/types.ts";

/** What kind of evidence a claim rests on, from what was observed to what was only concluded. */
export type EvidenceType =
  | "tool_match"
  | "specific_data"
  | "signal_match"
  | "complementary_finding"
  | "synthesis"
  | "neg_evidence"
  | "inference"
  | "domain"
  | "unknown";

/** A statement of the answer with the evidence that was found for or against it. */
export interface GsarClaim {
  readonly text: string;
  readonly type: EvidenceType;
  readonly evidence: readonly Evidence[];
  /** What the judge referred to and no source holds: the claim is ungrounded for it. */
  readonly rejected?: readonly Evidence[];
}

/** Every claim of an answer in one of four places. */
export interface GsarPartition {
  /** Evidence says so. */
  readonly grounded: readonly GsarClaim[];
  /** No evidence says so. */
  readonly ungrounded: readonly GsarClaim[];
  /** Evidence says otherwise. */
  readonly contradicted: readonly GsarClaim[];
  /** Another account than the evidence's main one, which does not conflict with it. */
  readonly complementary: readonly GsarClaim[];
}

/** `abstain`: the answer claims nothing, so there is nothing to decide. */
export type GsarDecision = "proceed" | "regenerate" | "replan" | "abstain";

/** Where decisions change. */
export interface GsarThresholds {
  /** From here on the answer stands; above 0, up to 1. Default 0.80. */
  readonly proceed?: number | undefined;
  /** From here on it is written again from the same evidence, below it evidence is missing. Default 0.65. */
  readonly regenerate?: number | undefined;
}

/** One evaluation. */
export interface GsarStep {
  /** 0 to 1; 0.5 where there are no claims. */
  readonly score: number;
  readonly decision: GsarDecision;
  readonly partition: GsarPartition;
}

/** A run's evaluations: the last one, and all of them in their order. */
export interface GsarReport extends GsarStep {
  readonly trajectory: readonly GsarStep[];
  /** Answers sent back for more evidence. */
  readonly replans: number;
  /** Answers sent back to be written again. */
  readonly regenerations: number;
  /** The last answer was to be sent back once more, and the budget for that was used up. */
  readonly degraded: boolean;
  readonly evidence?: EvidenceExtent;
}

/** What `evaluateGsar` resolves to. */
export interface GsarEvaluation extends GsarStep {
  readonly evidence: EvidenceExtent;
  /** What the judge cost; nothing for `"rules"`. */
  readonly usage: Usage;
}
