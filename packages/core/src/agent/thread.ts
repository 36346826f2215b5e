/** A run's thread: brought from its store, closed where an earlier run left it open, held by one run at a time. */
import { abortable } from "../async/abort.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointError, LocusError, messageOf, ThreadBusyError } from "../errors/errors.ts";
import type { DurableDraft } from "../events/types.ts";
import { cancelledCall } from "../loop/terminate.ts";
import { repairTranscript } from "../messages/repair.ts";
import { emptyState, fold } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";

/** The state of a stored thread; an empty one where nothing is stored. */
export async function loadThread(store: Checkpointer, threadId: string): Promise<AgentState> {
  const stored = await store.read(threadId).catch((error: unknown) => {
    if (error instanceof LocusError) throw error;
    throw new CheckpointError(`the thread "${threadId}" could not be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  if (stored === undefined) return emptyState(threadId);
  const state = fold(stored.snapshot?.state ?? emptyState(threadId), stored.events);
  const messages = repairTranscript(state.messages, { keepPending: state.run.pending.length > 0 });
  return messages === state.messages ? state : Object.freeze({ ...state, messages });
}

/** What ends a run that nobody will go on with: its open calls are answered, and it is put on record as over. */
export function closeOpenRun({ run }: AgentState): readonly DurableDraft[] {
  if (run.status !== "running" && run.status !== "interrupted") return [];
  return [
    ...run.pending.map(cancelledCall),
    {
      type: "terminate",
      reason: "cancelled",
      stopDetail: "left open; a new run began",
      iterations: run.iteration,
      usage: run.usage,
    },
  ];
}

const held = new WeakMap<Checkpointer, Map<string, Promise<void>>>();

/**
 * Holds a thread for one run in this process. Another run waits (`"queue"`) or is refused.
 *
 * @returns What lets go of it.
 * @throws ThreadBusyError, or the signal's reason where it aborts while waiting.
 */
export async function holdThread(
  store: Checkpointer,
  threadId: string,
  onBusy: "reject" | "queue",
  signal: AbortSignal,
): Promise<() => void> {
  const threads = held.get(store) ?? new Map<string, Promise<void>>();
  held.set(store, threads);
  for (let holder = threads.get(threadId); holder !== undefined; holder = threads.get(threadId)) {
    if (onBusy === "reject") {
      throw new ThreadBusyError(`the thread "${threadId}" has a run under way`, {
        hint: 'Wait for it, use another threadId, or construct the agent with onBusy: "queue".',
      });
    }
    await abortable(holder, signal);
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  threads.set(threadId, promise);
  return () => {
    threads.delete(threadId);
    resolve();
  };
}
