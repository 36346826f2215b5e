/** What calls come to, by rules: free, and the same each time. */

import {
  anObject,
  boolean,
  type Checks,
  checkOptions,
  listOf,
  must,
  text,
  whole,
} from "../../options/check.ts";
import { loopIn, standstillIn } from "./findings.ts";
import { describeLoop, describeStandstill, guidanceFor } from "./guidance.ts";
import { DELTAS, ERROR_COST, LOOP_THRESHOLD, moved, STUCK_AFTER } from "./numbers.ts";
import { RULES } from "./options.ts";
import { type Trail, trailFrom } from "./turns.ts";
import type { Assessment, AssessRules, ReflectedTurn, Reflection } from "./types.ts";

export interface AssessOptions extends AssessRules {
  /** Before. Default 0. */
  readonly confidence?: number | undefined;
  /** Answers that have been looked at before. Default: all but the last. */
  readonly since?: number | undefined;
  /** How often in a row the model was told. Default 0. */
  readonly guided?: number | undefined;
}

/**
 * Looks at the calls of a run, answer by answer, oldest first; what `AgentOptions.reflexion` does at each look back. Pure.
 *
 * @throws ConfigurationError for options that do not fit, and turns that are no lists of calls.
 * @example
 * ```ts
 * import { assess } from "locus-sdk";
 *
 * const search = { name: "search", arguments: { q: "fares" }, result: [], isError: false };
 * const { assessment, guidance } = assess([[search], [search]]);
 * console.log(assessment, guidance);
 * ```
 */
export function assess(turns: readonly ReflectedTurn[], options: AssessOptions = {}): Reflection {
  checkOptions("assess", options, OPTIONS);
  turnList("assess: turns", turns);
  const { confidence = 0, since = turns.length - 1, guided = 0, ...rules } = options;
  return assessTrail(trailFrom(turns, Math.max(0, since)), { confidence, guided, rules });
}

const OPTIONS: Checks<AssessOptions> = {
  ...RULES,
  confidence: must("a number from 0 to 1", (value) => typeof value === "number" && value >= 0 && value <= 1),
  since: whole(0),
  guided: whole(0),
};
const calls = listOf((name, value) => {
  anObject(name, value);
  const { name: tool, isError } = value as Partial<ReflectedTurn[number]>;
  text(`${name}.name`, tool);
  boolean(`${name}.isError`, isError);
});
const turnList = listOf(calls);

/** Where the run stands, and by which rules it is judged. */
export interface Standing {
  readonly confidence: number;
  /** How often in a row the model was told. */
  readonly guided: number;
  readonly rules: AssessRules;
}

export function assessTrail(trail: Trail, { confidence, guided, rules }: Standing): Reflection {
  const { assessment, reason, told } = judged(trail, rules);
  const guidance = told === undefined ? undefined : guidanceFor(told, guided);
  return {
    assessment,
    ...moved(confidence, DELTAS[assessment] - ERROR_COST * failedShare(trail)),
    reason,
    ...(guidance === undefined ? {} : { guidance }),
  };
}

interface Judged {
  readonly assessment: Assessment;
  readonly reason: string;
  /** For the model. */
  readonly told?: string;
}

function judged(trail: Trail, { loopThreshold, stuckAfter }: AssessRules): Judged {
  const loop = loopIn(trail, loopThreshold ?? LOOP_THRESHOLD);
  if (loop !== undefined) {
    const { cycle, times } = loop;
    const what = cycle.length === 1 ? "the same calls" : `the same circle of ${cycle.length} answers`;
    return {
      assessment: "loop_detected",
      reason: `${what} ${times} times in a row, with the same outcome`,
      told: describeLoop(loop),
    };
  }
  const standstill = standstillIn(trail, stuckAfter ?? STUCK_AFTER);
  if (standstill !== undefined) {
    const reason = `${REASONS[standstill.kind]} for ${standstill.turns} answers in a row`;
    return { assessment: "stuck", reason, told: describeStandstill(standstill) };
  }
  const fresh = freshOf(trail);
  const calls = fresh.flatMap((turn) => turn.calls);
  const failed = calls.filter(({ call }) => call.isError).length;
  const but = failed === 0 ? "" : `; ${failed} of ${calls.length} calls failed`;
  return fresh.some(({ hasNew }) => hasNew)
    ? { assessment: "new_findings", reason: `results that this run had not seen${but}` }
    : { assessment: "on_track", reason: `nothing new, and nothing that repeats${but}` };
}

const REASONS = {
  same_error: "the same error under other arguments",
  same_result: "the same result under other arguments",
  only_errors: "nothing but errors",
  nothing_new: "nothing that the run had not seen",
} as const;

function freshOf({ turns, fresh }: Trail): Trail["turns"] {
  return fresh === 0 ? [] : turns.slice(-fresh);
}

function failedShare(trail: Trail): number {
  const calls = freshOf(trail).flatMap((turn) => turn.calls);
  return calls.length === 0 ? 0 : calls.filter(({ call }) => call.isError).length / calls.length;
}
