/** What a termination condition is: stateless, frozen, asked of one run's state. */
import type { StopReason } from "../events/types.ts";
import type { JsonObject } from "../json/json.ts";
import type { AgentState } from "../state/types.ts";

/** Why a condition fired. */
export interface TerminationVerdict {
  readonly reason: StopReason;
  /** The leaf that fired, or the leaves joined by " and ": `textMention("DONE")`. */
  readonly detail: string;
}

/**
 * When a run ends. Conditions hold no state of their own, so one may serve any number of runs at once; all they
 * know is asked of the current run.
 */
export interface TerminationCondition {
  /**
   * The verdict where the condition holds, else `undefined`.
   *
   * @param now Epoch milliseconds.
   */
  check(state: AgentState, now: number): TerminationVerdict | undefined;
  /** Fires where both do; the reason is that of the first leaf that has one of its own. */
  and(other: TerminationCondition): TerminationCondition;
  /** Fires where either does; the first that fires gives the reason. */
  or(other: TerminationCondition): TerminationCondition;
  /** Fires where this one does not, with reason `complete`. */
  not(): TerminationCondition;
  /**
   * Plain data that `terminationFromJSON` revives.
   *
   * @throws ConfigurationError where a function is in it (`custom`).
   */
  toJSON(): JsonObject;
  /** How it is written: `any(maxIterations(5), toolCalled("submit"))`. */
  toString(): string;
}
