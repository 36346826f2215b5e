/** Connections: one for each piece of work, the tables made before the first, and transactions that end either way. */
import { CheckpointError, ConfigurationError, LocusError, SchemaVersionError } from "@locus-sdk/core";
import { z } from "zod";
import {
  type Bind,
  errorNumber,
  failureOf,
  NAME_IN_USE,
  NO_SUCH_TABLE,
  type OracleConnection,
  type OracleDriver,
  type OraclePool,
  UNIQUE_VIOLATED,
} from "./driver.ts";
import { CREATION, type StatementName, type Statements } from "./statements.ts";

/** A text or bytes of any length. */
export interface Large {
  readonly large: string | Uint8Array;
}
export type Value = string | number | null | Uint8Array | Large;
export const large = (value: string | Uint8Array): Large => ({ large: value });

export interface Reader {
  rows(name: StatementName, values?: Readonly<Record<string, Value>>): Promise<readonly unknown[]>;
}
/** Statements on one connection. */
export interface Session extends Reader {
  /** How many rows it changed. */
  change(name: StatementName, values?: Readonly<Record<string, Value>>): Promise<number>;
}

export interface Connected {
  readonly driver: OracleDriver;
  readonly pool: OraclePool;
  readonly close: () => Promise<void>;
}

/** Grows with every change of the tables. */
const LAYOUT_VERSION = 1;

export class Database implements Reader {
  readonly #connect: () => Promise<Connected>;
  readonly #statements: Statements;
  #connected: Promise<Connected> | undefined;
  #isClosed = false;

  constructor(connect: () => Promise<Connected>, statements: Statements) {
    this.#connect = connect;
    this.#statements = statements;
  }

  checkOpen(): void {
    if (!this.#isClosed) return;
    throw new CheckpointError("the checkpointer is closed", { code: "checkpoint_closed" });
  }

  /** On a connection that is given back at once: whoever reads page by page holds none in between. */
  async rows(name: StatementName, values?: Readonly<Record<string, Value>>): Promise<readonly unknown[]> {
    return await this.#withConnection(
      async (connection, driver) => await this.#session(connection, driver).rows(name, values),
    );
  }

  /** All of its statements are carried out, or none is. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#withConnection(async (connection, driver) => {
      try {
        const result = await work(this.#session(connection, driver));
        await connection.commit();
        return result;
      } catch (error) {
        // Where the connection is gone, so is its transaction.
        await connection.rollback().catch(() => undefined);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connected = await this.#connected?.catch(() => undefined);
    this.#connected = undefined;
    await connected?.close();
  }

  #session(connection: OracleConnection, driver: OracleDriver): Session {
    const execute = async (name: StatementName, values: Readonly<Record<string, Value>> = {}) => {
      const options = { outFormat: driver.OUT_FORMAT_OBJECT, fetchInfo: fetchInfo(driver, name) };
      return await connection.execute(this.#statements[name], bindsOf(driver, values), options);
    };
    return {
      rows: async (name, values) => (await execute(name, values)).rows ?? [],
      change: async (name, values) => (await execute(name, values)).rowsAffected ?? 0,
    };
  }

  async #withConnection<T>(
    work: (connection: OracleConnection, driver: OracleDriver) => Promise<T>,
  ): Promise<T> {
    this.checkOpen();
    try {
      this.#connected ??= this.#begin();
      const { pool, driver } = await this.#connected.catch((error: unknown) => {
        this.#connected = undefined;
        throw error;
      });
      const connection = await pool.getConnection();
      try {
        return await work(connection, driver);
      } finally {
        await connection.close().catch(() => undefined);
      }
    } catch (error) {
      if (error instanceof LocusError) throw error;
      throw failureOf(error);
    }
  }

  async #begin(): Promise<Connected> {
    const connected = await this.#connect();
    try {
      const connection = await connected.pool.getConnection();
      try {
        await layOut(this.#session(connection, connected.driver));
        await connection.commit();
      } finally {
        await connection.close().catch(() => undefined);
      }
      return connected;
    } catch (error) {
      await connected.close().catch(() => undefined);
      throw error;
    }
  }
}

/** What large values come as; the names of columns are as the database has them. */
function fetchInfo(driver: OracleDriver, name: StatementName): object {
  const texts = { FACTS: { type: driver.DB_TYPE_VARCHAR }, ID: { type: driver.DB_TYPE_RAW } };
  const payload = { PAYLOAD: { type: driver.DB_TYPE_VARCHAR } };
  return name === "batches" || name === "snapshot" ? payload : texts;
}

function bindsOf(driver: OracleDriver, values: Readonly<Record<string, Value>>): Record<string, Bind> {
  const bindOf = (value: Value): Bind => {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
    const type = typeof value.large === "string" ? driver.DB_TYPE_CLOB : driver.DB_TYPE_BLOB;
    return { val: value.large, type };
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, bindOf(value)]));
}

const layoutRow = z.object({ VERSION: z.int() });
const characterSetRow = z.object({ VALUE: z.string() });

/** Makes the tables where they are not there; any number of processes may do so at once, and any may die on the way. */
async function layOut(session: Session): Promise<void> {
  const found = await tolerating([NO_SUCH_TABLE], async () => await session.rows("layout"));
  const [row] = found ?? [];
  if (row === undefined) {
    const [set] = await session.rows("characterSet");
    const { VALUE: characterSet } = characterSetRow.parse(set);
    if (characterSet !== "AL32UTF8") {
      throw new ConfigurationError(`OracleCheckpointer needs a database in AL32UTF8, not ${characterSet}`, {
        hint: "Threads hold any Unicode text, which other character sets cannot keep.",
      });
    }
    for (const name of CREATION) await tolerating([NAME_IN_USE], async () => await session.change(name));
    // Last, so that it is there once all else is.
    await tolerating(
      [UNIQUE_VIOLATED],
      async () => await session.change("insertLayout", { version: LAYOUT_VERSION }),
    );
    return;
  }
  const { VERSION: version } = layoutRow.parse(row);
  if (version <= LAYOUT_VERSION) return;
  throw new SchemaVersionError(
    `the tables have layout ${version}; this version of Locus knows up to ${LAYOUT_VERSION}`,
    { hint: "Update @locus-sdk/checkpointers to the version that made the tables, or a later one." },
  );
}

/** `undefined` where it fails with one of these numbers. */
export async function tolerating<T>(
  numbers: readonly number[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const number = errorNumber(error);
    if (number !== undefined && numbers.includes(number)) return undefined;
    throw error;
  }
}
