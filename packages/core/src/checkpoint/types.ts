/** The contract of a checkpointer: an append-only log of durable events per thread, with compare-and-swap. */
import type { DurableEvent } from "../events/types.ts";
import type { JsonObject, JsonPrimitive } from "../json/json.ts";
import type { AgentState } from "../state/types.ts";

/** A thread as it was stored: the latest snapshot, if the store keeps any, and the events after it. */
export interface StoredThread {
  readonly threadId: string;
  /** The version it was stored with; the events handed out are migrated to `SCHEMA_VERSION` already. */
  readonly schemaVersion: number;
  /** Sequence of the last event read: that of the thread, or `upTo` where less was asked for. */
  readonly version: number;
  readonly snapshot?: { readonly version: number; readonly state: AgentState };
  /** Gapless, in order, frozen; from `snapshot.version + 1`, or from 1, up to `version`. */
  readonly events: readonly DurableEvent[];
}

/** An earlier snapshot of the thread, and what of it a later one begins with: that need not be stored again. */
export interface SnapshotBase {
  readonly version: number;
  /** How many of its messages come first. */
  readonly messages: number;
  /** What it has of tool calls. Absent: all of them are stored again. */
  readonly tools?: {
    /** How many of its run's tool executions come first. */
    readonly executions: number;
    /** Keys of its ledger that are gone. */
    readonly removed: readonly string[];
    /** Keys of the later ledger that came, or stand for something else. */
    readonly changed: readonly string[];
  };
}

/** A state to keep beside the events, so that a long thread need not be folded from its beginning. */
export interface SnapshotDraft {
  /** The fold of the thread up to the last event of this append. */
  readonly state: AgentState;
  readonly base?: SnapshotBase;
}

/** What may go along with an append. */
export interface AppendOptions {
  /** Kept in the same piece as the events, or not at all: a store may do without. */
  readonly snapshot?: SnapshotDraft;
  /** Number of the lease that the writer holds; refused when somebody has been given a later one. */
  readonly fence?: number;
}

/** The right to write a thread, for a while. */
export interface Lease {
  /** Grows with every lease of the thread. */
  readonly fence: number;
  /** Milliseconds that it lasts from when it was given or renewed. */
  readonly leaseMs: number;
  /** Makes it last anew; `false` where it ran out and somebody else has it. */
  renew(): Promise<boolean>;
  /** Gives it back; once it is lost, nothing happens. */
  release(): Promise<void>;
}

/** A lease, or how long somebody else's lasts at most, in milliseconds by the store's clock. */
export type LeaseAttempt = { readonly lease: Lease } | { readonly heldForMs: number };

/** What `vacuum` did. */
export interface VacuumReport {
  /** Threads that had outlived their time and are gone. */
  readonly deletedThreads: number;
  /** Events and snapshots that were encrypted anew. */
  readonly rekeyed: number;
}

/** Which threads to list, and in which order. Conditions are joined by "and". */
export interface ThreadQuery {
  /** Thread ids that begin with it. */
  readonly prefix?: string;
  /** Members that the thread's metadata must have, with exactly these values. */
  readonly metadata?: Readonly<Record<string, JsonPrimitive>>;
  /** At most so many; a whole number from 1. Default: all. */
  readonly limit?: number;
  /** The last thread id of the page before; the thread need not exist any more. */
  readonly after?: string;
  /** By thread id in Unicode code point order (that of UTF-8 bytes). Default `"asc"`. */
  readonly order?: "asc" | "desc";
}

/** What a list says of a thread. Everything is told by its events. */
export interface ThreadSummary {
  readonly threadId: string;
  /** Sequence of its last event. */
  readonly version: number;
  readonly schemaVersion: number;
  /** Timestamp of its first event, ISO 8601. */
  readonly createdAt: string;
  /** Timestamp of its last event, ISO 8601. */
  readonly updatedAt: string;
  /** What the `run_start` events gave it, later members over earlier ones. */
  readonly metadata?: JsonObject;
  /** Agent of the latest `run_start`. */
  readonly agent?: string;
}

