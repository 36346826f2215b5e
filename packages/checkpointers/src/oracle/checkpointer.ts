/** Threads in Oracle Database. */
import {
  type AppendOptions,
  type Checkpointer,
  ConfigurationError,
  checkKeys,
  type DurableEvent,
  type LeaseAttempt,
  type StoredThread,
  type ThreadQuery,
  type ThreadSummary,
  type VacuumReport,
} from "@locus-sdk/core";
import {
  checkBatch,
  checkQuery,
  checkRange,
  checkSchemaVersion,
  checkThreadId,
} from "@locus-sdk/core/checkpoint";
import {
  readStoreOptions,
  STORE_OPTION_NAMES,
  type StoreOptions,
  type StoreSettings,
} from "../shared/options.ts";
import { checkSnapshot } from "../shared/snapshots.ts";
import { storedThread } from "../shared/threads.ts";
import { appendEvents } from "./append.ts";
import { eventBatches, newestState } from "./batches.ts";
import { type Connected, Database } from "./database.ts";
import { loadDriver, type OracleDriver, type OraclePool } from "./driver.ts";
import { forkThread } from "./fork.ts";
import { acquireLease } from "./leases.ts";
import { listThreads } from "./list.ts";
import { findThread, living, type ThreadRow } from "./rows.ts";
import { statements } from "./statements.ts";
import { vacuum } from "./vacuum.ts";

export interface OracleCheckpointerOptions extends StoreOptions {
  /** `host:1521/service`, a name of `tnsnames.ora`, or a whole descriptor. Either this with `user`, or `pool`. */
  readonly connectString?: string;
  readonly user?: string;
  readonly password?: string;
  /** Of an autonomous database's wallet: the directory with `tnsnames.ora` and `ewallet.pem`. */
  readonly walletLocation?: string;
  readonly walletPassword?: string;
  /** A pool of `oracledb`, which is its owner's to close. */
  readonly pool?: OraclePool;
  /** What the names of tables begin with; 1 to 20 letters, digits and `_`, a letter first. Default `"locus_"`. */
  readonly tablePrefix?: string;
  /** Connections open at a time, at most; a whole number from 1. Not for a `pool`, which has its own. Default 10. */
  readonly maxConnections?: number;
  /** The module `oracledb`, where it cannot be imported by that name: in a bundle, say. */
  readonly driver?: OracleDriver;
}

interface Range {
  readonly after?: number;
  readonly upTo?: number;
}

const OWNER = "OracleCheckpointer";
const KNOWN: readonly string[] = [
  ...STORE_OPTION_NAMES,
  "connectString",
  "user",
  "password",
  "walletLocation",
  "walletPassword",
  "pool",
  "tablePrefix",
  "maxConnections",
  "driver",
];

/**
 * Keeps threads in Oracle Database 19c or later, through the package `oracledb` in its thin mode. The tables are made on first
 * use. An append is one transaction.
 *
 * @throws CheckpointError with `retryable` where the database cannot be reached.
 * @example
 * ```ts
 * import { OracleCheckpointer } from "@locus-sdk/checkpointers/oracle";
 *
 * const checkpointer = new OracleCheckpointer({
 *   connectString: "localhost:1521/FREEPDB1",
 *   user: "agents",
 *   password: process.env.ORACLE_PASSWORD ?? "",
 * });
 * ```
 */
export class OracleCheckpointer implements Checkpointer {
  readonly snapshotEvery: number;
  readonly #database: Database;
  readonly #settings: StoreSettings;

