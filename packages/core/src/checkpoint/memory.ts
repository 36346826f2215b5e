/** Threads in this process, for tests and for agents that need no more than to remember the conversation. */
import { ConfigurationError } from "../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import { deepFreeze, frozenCopy } from "../json/json.ts";
import {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  conflictError,
  forkExistsError,
  matchesMetadata,
  selectThreadIds,
  summarize,
  withThreadId,
} from "./contract.ts";
import type { Checkpointer, StoredThread, ThreadQuery, ThreadSummary } from "./types.ts";

export interface MemoryCheckpointerOptions {
  /** Beyond so many threads the least recently used is forgotten; a whole number from 1. Default: no limit. */
  readonly maxThreads?: number;
  /** Whether threads with a run under way stay, however many there are. Default `false`. */
  readonly keepRunning?: boolean;
}

interface Entry {
  readonly events: DurableEvent[];
  summary: ThreadSummary;
}

/**
 * Keeps threads in memory. Frozen events are kept as they are, others are copied, so an append costs what the
 * events cost, however long the thread is.
 *
 * @example
 * ```ts
 * import { MemoryCheckpointer } from "@locus-sdk/core";
 *
 * const checkpointer = new MemoryCheckpointer({ maxThreads: 1_000 });
 * ```
 */
export class MemoryCheckpointer implements Checkpointer {
  /** In order of use: the first is the least recently used. */
  readonly #threads = new Map<string, Entry>();
  readonly #maxThreads: number;
  readonly #keepRunning: boolean;

  /** @throws ConfigurationError unless `maxThreads` is a whole number from 1. */
  constructor(options: MemoryCheckpointerOptions = {}) {
    const { maxThreads = Number.POSITIVE_INFINITY, keepRunning = false } = options;
    if (!(maxThreads >= 1) || (Number.isFinite(maxThreads) && !Number.isSafeInteger(maxThreads))) {
      throw new ConfigurationError(`maxThreads ${maxThreads} is not a whole number from 1`);
    }
    this.#maxThreads = maxThreads;
    this.#keepRunning = keepRunning;
  }

  async append(threadId: string, expectedVersion: number, events: readonly DurableEvent[]): Promise<void> {
    checkBatch(threadId, expectedVersion, events);
    const entry = this.#use(threadId);
    const version = entry?.summary.version ?? 0;
    if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
    this.#store(threadId, entry, events.map(frozenCopy));
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    const entry = this.#use(threadId);
    if (entry === undefined) return undefined;
    const events = entry.events.slice(0, options.upTo);
    return Object.freeze({
      threadId,
      schemaVersion: SCHEMA_VERSION,
      version: events.length,
      events: Object.freeze(events),
    });
  }

  async *events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    checkRange(options);
    const events = this.#use(threadId)?.events ?? [];
    // By index, because the array grows when someone appends while this is being read.
    const end = Math.min(options.upTo ?? events.length, events.length);
    for (let index = options.after ?? 0; index < end; index += 1) {
      const event = events[index];
      if (event !== undefined) yield event;
    }
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    checkQuery(query);
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    for (const threadId of selectThreadIds(this.#threads.keys(), query)) {
      const summary = this.#threads.get(threadId)?.summary;
      if (summary === undefined || !matchesMetadata(summary.metadata, query.metadata)) continue;
      yield summary;
      left -= 1;
      if (left <= 0) return;
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    const source = this.#use(threadId);
    checkFork(threadId, source?.summary, at, newThreadId);
    if (this.#threads.has(newThreadId)) throw forkExistsError(newThreadId);
    const events = source?.events.slice(0, at).map((event) => withThreadId(event, newThreadId));
    this.#store(newThreadId, undefined, events ?? []);
  }

  async delete(threadId: string): Promise<boolean> {
    return this.#threads.delete(threadId);
  }

  /** The thread, now the most recently used. */
  #use(threadId: string): Entry | undefined {
    const entry = this.#threads.get(threadId);
    if (entry === undefined) return undefined;
    this.#threads.delete(threadId);
    this.#threads.set(threadId, entry);
    return entry;
  }

  #store(threadId: string, entry: Entry | undefined, events: readonly DurableEvent[]): void {
    let summary = entry?.summary;
    for (const event of events) summary = summarize(summary, event);
    if (summary === undefined) return;
    if (entry === undefined)
      this.#threads.set(threadId, { events: [...events], summary: deepFreeze(summary) });
    else {
      for (const event of events) entry.events.push(event);
      entry.summary = deepFreeze(summary);
    }
    this.#evict();
  }

  #evict(): void {
    for (const [threadId, { events }] of this.#threads) {
      if (this.#threads.size <= this.#maxThreads) return;
      // The next event of a run under way has to find its thread.
      const evictable = !this.#keepRunning || events.at(-1)?.type === "terminate";
      if (evictable) this.#threads.delete(threadId);
    }
  }
}
