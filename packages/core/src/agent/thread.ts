/** A run's thread: brought from its store, and closed where an earlier run left it open. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointError, LocusError, messageOf } from "../errors/errors.ts";
import type { DurableDraft } from "../events/types.ts";
import { cancelledCall } from "../loop/terminate.ts";
import { repairTranscript } from "../messages/repair.ts";
import { emptyState, fold } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";

/** A thread as it was loaded, and the snapshot that it was loaded from, if any: the next one may build on it. */
export interface LoadedThread {
  readonly state: AgentState;
  readonly snapshot: AgentState | undefined;
}

/** The state of a stored thread; an empty one where nothing is stored. */
export async function loadThread(
  store: Checkpointer,
  threadId: string,
  upTo?: number,
): Promise<LoadedThread> {
  const reading = store.read(threadId, ...(upTo === undefined ? [] : [{ upTo }]));
  const stored = await reading.catch((error: unknown) => {
    if (error instanceof LocusError) throw error;
    throw new CheckpointError(`the thread "${threadId}" could not be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  if (stored === undefined) return { state: emptyState(threadId), snapshot: undefined };
  const state = fold(stored.snapshot?.state ?? emptyState(threadId), stored.events);
  const messages = repairTranscript(state.messages, { keepPending: state.run.pending.length > 0 });
  return {
    state: messages === state.messages ? state : Object.freeze({ ...state, messages }),
    snapshot: stored.snapshot?.state,
  };
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
