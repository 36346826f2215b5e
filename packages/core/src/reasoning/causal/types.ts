/** What chains of cause and effect are made of. Plain, frozen JSON. */

/** `root_cause`: causes, and nothing causes it. `symptom`: caused, and causes nothing. `intermediate`: both. */
export type CausalNodeType = "root_cause" | "intermediate" | "symptom" | "unknown";

export type CausalRelation = "causes" | "correlates_with" | "precedes" | "inhibits";

/** Something that happened, or may have. */
export interface CausalNode {
  /** Unique in its chain. */
  readonly id: string;
  readonly label: string;
  /** Default `unknown`; `classified()` finds it out. */
  readonly type: CausalNodeType;
}

/** What one node has to do with another. */
export interface CausalEdge {
  readonly from: string;
  readonly to: string;
  readonly relation: CausalRelation;
  /** How sure that is, from 0 to 1. */
  readonly confidence: number;
  /** What shows it. */
  readonly reason?: string;
}

/** A chain as JSON. */
export interface CausalChainJson {
  readonly nodes: readonly CausalNode[];
  readonly edges: readonly CausalEdge[];
}

/** Statements of a chain that cannot all be true. */
export type CausalContradiction =
  /** Each causes the other. */
  | { readonly kind: "bidirectional_causation"; readonly nodes: readonly [string, string] }
  /** It causes and inhibits the same. */
  | { readonly kind: "causes_and_inhibits"; readonly nodes: readonly [string, string] }
  /** The second is the cause of the first, and comes after it. */
  | { readonly kind: "effect_precedes_cause"; readonly nodes: readonly [string, string] };
