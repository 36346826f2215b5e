/** What the trail shows: a loop, or that nothing new comes of it. */
import type { CallDigest } from "./digest.ts";
import { LONGEST_CYCLE, SAME_ERRORS } from "./numbers.ts";
import type { Trail, Turn } from "./turns.ts";

/** The same answers, called and answered alike, again and again. */
export interface Loop {
  /** One round of it. */
  readonly cycle: readonly Turn[];
  /** How often it was gone round, at the end of the trail. */
  readonly times: number;
}

/** Why nothing comes of it. */
export interface Standstill {
  readonly kind: "same_error" | "same_result" | "nothing_new" | "only_errors";
  /** For so many answers. */
  readonly turns: number;
  readonly last: Turn;
}

/** The shortest cycle that the trail ends in, gone round at least `threshold` times. */
export function loopIn({ turns }: Trail, threshold: number): Loop | undefined {
  const keys = turns.map(keyOf);
  for (let length = 1; length <= Math.min(LONGEST_CYCLE, Math.floor(keys.length / threshold)); length++) {
    let same = length;
    while (same < keys.length && keys.at(-1 - same) === keys.at(-1 - same + length)) same++;
    const times = Math.floor(same / length);
    if (times >= threshold) return { cycle: turns.slice(-length), times };
  }
  return undefined;
}

/** Different calls, and nothing new comes of them. */
export function standstillIn({ turns }: Trail, stuckAfter: number): Standstill | undefined {
  const last = turns.at(-1);
  if (last === undefined) return undefined;
  const alike = lastOf(turns, (turn) => outcomeOf(turn) === outcomeOf(last));
  const failing = lastOf(turns, isFailed);
  if (isFailed(last)) {
    if (alike >= SAME_ERRORS) return { kind: "same_error", turns: alike, last };
  } else if (!isDone(last) && alike >= stuckAfter) return { kind: "same_result", turns: alike, last };
  if (failing >= stuckAfter) return { kind: "only_errors", turns: failing, last };
  const barren = lastOf(turns, (turn) => !turn.hasNew && !isDone(turn));
  return barren >= stuckAfter ? { kind: "nothing_new", turns: barren, last } : undefined;
}

/** The same set of calls that came to the same, order aside, has the same key. */
function keyOf({ calls }: Turn): string {
  return listed(calls.map(({ asked, essence }) => `${asked} ${essence}`));
}

function outcomeOf({ calls }: Turn): string {
  return listed(calls.map(({ call, outcome }) => `${call.name} ${outcome}`));
}

function listed(parts: readonly string[]): string {
  return parts.toSorted().join("\n");
}

function isFailed({ calls }: Turn): boolean {
  return calls.every(({ call }) => call.isError);
}

/** Something was done, even if nothing was learned. */
function isDone({ calls }: Turn): boolean {
  return calls.some(({ isAcknowledgement }) => isAcknowledgement);
}

function lastOf(turns: readonly Turn[], fits: (turn: Turn) => boolean): number {
  const miss = turns.findLastIndex((turn) => !fits(turn));
  return turns.length - 1 - miss;
}

/** The calls of a cycle, each once. */
export function callsOf(turns: readonly Turn[]): readonly CallDigest[] {
  return [...new Map(turns.flatMap(({ calls }) => calls).map((digest) => [digest.asked, digest])).values()];
}
