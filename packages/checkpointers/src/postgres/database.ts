/** The way to the server: connections lent and given back, statements tried again, and everything ended on close. */
import { CheckpointError, LocusError } from "@locus-sdk/core";
import {
  cancelStatement,
  failureOf,
  isAnswer,
  isContention,
  type PostgresClient,
  type PostgresPool,
  timeoutError,
} from "./driver.ts";
import { isLaidOut, layOut, type Tables } from "./layout.ts";

/** Runs one statement and gives its rows, which nobody has checked yet. */
export type Query = (text: string, values?: unknown[]) => Promise<readonly unknown[]>;

/** How tables are made that a store needs, and whether they are there. */
export interface Layout {
  isLaidOut(query: Query, tables: Tables): Promise<boolean>;
  layOut(query: Query, tables: Tables): Promise<void>;
}

export interface DatabaseOptions {
  /** Opens the pool, or gives the one that belongs to somebody else. */
  readonly pool: () => Promise<PostgresPool & { end?(): Promise<void> }>;
  readonly isOwn: boolean;
  readonly tables: Tables;
  /** Whose errors these are. Default `"PostgresCheckpointer"`. */
  readonly owner?: string;
  /** How long the server may take for a connection, and for a statement. Default 30,000. */
  readonly timeoutMs?: number;
  /** Default: that of threads. */
  readonly layout?: Layout;
}

/** Times that a statement is run which others get in the way of. */
const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 5;
const TIMEOUT_MS = 30_000;
/** How long the server may take to cancel what is under way when the store is closed. */
const CLOSE_PATIENCE_MS = 2_000;

/**
 * Makes the commit of this transaction wait for the disk where the server is set not to; a stronger setting stays. To be
 * selected by whatever writes.
 */
export const DURABLY =
  "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END";

/** Errors of a connection reach whoever waits for it; nobody else needs to hear of them. */
const ignore = (): void => undefined;

