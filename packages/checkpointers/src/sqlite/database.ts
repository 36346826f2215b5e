/** The database as the stores in it share it: statements made once, short transactions, and waiting without blocking. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { closedError, isBusy, storeFailure } from "./failures.ts";
import { type OpenOptions, openFile } from "./open.ts";

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Statements, run in the transaction that they are handed out for. The text of one is a constant: each is kept. */
export interface Statements {
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[];
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined;
  /** One row at a time; to be read or left before anything is awaited. */
  iterate(sql: string, ...values: readonly SQLInputValue[]): Iterable<Row>;
  /** @returns How many rows it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number;
}

export interface DatabaseOptions extends OpenOptions {
  /** How long to wait for another process that is writing. */
  readonly busyTimeoutMs: number;
}

const LONGEST_WAIT_MS = 20;

/**
 * One connection, opened when it is first needed. `node:sqlite` does its work within the call, so no two transactions of it are
 * ever under way at once; for those of other processes it waits without blocking this one.
 */
export class SqliteDatabase implements Statements {
  readonly #options: DatabaseOptions;
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync | undefined;
  #isClosed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** Does `work` without a transaction: each statement sees the database as it is. */
  async read<T>(action: string, work: (statements: Statements) => T): Promise<T> {
    return await this.#insist(action, () => work(this));
  }

  /** Does `work` in a transaction that no other writer comes into: all of it is stored and durable, or nothing. */
  async write<T>(action: string, work: (statements: Statements) => T): Promise<T> {
    return await this.#insist(action, () => {
      this.run("BEGIN IMMEDIATE");
      try {
        const result = work(this);
        this.run("COMMIT");
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#statements.clear();
    const database = this.#database;
    this.#database = undefined;
    database?.close();
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  iterate(sql: string, ...values: readonly SQLInputValue[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values);
  }

  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // Some failures, a full disk for one, have ended the transaction themselves.
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#database === undefined) throw closedError("run a statement", this.#options.path);
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Tries again, as long as it may, while another process is at work. */
  async #insist<T>(action: string, work: () => T): Promise<T> {
    const { busyTimeoutMs, path } = this.#options;
    const deadline = performance.now() + busyTimeoutMs;
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (this.#isClosed) throw closedError(action, path);
      try {
        this.#database ??= openFile(this.#options);
        return work();
      } catch (error) {
        const leftMs = deadline - performance.now();
        if (!isBusy(error) || leftMs <= 0) throw storeFailure(error, action, path);
        await sleep(Math.min(leftMs, waitMs * (0.5 + Math.random() / 2)));
      }
    }
  }
}
