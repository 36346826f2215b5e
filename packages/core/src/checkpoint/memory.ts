/** Threads in this process, for tests and for agents that need no more than to remember the conversation. */
import { ConfigurationError } from "../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import { deepFreeze, frozenCopy } from "../json/json.ts";
import { time } from "../options/check.ts";
import {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  checkThreadId,
  conflictError,
  forkExistsError,
  matchesMetadata,
  selectThreadIds,
  summarize,
  withThreadId,
} from "./contract.ts";
import { hasOutlived, LEASE_MS, timeToLive } from "./lifetime.ts";
import { MemoryLeases } from "./memory-leases.ts";
import type {
  AppendOptions,
  Checkpointer,
  LeaseAttempt,
  StoredThread,
  ThreadQuery,
  ThreadSummary,
  VacuumReport,
} from "./types.ts";

export interface MemoryCheckpointerOptions {
  /** Beyond so many threads the least recently used is forgotten; a whole number from 1. Default: no limit. */
  readonly maxThreads?: number;
  /** Whether threads with a run under way stay, however many there are. Default `false`. */
  readonly keepRunning?: boolean;
  /** Milliseconds that a lease lasts, to 24.8 days. Default 10,000. */
  readonly leaseMs?: number;
  /** Milliseconds after its last event for which a thread is remembered. Default: no limit. */
  readonly ttlMs?: number;
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
  /** In order of use, where anything is ever forgotten: the first is the least recently used. */
  readonly #threads = new Map<string, Entry>();
  readonly #maxThreads: number;
  readonly #keepRunning: boolean;
  readonly #ttlMs: number | undefined;
  readonly #leases: MemoryLeases;

  /** @throws ConfigurationError unless `maxThreads` is a whole number from 1, and each time one above 0. */
  constructor(options: MemoryCheckpointerOptions = {}) {
    const { maxThreads = Number.POSITIVE_INFINITY, keepRunning = false, leaseMs = LEASE_MS, ttlMs } = options;
    if (!(maxThreads >= 1) || (Number.isFinite(maxThreads) && !Number.isSafeInteger(maxThreads))) {
      throw new ConfigurationError(`maxThreads ${maxThreads} is not a whole number from 1`);
    }
    this.#maxThreads = maxThreads;
    time("leaseMs", leaseMs);
    if (ttlMs !== undefined) timeToLive("ttlMs", ttlMs);
    this.#keepRunning = keepRunning;
    this.#ttlMs = ttlMs;
    this.#leases = new MemoryLeases(leaseMs, (threadId) => this.#threads.has(threadId));
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    checkBatch(threadId, expectedVersion, events);
    this.#leases.check(threadId, options.fence);
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
      const summary = this.#find(threadId)?.summary;
      if (summary === undefined || !matchesMetadata(summary.metadata, query.metadata)) continue;
      yield summary;
      left -= 1;
      if (left <= 0) return;
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    const source = this.#use(threadId);
    checkFork(threadId, source?.summary, at, newThreadId);
    if (this.#find(newThreadId) !== undefined) throw forkExistsError(newThreadId);
    const events = source?.events.slice(0, at).map((event) => withThreadId(event, newThreadId));
    this.#store(newThreadId, undefined, events ?? []);
  }

  async delete(threadId: string): Promise<boolean> {
    const isThere = this.#find(threadId) !== undefined;
    this.#forget(threadId);
    return isThere;
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    checkThreadId(threadId);
    return this.#leases.acquire(threadId);
  }

  /** Forgets the threads that have outlived `ttlMs`. */
  async vacuum(): Promise<VacuumReport> {
    const before = this.#threads.size;
    for (const threadId of this.#threads.keys()) this.#find(threadId);
    return { deletedThreads: before - this.#threads.size, rekeyed: 0 };
  }

  /** The thread; one that has outlived its time is forgotten when it is met. */
  #find(threadId: string): Entry | undefined {
    const entry = this.#threads.get(threadId);
    if (entry === undefined || !hasOutlived(entry.summary, this.#ttlMs)) return entry;
    this.#forget(threadId);
    return undefined;
  }

  #forget(threadId: string): void {
    this.#threads.delete(threadId);
    this.#leases.forget(threadId);
  }

  /** The thread, now the most recently used. */
  #use(threadId: string): Entry | undefined {
    const entry = this.#find(threadId);
    if (entry === undefined || !this.#forgets) return entry;
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

  /** Whether threads are forgotten that nobody has deleted. */
  get #forgets(): boolean {
    return this.#ttlMs !== undefined || Number.isFinite(this.#maxThreads);
  }

  #evict(): void {
    // Those used least recently are the first to outlive their time: nobody need wait for a vacuum to be rid of them.
    // Where none does, nobody looks: before the first of a map stands all that was taken from there.
    if (this.#ttlMs !== undefined) {
      for (const threadId of this.#threads.keys()) if (this.#find(threadId) !== undefined) break;
    }
    if (this.#threads.size <= this.#maxThreads) return;
    for (const [threadId, { events }] of this.#threads) {
      if (this.#threads.size <= this.#maxThreads) return;
      // The next event of a run under way has to find its thread.
      const evictable = !this.#keepRunning || events.at(-1)?.type === "terminate";
      if (evictable) this.#forget(threadId);
    }
  }
}
