/** The numbers of reflexion, and how confidence is moved by them. */
import type { Assessment } from "./types.ts";

/** What one look back adds to the confidence, however many calls it looks at. */
export const DELTAS: Readonly<Record<Assessment, number>> = Object.freeze({
  new_findings: 0.15,
  on_track: 0.05,
  stuck: -0.15,
  loop_detected: -0.3,
});

/** Taken off for failed calls: this, times their share. */
export const ERROR_COST = 0.2;

/** The agent's own `toolLoopThreshold` is 3: the model is warned before it ends the run. */
export const LOOP_THRESHOLD = 2;
export const STUCK_AFTER = 3;
/** Look back after so many answers with tool calls. */
export const EVERY = 1;
/** Ask the judge at every so many looks back. */
export const JUDGE_EVERY = 1;

/** The same error, word for word, under other arguments: so often in a row is stuck. */
export const SAME_ERRORS = 2;
/** The longest cycle that is looked for, in answers. */
export const LONGEST_CYCLE = 4;
/** How often in a row the model is told that it gets nowhere. After that it has been told. */
export const MAX_GUIDANCE = 3;

const DIGITS = 4;

/**
 * `c' = c + Δ(1 − c)` for what is gained, so that the last steps to certainty are the smallest, `c' = c + Δ` for what is lost;
 * within 0 and 1. The discount is applied here and nowhere else.
 */
export function moved(
  confidence: number,
  delta: number,
): { readonly confidence: number; readonly confidenceDelta: number } {
  const after = rounded(
    Math.min(1, Math.max(0, confidence + (delta > 0 ? delta * (1 - confidence) : delta))),
  );
  return { confidence: after, confidenceDelta: rounded(after - confidence) };
}

function rounded(value: number): number {
  // Zero has one sign on record.
  return Number(value.toFixed(DIGITS)) + 0;
}