/**
 * Stores threads. A thread is its durable events, numbered from 1 without gaps; its *version* is the sequence of
 * the last one, 0 where there is no such thread. Versions are what writers compare and swap.
 *
 * A thread id is any non-empty, well-formed Unicode string; different ids are different threads, whatever
 * characters, case or normalization set them apart. Everything handed out is frozen, nothing handed in is changed
 * or kept by reference unless it is frozen.
 *
 * Members marked with a question mark are what not every store can do. A store with leases refuses an append whose
 * `fence` is older than the thread's latest lease; one without is guarded by the versions alone. A store with a time to
 * live takes a thread whose last event is older for one that does not exist.
 *
 * All methods reject with a `CheckpointError` when the store fails: a thread that cannot be read is never taken
 * for one that does not exist. `describeCheckpointer` in `@locus-sdk/core/testing` checks all of this.
 *
 * @example
 * ```ts
 * import type { Checkpointer } from "@locus-sdk/core";
 *
 * async function runsOf(store: Checkpointer, threadId: string): Promise<number> {
 *   let runs = 0;
 *   for await (const event of store.events(threadId)) if (event.type === "run_start") runs += 1;
 *   return runs;
 * }
 * ```
 */
export interface Checkpointer {
  /** Events between two snapshots: a writer hands one along with the append that makes it due. Absent: none is kept. */
  readonly snapshotEvery?: number;
  /**
   * Appends `events` in one piece: all of them are stored and durable when the promise resolves, or none is.
   * Their sequences must be `expectedVersion + 1`, `+ 2`, … and their `threadId` the thread's. No events: nothing
   * is written, but the version is compared.
   *
   * Two writers with the same `expectedVersion`: exactly one succeeds.
   *
   * @throws CheckpointConflictError unless `expectedVersion` is the stored version (0 for no thread).
   * @throws LeaseLostError for a `fence` older than the thread's latest lease.
   * @throws CheckpointError for events out of sequence or of another thread.
   */
  append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options?: AppendOptions,
  ): Promise<void>;
  /**
   * The thread, or `undefined` where there is none. `upTo` gives the prefix that ends with that sequence; beyond
   * the version it gives the whole thread.
   *
   * @throws SchemaVersionError for a thread written by a newer version of Locus.
   * @throws CheckpointError for an `upTo` that is not a whole number from 1.
   */
  read(threadId: string, options?: { readonly upTo?: number }): Promise<StoredThread | undefined>;
  /**
   * Its events from `after` (exclusive, default 0) up to `upTo` (inclusive), whatever snapshots there are, without
   * holding all of them; nothing where there is no such thread.
   *
   * @throws SchemaVersionError, CheckpointError as `read`.
   */
  events(
    threadId: string,
    options?: { readonly after?: number; readonly upTo?: number },
  ): AsyncIterable<DurableEvent>;
  /** The threads that match, in order; those written by a newer version of Locus too. */
  list(query?: ThreadQuery): AsyncIterable<ThreadSummary>;
  /**
   * Makes `newThreadId` a copy of the first `at` events of `threadId`, with the new id in each. The two are
   * independent from then on.
   *
   * @throws CheckpointConflictError where `newThreadId` exists.
   * @throws CheckpointError where `threadId` does not, or `at` is not from 1 to its version.
   */
  fork(threadId: string, at: number, newThreadId: string): Promise<void>;
  /** Removes a thread; `false` where there was none. The id is free for a new thread, starting at version 0. */
  delete(threadId: string): Promise<boolean>;
  /** Asks to be the thread's one writer; the thread need not exist. A lease that ran out is free. */
  acquire?(threadId: string): Promise<LeaseAttempt>;
  /**
   * Removes what is out of use: threads that outlived their time, snapshots nobody reads. `rekey` encrypts anew what is not
   * under the current key.
   */
  vacuum?(options?: { readonly rekey?: boolean }): Promise<VacuumReport>;
  /** Releases what the store holds open. Closing twice is fine. */
  close?(): Promise<void>;
  [Symbol.asyncDispose]?(): Promise<void>;
}