  /** @throws ConfigurationError for options that do not fit. */
  constructor(options: OracleCheckpointerOptions) {
    checkKeys(OWNER, options, KNOWN);
    const { tablePrefix = "locus_" } = options;
    // The one thing that is put into statements as text.
    if (!/^[a-z][a-z0-9_]{0,19}$/i.test(tablePrefix)) {
      throw new ConfigurationError(
        `${OWNER}: tablePrefix ${JSON.stringify(tablePrefix)} must be 1 to 20 letters, digits and "_", a letter first`,
      );
    }
    this.#settings = readStoreOptions(OWNER, options);
    this.snapshotEvery = this.#settings.snapshotEvery;
    this.#database = new Database(connector(options), statements(tablePrefix));
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    this.#database.checkOpen();
    checkBatch(threadId, expectedVersion, events);
    checkSnapshot(threadId, expectedVersion + events.length, options.snapshot);
    await appendEvents(this.#database, this.#settings, { threadId, expectedVersion, events, options });
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    this.#database.checkOpen();
    checkRange(options);
    const thread = await this.#open(threadId);
    if (thread === undefined) return undefined;
    const { codec } = this.#settings;
    const version = Math.min(options.upTo ?? thread.version, thread.version);
    const state = await newestState(this.#database, codec, thread, version);
    const events: DurableEvent[] = [];
    for await (const batch of eventBatches(this.#database, codec, thread, state?.version ?? 0, version)) {
      for (const event of batch) events.push(event);
    }
    return storedThread({ threadId, schemaVersion: thread.schemaVersion, version, state, events });
  }

  async *events(threadId: string, options: Range = {}): AsyncGenerator<DurableEvent, void, undefined> {
    this.#database.checkOpen();
    checkRange(options);
    const thread = await this.#open(threadId);
    if (thread === undefined) return;
    const upTo = Math.min(options.upTo ?? thread.version, thread.version);
    const batches = eventBatches(this.#database, this.#settings.codec, thread, options.after ?? 0, upTo);
    for await (const batch of batches) yield* batch;
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    this.#database.checkOpen();
    checkQuery(query);
    yield* listThreads(this.#database, this.#settings, query);
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    this.#database.checkOpen();
    checkThreadId(threadId);
    await forkThread(this.#database, this.#settings, { threadId, at, newThreadId });
  }

  async delete(threadId: string): Promise<boolean> {
    this.#database.checkOpen();
    checkThreadId(threadId);
    return await this.#database.transaction(async (session) => {
      const thread = living(await findThread(session, threadId, "lockThread"), this.#settings.ttlMs);
      return thread !== undefined && (await session.change("deleteThread", { life: thread.life })) > 0;
    });
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    this.#database.checkOpen();
    checkThreadId(threadId);
    return await acquireLease(this.#database, threadId, this.#settings.leaseMs);
  }

  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    this.#database.checkOpen();
    return await vacuum(this.#database, this.#settings, options.rekey ?? false);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(threadId: string): Promise<ThreadRow | undefined> {
    checkThreadId(threadId);
    const thread = living(await findThread(this.#database, threadId), this.#settings.ttlMs);
    if (thread !== undefined) checkSchemaVersion(threadId, thread.schemaVersion);
    return thread;
  }
}

/** How the database comes by its connections, once it needs them. */
function connector(options: OracleCheckpointerOptions): () => Promise<Connected> {
  const {
    pool,
    connectString,
    user,
    password,
    walletLocation,
    walletPassword,
    maxConnections = 10,
  } = options;
  if (
    (pool === undefined) === (connectString === undefined) ||
    (connectString !== undefined && user === undefined)
  ) {
    throw new ConfigurationError(`${OWNER} needs either connectString and user, or a pool`, {
      hint: 'Something like { connectString: "localhost:1521/FREEPDB1", user, password }.',
    });
  }
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 1) {
    throw new ConfigurationError(
      `${OWNER}: maxConnections must be a whole number from 1, not ${maxConnections}`,
    );
  }
  return async () => {
    const driver = options.driver ?? (await loadDriver());
    if (pool !== undefined) return { driver, pool, close: async () => undefined };
    const own = await driver.createPool({
      connectString,
      user,
      password,
      poolMin: 0,
      poolMax: maxConnections,
      ...(walletLocation === undefined ? {} : { walletLocation, configDir: walletLocation }),
      ...(walletPassword === undefined ? {} : { walletPassword }),
    });
    return { driver, pool: own, close: async () => await own.close(10) };
  };
}