export class Database {
  readonly tables: Tables;
  readonly #options: DatabaseOptions;
  readonly #owner: string;
  /** Connections in use, and how to take each away from its user. */
  readonly #lent = new Map<PostgresClient, () => void>();
  /** Those who wait for a connection, to be told on close: the pool would leave them waiting. */
  readonly #waiting = new Set<() => void>();
  #returned: PromiseWithResolvers<void> | undefined;
  #pool: Promise<Awaited<ReturnType<DatabaseOptions["pool"]>>> | undefined;
  #ready: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#owner = options.owner ?? "PostgresCheckpointer";
    this.tables = options.tables;
  }

  /** One statement, which is a transaction of its own. */
  readonly query: Query = async (text, values) => {
    await this.#prepare();
    return await this.#insist(async (query) => await query(text, values));
  };

  /** Statements that all count or none; `work` may be run again from its beginning. */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    await this.#prepare();
    return await this.#transaction(work);
  }

  /** Cancels what is under way, and lets go of every connection. */
  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #end(): Promise<void> {
    for (const giveUp of this.#waiting) giveUp();
    const pool = await this.#pool?.catch(() => undefined);
    if (pool === undefined) return;
    await Promise.all([...this.#lent.keys()].map(cancelStatement));
    const patience = Promise.withResolvers<void>();
    const takeAway = setTimeout(() => {
      for (const take of this.#lent.values()) take();
      patience.resolve();
    }, CLOSE_PATIENCE_MS);
    this.#returned = Promise.withResolvers();
    if (this.#lent.size > 0) await this.#returned.promise;
    // A server that lets nobody in keeps the pool from its end: that comes when it has given up connecting.
    if (this.#options.isOwn) await Promise.race([pool.end?.(), patience.promise]);
    else pool.off("error", ignore);
    clearTimeout(takeAway);
  }

  /** Makes the tables, once; after a failure the next one tries again. */
  async #prepare(): Promise<void> {
    this.#ready ??= this.#layOut();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  async #layOut(): Promise<void> {
    const layout = this.#options.layout ?? { isLaidOut, layOut };
    const isThere = await this.#insist(async (query) => await layout.isLaidOut(query, this.tables));
    if (!isThere) await this.#transaction(async (query) => await layout.layOut(query, this.tables));
  }

  async #transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return await this.#insist(async (query) => {
      await query("BEGIN ISOLATION LEVEL READ COMMITTED");
      try {
        const result = await work(query);
        await query("COMMIT");
        return result;
      } catch (error) {
        // Where it fails as well, so has the connection, and it is not kept.
        await query("ROLLBACK");
        throw error;
      }
    });
  }

  async #insist<T>(work: (query: Query) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#lend(work);
      } catch (error) {
        if (error instanceof LocusError) throw error;
        if (this.#closed !== undefined) throw closedError(this.#owner, error);
        if (!isContention(error) || attempt === MAX_ATTEMPTS) throw failureOf(error, this.#owner);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * BACKOFF_MS * 2 ** attempt));
    }
  }

  async #lend<T>(work: (query: Query) => Promise<T>): Promise<T> {
    this.#refuseIfClosed();
    this.#pool ??= this.#open();
    const pool = await this.#pool.catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    this.#refuseIfClosed();
    const client = await this.#connect(pool);
    client.on("error", ignore);
    let isLent = true;
    const giveBack = (broken: boolean): void => {
      if (!isLent) return;
      isLent = false;
      this.#lent.delete(client);
      // Closed at once where it is broken: then nothing listens to it any more.
      if (!broken) client.off("error", ignore);
      client.release(broken);
      if (this.#lent.size === 0) this.#returned?.resolve();
    };
    this.#lent.set(client, () => giveBack(true));
    let broken: { readonly by: unknown } | undefined;
    try {
      return await work(async (text, values) => {
        this.#refuseIfClosed();
        if (broken !== undefined) throw broken.by;
        try {
          return (await this.#inTime(client.query(text, values), () => cancelStatement(client))).rows ?? [];
        } catch (error) {
          if (!isAnswer(error)) broken = { by: error };
          throw error;
        }
      });
    } finally {
      giveBack(broken !== undefined || this.#closed !== undefined);
    }
  }

  async #connect(pool: PostgresPool): Promise<PostgresClient> {
    const { promise, resolve, reject } = Promise.withResolvers<PostgresClient>();
    const giveUp = (): void => reject(closedError(this.#owner));
    this.#waiting.add(giveUp);
    let isWanted = true;
    try {
      pool.connect().then((client) => {
        if (isWanted && this.#closed === undefined) return resolve(client);
        client.release(this.#closed !== undefined);
        // Closed before anybody waited: then nobody has said so yet.
        giveUp();
      }, reject);
      return await this.#inTime(promise);
    } finally {
      isWanted = false;
      this.#waiting.delete(giveUp);
    }
  }

  /** What comes of `answer`, unless it takes too long; then `giveUp` is done before that is told. */
  async #inTime<T>(answer: Promise<T>, giveUp?: () => Promise<void>): Promise<T> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const late = Promise.withResolvers<never>();
    // A turn later: where this process was busy for so long, the answer may be there.
    const timer = setTimeout(() => setImmediate(() => late.reject(timeoutError(timeoutMs))), timeoutMs);
    try {
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      // What is cancelled does not go on behind the back of who was told that it took too long.
      if (error instanceof LocusError) await giveUp?.();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(): Promise<Awaited<ReturnType<DatabaseOptions["pool"]>>> {
    const pool = await this.#options.pool();
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    pool.on("error", ignore);
    return pool;
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw closedError(this.#owner);
  }
}

function closedError(owner: string, cause?: unknown): CheckpointError {
  return new CheckpointError(`the ${owner} is closed`, {
    code: "checkpoint_closed",
    hint: "Close it when the last run is over.",
    ...(cause === undefined ? {} : { cause }),
  });
}
