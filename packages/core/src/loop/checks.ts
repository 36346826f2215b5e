/** The seams of what looks at a run's work: at its answer, before the run ends with it, and at its way there. */
import type { DurableDraft, StopReason } from "../events/types.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { AssistantMessage } from "../messages/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import type { AgentState } from "../state/types.ts";
import type { RunControl } from "./run-control.ts";
import type { AgentTraits } from "./traits.ts";

/** The run, as its checks see it. */
export interface CheckContext {
  readonly definition: AgentTraits;
  readonly model: ChatModel;
  readonly auxiliaryModel: ChatModel;
  readonly metadata: JsonObject;
  readonly control: RunControl;
  readonly state: AgentState;
}

/** The answer that a run would end with. */
export interface Candidate {
  /** The model's last words, or the result of the terminal tool. */
  readonly text: string;
  readonly message?: AssistantMessage;
  /** The answer as JSON, where it was bound to a schema and fits: what was written, not what the schema makes of it. */
  readonly output?: JsonValue;
  /** What the run would end for: `complete`, `terminal_tool` or `confidence_met`. */
  readonly reason: StopReason;
  /** How many answers of this run this verifier has sent back. */
  readonly rejections: number;
}

/** What a verifier says of a candidate. */
export type Verdict = {
  /** In a few words, for whoever reads the record. */
  readonly detail?: string;
  /** What was found on the way: recorded before the verdict. */
  readonly events?: readonly DurableDraft[];
  /** What it cost. */
  readonly usage?: Usage;
} & (
  | { readonly decision: "accept"; readonly output?: JsonValue }
  /** The model reads `feedback` and goes on. */
  | { readonly decision: "retry"; readonly feedback: string }
  | { readonly decision: "fail"; readonly reason: StopReason }
);

/** One check of the answer that a run would end with. Rejecting counts: a verifier must give up some time. */
export interface Verifier {
  /** Unique among the agent's. */
  readonly name: string;
  verify(candidate: Candidate, run: CheckContext): Promise<Verdict>;
}

/** Decides when a run looks back, and what is seen. */
export interface Reflector {
  /** Asked before a model call, at most once after each answer of the model. Pure. */
  due(state: AgentState): boolean;
  /** The `reflect` event, and what is said to the model. */
  reflect(run: CheckContext): Promise<readonly DurableDraft[]>;
}
