/** What a look back on a run speaks of. Plain data. */
import type { EventOf } from "../../events/types.ts";
import type { ToolExecution } from "../../state/types.ts";

/**
 * `new_findings`: something came back that this run had not seen. `on_track`: nothing new, and nothing wrong. `stuck`:
 * answer after answer brings nothing new, or the same error. `loop_detected`: the same calls come to the same, again.
 */
export type Assessment = "on_track" | "new_findings" | "stuck" | "loop_detected";

/** What is looked at of a call. */
export type ReflectedCall = Pick<ToolExecution, "name" | "arguments" | "isError"> &
  Partial<Pick<ToolExecution, "result" | "error">>;

/** The calls of one answer of the model. */
export type ReflectedTurn = readonly ReflectedCall[];

/** How calls are judged. */
export interface AssessRules {
  /** The same calls so often in a row, or the same cycle of up to 4 answers, are a loop; from 2. Default 2. */
  readonly loopThreshold?: number | undefined;
  /** So many answers in a row that bring nothing new, the first of equal results counted, are stuck; from 2. Default 3. */
  readonly stuckAfter?: number | undefined;
}

/** What the calls come to. */
export interface Reflection {
  readonly assessment: Assessment;
  /** What is added to the confidence. */
  readonly confidenceDelta: number;
  /** From 0 to 1. */
  readonly confidence: number;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What helps the model out, where it is stuck or in a loop. */
  readonly guidance?: string;
}

/** Why the run is looked at now. */
export type ReflectionTrigger = NonNullable<EventOf<"reflect">["trigger"]>;
