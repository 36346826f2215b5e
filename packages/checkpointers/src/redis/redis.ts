/** Threads in Redis: any number of processes, each append one script. */
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
import { Connection } from "./connection.ts";
import type { RedisClient } from "./driver.ts";
import { forkThread } from "./fork.ts";
import { Keys } from "./keys.ts";
import { acquireLease } from "./leases.ts";
import { listThreads } from "./listing.ts";
import { readEvents, readThread } from "./reading.ts";
import { type Context, ttlText } from "./records.ts";
import { DELETE } from "./scripts.ts";
import { vacuumThreads } from "./vacuum.ts";

export interface RedisCheckpointerOptions extends StoreOptions {
  /** `redis://user:password@host:6379`, or `rediss://` for TLS. Either this or `client`. */
  readonly url?: string;
  /** A connected client of `redis`, also of a cluster, which is its owner's to close. */
  readonly client?: RedisClient;
  /** What all keys begin with; no braces. Default `"locus:"`. */
  readonly prefix?: string;
  /** Milliseconds that the server may take for an answer, connecting included. Default 30,000. */
  readonly timeoutMs?: number;
}

const OPTION_NAMES = ["url", "client", "prefix", "timeoutMs", ...STORE_OPTION_NAMES];

/**
 * Keeps threads in Redis 5 or later, or Valkey, through the package `redis`. An append is as durable as the server's own log: with
 * `appendonly yes` and `appendfsync always` it is on the disk when it resolves, with `appendfsync everysec` up to a second
 * later, and without `appendonly` a restart may lose it. `maxmemory-policy` must be `noeviction`.
 *
 * @throws CheckpointError with `retryable` where the server cannot be reached.
 * @example
 * ```ts
 * import { RedisCheckpointer } from "@locus-sdk/checkpointers/redis";
 *
 * const checkpointer = new RedisCheckpointer({ url: process.env.REDIS_URL ?? "redis://localhost:6379" });
 * ```
 */
export class RedisCheckpointer implements Checkpointer {
  readonly snapshotEvery: number;
  readonly #context: Context;

  /** @throws ConfigurationError for options that do not fit. */
  constructor(options: RedisCheckpointerOptions) {
    checkKeys("RedisCheckpointer", options, OPTION_NAMES);
    const { url, client, prefix = "locus:", timeoutMs = 30_000 } = options;
    if ((url === undefined) === (client === undefined)) {
      throw new ConfigurationError("RedisCheckpointer needs either a url or a client", {
        hint: 'For example: new RedisCheckpointer({ url: "redis://localhost:6379" })',
      });
    }
    if (url !== undefined && (typeof url !== "string" || url === "")) {
      throw new ConfigurationError("RedisCheckpointer: url must be text, and not empty");
    }
    requireWhole("RedisCheckpointer: timeoutMs", timeoutMs, 1, LONGEST_TIMER_MS);
    const connection = new Connection(
      client === undefined ? { url: url ?? "" } : { client },
      new Keys(prefix),
      timeoutMs,
    );
    this.#context = { ...readStoreOptions("RedisCheckpointer", options), connection };
    this.snapshotEvery = this.#context.snapshotEvery;
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    await appendEvents(this.#context, { threadId, expectedVersion, events, options });
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    return await readThread(this.#context, threadId, options.upTo);
  }

  events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    return readEvents(this.#context, threadId, options);
  }

  list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    return listThreads(this.#context, query);
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    await forkThread(this.#context, { threadId, at, newThreadId });
  }

  async delete(threadId: string): Promise<boolean> {
    checkThreadId(threadId);
    const { connection } = this.#context;
    const { bucket, summary, events, snapshots, links } = connection.keys.of(threadId);
    const keys = [summary, events, snapshots, links, bucket.index];
    return (await connection.run(DELETE, keys, [threadId, ttlText(this.#context)])) === 1;
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    return await acquireLease(this.#context, threadId);
  }

  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    return await vacuumThreads(this.#context, options.rekey ?? false);
  }

  /** Waits a moment for answers that are under way, and closes the connection; a client that was given stays open. */
  async close(): Promise<void> {
    await this.#context.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
