/** The run's last answers with their calls, seen from its state at the cost of what is new in it. */
import { toolCallsOf } from "../../messages/messages.ts";
import type { AgentState, ToolExecution } from "../../state/types.ts";
import { type CallDigest, digestOf } from "./digest.ts";
import { LONGEST_CYCLE } from "./numbers.ts";
import type { ReflectedTurn } from "./types.ts";

/** The calls of one answer, and which of them came to something that the run had not seen. */
export interface Turn {
  readonly calls: readonly CallDigest[];
  readonly hasNew: boolean;
}

/** The last turns, oldest first. */
export interface Trail {
  readonly turns: readonly Turn[];
  /** How many of them, from the end, nobody has looked at yet. */
  readonly fresh: number;
}

/** Where in a run each outcome came first; grows with the run. */
interface Seen {
  readonly first: Map<string, number>;
  count: number;
}

/**
 * What has been seen, by the last execution that it knows of. Whoever goes on from there takes it along, so another state
 * that begins the same way begins anew and finds the same.
 */
const seenUpTo = new WeakMap<ToolExecution, Seen>();

/** Turns that say whether a run goes round in circles of this length. */
export function windowOf(repetitions: number): number {
  return Math.max(16, LONGEST_CYCLE * repetitions);
}

/** @param window At least so many turns are looked at, where there are so many. */
export function trailOf(state: Pick<AgentState, "messages" | "run">, window: number): Trail {
  const { toolExecutions, reflections } = state.run;
  const groups = lastGroups(state, window, reflections?.executions ?? 0);
  const seen = seenIn(toolExecutions, reflections?.executions ?? 0);
  const isNew = (execution: ToolExecution, index: number): boolean =>
    seen.get(digestOf(execution).outcome) === index;
  return {
    turns: groups.map((group) =>
      turnOf(group.map(({ execution, index }) => [execution, isNew(execution, index)])),
    ),
    fresh: freshGroups(groups, reflections?.executions ?? 0),
  };
}

/** Of turns that are told, all of them fresh from `since` on. */
export function trailFrom(turns: readonly ReflectedTurn[], since: number): Trail {
  const seen = new Set<string>();
  return {
    turns: turns.map((turn) => {
      const calls = turn.map((call): readonly [typeof call, boolean] => [
        call,
        !seen.has(digestOf(call).outcome),
      ]);
      for (const call of turn) seen.add(digestOf(call).outcome);
      return turnOf(calls);
    }),
    fresh: Math.max(0, turns.length - since),
  };
}

function turnOf(calls: readonly (readonly [ReflectedTurn[number], boolean])[]): Turn {
  const digests = calls.map(([call]) => digestOf(call));
  return {
    calls: digests,
    hasNew: calls.some(([call, isNew]) => isNew && !call.isError && !digestOf(call).isAcknowledgement),
  };
}

/** How many answers with calls nobody has looked at yet. */
export function freshTurns(state: Pick<AgentState, "messages" | "run">): number {
  const looked = state.run.reflections?.executions ?? 0;
  return freshGroups(lastGroups(state, 0, looked), looked);
}

interface Placed {
  readonly execution: ToolExecution;
  readonly index: number;
}

function freshGroups(groups: readonly (readonly Placed[])[], looked: number): number {
  return groups.filter((group) => group.some(({ index }) => index >= looked)).length;
}

/**
 * Executions by the answer that asked for them, from the end back to the last look and at least `window` answers. Of those
 * whose answer has given way to a summary nobody knows what belonged together, so the trail begins behind them.
 */
function lastGroups(
  { messages, run }: Pick<AgentState, "messages" | "run">,
  window: number,
  looked: number,
): readonly (readonly Placed[])[] {
  const groups: (readonly Placed[])[] = [];
  let end = run.toolExecutions.length;
  for (let at = messages.length - 1; at >= run.firstMessage; at--) {
    if (end === 0 || (end <= looked && groups.length >= window)) break;
    const message = messages[at];
    if (message?.role !== "assistant") continue;
    const ids = new Set(toolCallsOf(message).map(({ id }) => id));
    const group: Placed[] = [];
    for (let index = end - 1; index >= 0; index--) {
      const execution = run.toolExecutions[index];
      if (execution === undefined || !ids.has(execution.callId)) break;
      group.unshift({ execution, index });
    }
    end -= group.length;
    if (group.length > 0) groups.unshift(group);
  }
  return groups;
}

function seenIn(executions: readonly ToolExecution[], looked: number): ReadonlyMap<string, number> {
  const from = executions[looked - 1];
  const last = executions.at(-1);
  const kept = (last === undefined ? undefined : seenUpTo.get(last)) ?? (from && seenUpTo.get(from));
  const seen = kept ?? { first: new Map<string, number>(), count: 0 };
  if (from !== undefined && from !== last) seenUpTo.delete(from);
  for (; seen.count < executions.length; seen.count++) {
    const execution = executions[seen.count];
    if (execution === undefined) break;
    const { outcome } = digestOf(execution);
    if (!seen.first.has(outcome)) seen.first.set(outcome, seen.count);
  }
  if (last !== undefined) seenUpTo.set(last, seen);
  return seen.first;
}
