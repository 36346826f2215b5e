/** A run's thread: brought from its store, and closed where an earlier run left it open. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointError, LocusError, messageOf } from "../errors/errors.ts";
import type { DurableDraft, DurableEvent } from "../events/types.ts";
import { cancelledCall } from "../loop/terminate.ts";
import { repairFurther } from "../messages/repair.ts";
import { sharedLength } from "../messages/shared-length.ts";
import type { Message } from "../messages/types.ts";
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
  const from = stored.snapshot?.state;
  const known = from === undefined ? knownStart(threadId, stored.events) : undefined;
  const state =
    known === undefined
      ? fold(from ?? emptyState(threadId), stored.events)
      : fold(known.state, stored.events.slice(known.events.length));
  const keepPending = state.run.pending.length > 0;
  const messages = repairFurther(known?.whole ?? [], state.messages, { keepPending });
  const isWhole = messages === state.messages;
  if (from === undefined && upTo === undefined) {
    remember(known, { events: stored.events, state, whole: isWhole ? messages : [] });
  }
  return { state: isWhole ? state : Object.freeze({ ...state, messages }), snapshot: from };
}

/** What a thread's events came to when it was loaded. */
interface Known {
  readonly events: readonly DurableEvent[];
  /** Their fold. */
  readonly state: AgentState;
  /** Its messages, where they needed no repair. */
  readonly whole: readonly Message[];
}

/**
 * By the first event of the thread. A store in memory hands out the same frozen events again, and so a long thread is folded
 * once and not in every run; of other stores' threads, and of those that the store has forgotten, nothing stays.
 */
const loaded = new WeakMap<DurableEvent, Known>();

/** What is known of the beginning of a thread, whose very events must be there again. */
function knownStart(threadId: string, events: readonly DurableEvent[]): Known | undefined {
  const known = events[0] === undefined ? undefined : loaded.get(events[0]);
  if (known?.state.threadId !== threadId || known.events.length > events.length) return undefined;
  return sharedLength(known.events, events) === known.events.length ? known : undefined;
}

function remember(before: Known | undefined, now: Known): void {
  const [first] = now.events;
  const added = now.events.slice(before?.events.length ?? 0);
  const isFrozen = Object.isFrozen(now.events) && added.every((event) => Object.isFrozen(event));
  if (first !== undefined && isFrozen) loaded.set(first, now);
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
