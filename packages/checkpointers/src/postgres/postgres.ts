/** Threads in PostgreSQL: any number of processes, each append one statement. */
import type {
  AppendOptions,
  Checkpointer,
  DurableEvent,
  LeaseAttempt,
  StoredThread,
  ThreadQuery,
  ThreadSummary,
  VacuumReport,
} from "@locus-sdk/core";
import { ConfigurationError, checkKeys } from "@locus-sdk/core";
import { checkRange, checkThreadId } from "@locus-sdk/core/checkpoint";
import {
  LONGEST_TIMER_MS,
  readStoreOptions,
  requireWhole,
  STORE_OPTION_NAMES,
  type StoreOptions,
} from "../shared/options.ts";
import { appendEvents } from "./append.ts";
import { Database, DURABLY } from "./database.ts";
import { checkAddress, openPool, type PostgresPool } from "./driver.ts";
import { forkThread } from "./fork.ts";
import { tablesIn } from "./layout.ts";
import { acquireLease } from "./leases.ts";
import { listThreads } from "./listing.ts";
import { readEvents, readThread } from "./reading.ts";
import { aliveSql, type Context, Values } from "./rows.ts";
import { digestOf } from "./text.ts";
import { vacuumThreads } from "./vacuum.ts";

export interface PostgresCheckpointerOptions extends StoreOptions {
  /** `postgres://user:password@host:5432/database`. Either this or `pool`. */
  readonly connectionString?: string;
  /** A pool of `pg`, which is its owner's to close. */
  readonly pool?: PostgresPool;
  /** The schema for the tables, made where it does not exist. Default `"locus"`. */
  readonly schema?: string;
  /** Connections open at a time, at most; a whole number from 1. Not for a `pool`, which has its own. Default 10. */
  readonly maxConnections?: number;
  /** Milliseconds that the server may take for a connection, and for a statement. Default 30,000. */
  readonly timeoutMs?: number;
}

const OPTION_NAMES = [
  "connectionString",
  "pool",
  "schema",
  "maxConnections",
  "timeoutMs",
  ...STORE_OPTION_NAMES,
];

/**
 * Keeps threads in PostgreSQL 12 or later, through the package `pg`. The tables are made on first use. An append is one
 * statement, durable when it resolves: where the server does not wait for its disk, this store's statements have it wait.
 *
 * @throws CheckpointError with `retryable` where the server cannot be reached.
 * @example
 * ```ts
 * import { PostgresCheckpointer } from "@locus-sdk/checkpointers/postgres";
 *
 * const checkpointer = new PostgresCheckpointer({
 *   connectionString: process.env.DATABASE_URL ?? "postgres://localhost/locus",
 * });
 * ```
 */
export class PostgresCheckpointer implements Checkpointer {
  readonly snapshotEvery: number;
  readonly #database: Database;
  readonly #context: Context;

  /** @throws ConfigurationError for options that do not fit. */
  constructor(options: PostgresCheckpointerOptions) {
    checkKeys("PostgresCheckpointer", options, OPTION_NAMES);
    const { connectionString, pool, maxConnections = 10, timeoutMs = 30_000, encryption } = options;
    if ((connectionString === undefined) === (pool === undefined)) {
      throw new ConfigurationError("PostgresCheckpointer needs either a connectionString or a pool", {
        hint: 'For example: new PostgresCheckpointer({ connectionString: "postgres://localhost/locus" })',
      });
    }
    if (connectionString !== undefined) checkAddress("PostgresCheckpointer", connectionString);
    if (pool !== undefined && options.maxConnections !== undefined) {
      throw new ConfigurationError(
        "PostgresCheckpointer: maxConnections is for connectionString; a pool has its own",
      );
    }
    requireWhole("PostgresCheckpointer: maxConnections", maxConnections, 1);
    requireWhole("PostgresCheckpointer: timeoutMs", timeoutMs, 1, LONGEST_TIMER_MS);
    const tables = tablesIn(options.schema ?? "locus");
    this.#context = {
      ...readStoreOptions("PostgresCheckpointer", options),
      tables,
      keyId: encryption?.current ?? null,
    };
    this.snapshotEvery = this.#context.snapshotEvery;
    this.#database = new Database({
      tables,
      timeoutMs,
      isOwn: pool === undefined,
      pool: async () => pool ?? (await openPool(connectionString ?? "", maxConnections)),
    });
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    await appendEvents(this.#database, this.#context, { threadId, expectedVersion, events, options });
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    return await readThread(this.#database, this.#context, threadId, options.upTo);
  }

  events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    return readEvents(this.#database, this.#context, threadId, options);
  }

  list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    return listThreads(this.#database, this.#context, query);
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    await forkThread(this.#database, this.#context, { threadId, at, newThreadId });
  }

  async delete(threadId: string): Promise<boolean> {
    checkThreadId(threadId);
    const values = new Values();
    const rows = await this.#database.query(
      `WITH gone AS (
         DELETE FROM ${this.#context.tables.threads} t WHERE t.digest = ${values.add(digestOf(threadId), "bytea")}
         RETURNING ${aliveSql(this.#context, values)} AS alive)
       SELECT ${DURABLY} FROM gone WHERE alive`,
      values.list,
    );
    return rows.length > 0;
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    return await acquireLease(this.#database, this.#context, threadId);
  }

  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    return await vacuumThreads(this.#database, this.#context, options.rekey ?? false);
  }

  /** Cancels what is under way and closes the connections; a pool that was given stays open. */
  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
