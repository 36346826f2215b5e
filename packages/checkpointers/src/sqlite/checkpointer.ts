/** Threads in a SQLite file, for any number of processes of one machine. */
import { setImmediate as pause } from "node:timers/promises";
import {
  type AppendOptions,
  type Checkpointer,
  checkKeys,
  type DurableEvent,
  type LeaseAttempt,
  LeaseLostError,
  type StoredThread,
  type ThreadQuery,
  type ThreadSummary,
  type VacuumReport,
} from "@locus-sdk/core";
import {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  checkSchemaVersion,
  checkThreadId,
  conflictError,
  forkExistsError,
  matchesMetadata,
} from "@locus-sdk/core/checkpoint";
import { idRange } from "../shared/id-range.ts";
import {
  isExpired,
  readStoreOptions,
  STORE_OPTION_NAMES,
  type StoreOptions,
  type StoreSettings,
} from "../shared/options.ts";
import { decodeEvent } from "../shared/records.ts";
import { checkSnapshot } from "../shared/snapshots.ts";
import { storedThread } from "../shared/threads.ts";
import type { SqliteDatabase } from "./database.ts";
import { eventRecord, insertEvent, pageOfEvents } from "./events.ts";
import { forkThread } from "./fork.ts";
import { acquireLease, isLeaseLost } from "./leases.ts";
import { databaseOf, FILE_OPTION_NAMES, type SqliteFileOptions } from "./options.ts";
import { newestState, storeSnapshot } from "./snapshots.ts";
import {
  deleteThread,
  findLiving,
  findThread,
  insertThread,
  nextThread,
  pageOfThreads,
  summaryOf,
  type Thread,
  updateThread,
} from "./threads.ts";
import { vacuum } from "./vacuum.ts";

export interface SqliteCheckpointerOptions extends StoreOptions, SqliteFileOptions {}

/**
 * Keeps threads in one SQLite file, through `node:sqlite`. An append costs the same on a long thread as on a short one; a list
 * reads a row for each thread that the ids leave; a thread with snapshots is read from its newest one.
 *
 * The file is opened when it is first needed. While another process writes, calls wait without blocking this one.
 *
 * @example
 * ```ts
 * import { SqliteCheckpointer } from "@locus-sdk/checkpointers/sqlite";
 * import { Agent } from "@locus-sdk/core";
 *
 * await using checkpointer = new SqliteCheckpointer({ path: ".locus/threads.db" });
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", checkpointer });
 * await agent.run("My name is Ada.", { threadId: "user:42/trip" });
 * ```
 */
export class SqliteCheckpointer implements Checkpointer {
  readonly #database: SqliteDatabase;
  readonly #settings: StoreSettings;

  /** @throws ConfigurationError for a path, number or key that is none. */
  constructor(options: SqliteCheckpointerOptions) {
    checkKeys("SqliteCheckpointer", options, [...FILE_OPTION_NAMES, ...STORE_OPTION_NAMES]);
    this.#settings = readStoreOptions("SqliteCheckpointer", options);
    this.#database = databaseOf("SqliteCheckpointer", options);
  }

  get snapshotEvery(): number {
    return this.#settings.snapshotEvery;
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    { snapshot, fence }: AppendOptions = {},
  ): Promise<void> {
    checkBatch(threadId, expectedVersion, events);
    checkSnapshot(threadId, expectedVersion + events.length, snapshot);
    const { codec, ttlMs } = this.#settings;
    // Before the transaction: while it lasts, all other writers wait.
    const records = events.map((event) => eventRecord(codec, event));
    await this.#database.write(`append to thread "${threadId}"`, (sql) => {
      if (fence !== undefined && isLeaseLost(sql, threadId, fence)) throw leaseLostError(threadId);
      const found = findThread(sql, threadId);
      const before = found === undefined || isExpired(found.touchedAt, ttlMs) ? undefined : found;
      if (before !== undefined) checkSchemaVersion(threadId, before.schemaVersion);
      const version = before?.version ?? 0;
      if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);

