/** Threads that grow at random, from a seed, the way a run writes them: batches of events, now and then with a snapshot. */
import { snapshotBase } from "../checkpoint/snapshot-base.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import type { DurableDraft, DurableEvent } from "../events/types.ts";
import { emptyState, fold } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import { timestampOf } from "./checkpointer-events.ts";

/** A whole number from 0 to `below` - 1. */
export type Dice = (below: number) => number;

/** The same numbers from the same seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export interface GrowingThread {
  readonly state: AgentState;
  readonly events: readonly DurableEvent[];
  /** The newest snapshot that the writer knows of. */
  readonly snapshot: AgentState | undefined;
}

export const newThread = (threadId: string): GrowingThread => ({
  state: emptyState(threadId),
  events: [],
  snapshot: undefined,
});

/** Appends one batch, with a snapshot: one that builds on the last, a full one, or none. */
export async function grow(
  store: Checkpointer,
  thread: GrowingThread,
  batch: readonly DurableEvent[],
  snapshot: "linked" | "full" | "none",
): Promise<GrowingThread> {
  const state = fold(thread.state, batch);
  const { snapshot: before } = thread;
  const draft =
    snapshot === "full" || before === undefined ? { state } : { state, base: snapshotBase(before, state) };
  const options = snapshot === "none" ? {} : { snapshot: draft };
  await store.append(state.threadId, thread.state.version, batch, options);
  return {
    state,
    events: [...thread.events, ...batch],
    snapshot: snapshot === "none" ? thread.snapshot : state,
  };
}

/** Reads the thread anew, as the next run would, and goes on from what it was told. */
export async function reload(store: Checkpointer, thread: GrowingThread): Promise<GrowingThread> {
  const { threadId } = thread.state;
  const stored = await store.read(threadId);
  const state = fold(stored?.snapshot?.state ?? emptyState(threadId), stored?.events ?? []);
  return { state, events: thread.events, snapshot: stored?.snapshot?.state };
}

/** One to four events that may follow `state`. */
export function randomBatch(state: AgentState, dice: Dice): readonly DurableEvent[] {
  const batch: DurableEvent[] = [];
  let next = state;
  for (let left = 1 + dice(4); left > 0; left -= 1) {
    const sequence = next.version + 1;
    const event = Object.freeze({
      ...randomDraft(next, dice),
      runId: `run_${next.version - (next.version % 10)}`,
      threadId: state.threadId,
      sequence,
      timestamp: timestampOf(sequence),
    });
    batch.push(event);
    next = fold(next, [event]);
  }
  return batch;
}

const TEXTS = [
  "",
  "yes",
  "naïve 😀",
  "\u0000\u2028",
  '{"a":1}',
  "'; --",
  "a longer text, ".repeat(20),
] as const;

function randomDraft({ messages, run }: AgentState, dice: Dice): DurableDraft {
  const text = `${TEXTS[dice(TEXTS.length)] ?? ""} ${dice(1_000)}`;
  const usage = { inputTokens: dice(100), outputTokens: dice(100), totalTokens: 1 };
  const [open] = run.pending;
  switch (dice(8)) {
    case 0:
      return {
        type: "run_start",
        schemaVersion: 1,
        agent: `agent ${dice(3)}`,
        input: [{ role: "user", content: [{ type: "text", text }] }],
        metadata: { [`key ${dice(3)}`]: [dice(10), text] },
      };
    case 1:
    case 2: {
      const call = {
        type: "tool_call",
        id: `call_${dice(1_000_000)}`,
        name: "look_up",
        arguments: "{}",
      } as const;
      const content = dice(2) === 0 ? [{ type: "text" as const, text }] : [call];
      const message = { role: "assistant" as const, content };
      return { type: "model_complete", message, usage, stopReason: "stop", modelId: "some:model" };
    }
    case 3: {
      const from = dice(messages.length + 1);
      const count = dice(messages.length - from + 1);
      const replacement = dice(2) === 0 ? [] : [{ role: "user" as const, content: `summary: ${text}` }];
      return { type: "context_compacted", from, count, replacement };
    }
    case 4:
    case 5: {
      if (open === undefined)
        return { type: "reflect", assessment: text, confidenceDelta: 0.25, confidence: 0.5 };
      const { id: callId, name } = open.call;
      if (open.started === undefined) {
        const idempotent = { scope: dice(2) === 0 ? "run" : "thread" } as const;
        return {
          type: "tool_start",
          callId,
          name,
          arguments: {},
          idempotencyKey: `key ${callId}`,
          idempotent,
        };
      }
      const outcome = { isError: false, durationMs: 1, cached: false, source: "executed" } as const;
      return { type: "tool_complete", callId, name, result: { text }, ...outcome };
    }
    case 6:
      return { type: "terminate", reason: "complete", text, iterations: run.iteration, usage };
    default:
      return { type: "message_added", message: { role: "user", content: text }, origin: "test" };
  }
}
