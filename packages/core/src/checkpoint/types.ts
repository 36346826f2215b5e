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
  /**
   * Appends `events` in one piece: all of them are stored and durable when the promise resolves, or none is.
   * Their sequences must be `expectedVersion + 1`, `+ 2`, … and their `threadId` the thread's. No events: nothing
   * is written, but the version is compared.
   *
   * Two writers with the same `expectedVersion`: exactly one succeeds.
   *
   * @throws CheckpointConflictError unless `expectedVersion` is the stored version (0 for no thread).
   * @throws CheckpointError for events out of sequence or of another thread.
   */
  append(threadId: string, expectedVersion: number, events: readonly DurableEvent[]): Promise<void>;
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
  /** Releases what the store holds open. Closing twice is fine. */
  close?(): Promise<void>;
  [Symbol.asyncDispose]?(): Promise<void>;
}
