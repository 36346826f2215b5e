/** A run's way to its store: when what happened is written, under which lease, and with which snapshot. */
import type { AppendOptions, Checkpointer, SnapshotDraft } from "../checkpoint/types.ts";
import type { DurableEvent } from "../events/types.ts";
import type { AgentState } from "../state/types.ts";

/**
 * `"step"`: what happened is stored before anything follows from it. `"exit"`: when the run ends or asks a question; it is
 * faster, and a process that dies takes the run with it.
 */
export type Durability = "step" | "exit";

type Snapshot = Pick<AgentState, "version" | "messages">;

export class StoreFailure extends Error {
  constructor(cause: unknown) {
    super("the thread could not be stored", { cause });
  }
}

export class ThreadRecord {
  readonly #store: Checkpointer;
  readonly #fence: number | undefined;
  readonly #durability: Durability;
  /** The newest one in the store that this run knows of. */
  #snapshot: Snapshot | undefined;
  #unsaved: DurableEvent[] = [];

  constructor(parts: {
    readonly store: Checkpointer;
    readonly fence: number | undefined;
    readonly snapshot: Snapshot | undefined;
    readonly durability: Durability;
  }) {
    this.#store = parts.store;
    this.#fence = parts.fence;
    this.#snapshot = parts.snapshot;
    this.#durability = parts.durability;
  }

  /**
   * Takes `events` on record, whose fold is `state`.
   *
   * @throws StoreFailure with the store's error as its cause.
   */
  async add(events: readonly DurableEvent[], state: AgentState): Promise<void> {
    const batch = this.#due(events);
    const [first] = batch;
    if (first === undefined) return;
    const snapshot = this.#snapshotDue(state);
    const options: AppendOptions = {
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(this.#fence === undefined ? {} : { fence: this.#fence }),
    };
    try {
      const given = Object.keys(options).length === 0 ? [] : [options];
      await this.#store.append(state.threadId, first.sequence - 1, batch, ...given);
    } catch (error) {
      throw new StoreFailure(error);
    }
    if (snapshot !== undefined) this.#snapshot = { version: state.version, messages: state.messages };
  }

  #due(events: readonly DurableEvent[]): readonly DurableEvent[] {
    if (this.#durability === "step") return events;
    this.#unsaved.push(...events);
    if (!events.some(({ type }) => type === "terminate")) return [];
    const batch = this.#unsaved;
    this.#unsaved = [];
    return batch;
  }

  #snapshotDue(state: AgentState): SnapshotDraft | undefined {
    const every = this.#store.snapshotEvery;
    const last = this.#snapshot;
    if (every === undefined || state.version - (last?.version ?? 0) < every) return undefined;
    if (last === undefined) return { state };
    const shared = sharedMessages(last.messages, state.messages);
    return { state, base: { version: last.version, messages: shared } };
  }
}

/** How many messages two conversations begin with in common. They are frozen, so the same one is the same object. */
function sharedMessages(before: Snapshot["messages"], now: Snapshot["messages"]): number {
  let count = 0;
  while (count < before.length && before[count] === now[count]) count++;
  return count;
}
