/** A run's way to its store: when what happened is written, under which lease, and with which snapshot. */
import { type Aborting, withinOfAbort } from "../async/abort.ts";
import { snapshotBase } from "../checkpoint/snapshot-base.ts";
import type { AppendOptions, Checkpointer, SnapshotDraft } from "../checkpoint/types.ts";
import { CheckpointError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import type { AgentState } from "../state/types.ts";
import { STORE_GRACE_MS } from "./hold.ts";

/**
 * `"step"`: what happened is stored before anything follows from it. `"exit"`: when the run ends or asks a question; it is
 * faster, and a process that dies takes the run with it.
 */
export type Durability = "step" | "exit";

export class StoreFailure extends Error {
  constructor(cause: unknown) {
    super("the thread could not be stored", { cause });
  }
}

/** To wait for it is to wait for what is there already, and for nothing else. */
const GIVEN_A_TURN = Promise.resolve();

export class ThreadRecord {
  readonly #store: Checkpointer;
  readonly #options: AppendOptions | undefined;
  readonly #durability: Durability;
  readonly #signal: Aborting;
  /** The newest one in the store that this run knows of. */
  #snapshot: AgentState | undefined;
  #unsaved: DurableEvent[] = [];

  constructor(parts: {
    readonly store: Checkpointer;
    readonly fence: number | undefined;
    readonly snapshot: AgentState | undefined;
    readonly durability: Durability;
    /** Aborts when the run must end: a store that does not answer may hold that up for `STORE_GRACE_MS`. */
    readonly signal: Aborting;
  }) {
    this.#store = parts.store;
    this.#options = parts.fence === undefined ? undefined : { fence: parts.fence };
    this.#snapshot = parts.snapshot;
    this.#durability = parts.durability;
    this.#signal = parts.signal;
  }

  /**
   * Takes `events` on record, whose fold is `state`.
   *
   * @throws StoreFailure with the store's error as its cause.
   */
  async add(events: readonly DurableEvent[], state: AgentState): Promise<void> {
    const batch = this.#due(events);
    const first = batch[0];
    if (first === undefined) return;
    const snapshot = this.#snapshotDue(state);
    const options = snapshot === undefined ? this.#options : { ...this.#options, snapshot };
    try {
      const storing = this.#store.append(state.threadId, first.sequence - 1, batch, options);
      let isStored = false;
      const stored = storing.then(() => {
        isStored = true;
      });
      // A store in memory has its answer by now, and needs no watch over a wait that is none.
      await GIVEN_A_TURN;
      if (!isStored) await withinOfAbort(STORE_GRACE_MS, stored, this.#signal, () => this.#silent(first));
    } catch (error) {
      throw new StoreFailure(error);
    }
    if (snapshot !== undefined) this.#snapshot = state;
  }

  #silent({ threadId, sequence }: DurableEvent): CheckpointError {
    return new CheckpointError(
      `the store of thread "${threadId}" did not answer within ${STORE_GRACE_MS} ms of the run's end; whether event ${sequence} and what followed it are stored is not known`,
      {
        cause: this.#signal.reason,
        hint: "Once the store answers again, resume the thread: it goes on from what is stored.",
      },
    );
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
    return last === undefined ? { state } : { state, base: snapshotBase(last, state) };
  }
}