      const [first, ...rest] = events;
      if (first === undefined) return;
      const thread = nextThread(codec, before, [first, ...rest]);
      if (before === undefined && found !== undefined) deleteThread(sql, found);
      const key = before?.key ?? insertThread(sql, thread);
      if (before !== undefined) updateThread(sql, before, thread);
      for (const record of records) insertEvent(sql, key, record);
      if (snapshot !== undefined) storeSnapshot(sql, codec, key, snapshot);
    });
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    checkThreadId(threadId);
    const { codec, ttlMs } = this.#settings;
    const found = await this.#database.read(`read thread "${threadId}"`, (sql) => {
      const thread = findLiving(sql, threadId, ttlMs);
      if (thread === undefined) return undefined;
      checkSchemaVersion(threadId, thread.schemaVersion);
      const version = Math.min(options.upTo ?? thread.version, thread.version);
      return { thread, version, state: newestState(sql, codec, thread, version) };
    });
    if (found === undefined) return undefined;
    const { thread, version, state } = found;
    const events: DurableEvent[] = [];
    for await (const event of this.#eventsOf(thread, state?.version ?? 0, version)) events.push(event);
    return storedThread({ threadId, schemaVersion: thread.schemaVersion, version, state, events });
  }

  async *events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    checkRange(options);
    checkThreadId(threadId);
    const thread = await this.#database.read(`read thread "${threadId}"`, (sql) =>
      findLiving(sql, threadId, this.#settings.ttlMs),
    );
    if (thread === undefined) return;
    checkSchemaVersion(threadId, thread.schemaVersion);
    const upTo = Math.min(options.upTo ?? thread.version, thread.version);
    yield* this.#eventsOf(thread, options.after ?? 0, upTo);
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    checkQuery(query);
    const { codec, ttlMs } = this.#settings;
    const { prefix = "", order = "asc" } = query;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let range = idRange(query);
    for (;;) {
      const page = await this.#database.read("list threads", (sql) => pageOfThreads(sql, range, order));
      for (const thread of page) {
        if (!thread.threadId.startsWith(prefix) || isExpired(thread.touchedAt, ttlMs)) continue;
        const summary = summaryOf(codec, thread);
        if (!matchesMetadata(summary.metadata, query.metadata)) continue;
        yield summary;
        left -= 1;
        if (left <= 0) return;
      }
      const last = page.at(-1);
      if (last === undefined) return;
      range = idRange({ ...query, after: last.threadId });
      await pause();
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    checkThreadId(threadId);
    const { codec, ttlMs } = this.#settings;
    await this.#database.write(`fork thread "${threadId}"`, (sql) => {
      const source = findLiving(sql, threadId, ttlMs);
      checkFork(threadId, source, at, newThreadId);
      const found = findThread(sql, newThreadId);
      if (found !== undefined && !isExpired(found.touchedAt, ttlMs)) throw forkExistsError(newThreadId);
      if (found !== undefined) deleteThread(sql, found);
      if (source !== undefined) forkThread(sql, codec, source, at, newThreadId);
    });
  }

  async delete(threadId: string): Promise<boolean> {
    checkThreadId(threadId);
    return await this.#database.write(`delete thread "${threadId}"`, (sql) => {
      const found = findThread(sql, threadId);
      if (found === undefined) return false;
      deleteThread(sql, found);
      return !isExpired(found.touchedAt, this.#settings.ttlMs);
    });
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    checkThreadId(threadId);
    return await acquireLease(this.#database, threadId, this.#settings.leaseMs);
  }

  async vacuum({ rekey = false }: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    const { codec, ttlMs } = this.#settings;
    return await vacuum(this.#database, { codec, ttlMs, rekey });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Page by page, and others of this process have their turn in between. */
  async *#eventsOf(
    thread: Thread,
    after: number,
    upTo: number,
  ): AsyncGenerator<DurableEvent, void, undefined> {
    const { key, threadId } = thread;
    for (let at = after; at < upTo; ) {
      if (at > after) await pause();
      const range = { key, threadId, after: at, upTo };
      const page = await this.#database.read(`read thread "${threadId}"`, (sql) => pageOfEvents(sql, range));
      for (const record of page) {
        yield decodeEvent(this.#settings.codec, threadId, record);
        at = record.sequence;
      }
    }
  }
}

function leaseLostError(threadId: string): LeaseLostError {
  return new LeaseLostError(
    `the lease of the thread "${threadId}" ran out, and another writer was given the next one`,
    {
      hint: "Read the thread again: what is stored is whole. Raise leaseMs where runs are stopped for longer.",
    },
  );
}
