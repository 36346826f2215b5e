/**
 * A stand-in for `oracledb` that carries out this store's statements, and no others, on SQLite. It writes down every statement and
 * its binds, and is as strict as the database where that matters: binds by name, all of them and no more; sizes of RAW and
 * VARCHAR2; the empty value that is NULL; errors by their numbers; transactions that only one connection has at a time.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Bind, OracleConnection, OracleDriver } from "../../src/oracle/driver.ts";
import { LEFT_MS } from "../../src/oracle/statements.ts";

export interface Executed {
  readonly sql: string;
  readonly binds: Readonly<Record<string, Bind>>;
}

export interface FakeOracle {
  readonly driver: OracleDriver;
  readonly executed: readonly Executed[];
  /** The SQLite database behind it. */
  readonly storage: DatabaseSync;
  /** What the pools were made with. */
  readonly pools: readonly object[];
  openConnections: number;
  characterSet: string;
  /** The next statement that contains this fails with the error, before or after it is carried out. */
  failNext: { readonly part: string; readonly error: Error; readonly when: "before" | "after" } | undefined;
}

export function oracleError(number: number, text: string): Error {
  const code = `ORA-${String(number).padStart(5, "0")}`;
  return Object.assign(new Error(`${code}: ${text}`), { errorNum: number, code });
}

const TYPES = {
  DB_TYPE_CLOB: "CLOB",
  DB_TYPE_BLOB: "BLOB",
  DB_TYPE_RAW: "RAW",
  DB_TYPE_VARCHAR: "VARCHAR",
  OUT_FORMAT_OBJECT: 4002,
} as const;

/** From Oracle's words to SQLite's, in this order. */
const TRANSLATIONS: readonly (readonly [string | RegExp, string])[] = [
  [LEFT_MS, "(expires_at - now_ms())"],
  ["SYS_EXTRACT_UTC(SYSTIMESTAMP)", "now_ms()"],
  ["NUMTODSINTERVAL(:lease_ms / 1000, 'SECOND')", ":lease_ms"],
  ["NUMTODSINTERVAL(1, 'DAY')", "86400000"],
  [/FETCH FIRST :page ROWS ONLY/, "LIMIT :page"],
  [/ FOR UPDATE$/, ""],
  [/\w+fences\.NEXTVAL/, "next_fence()"],
  [/ FROM dual/, ""],
  ["nls_database_parameters", "(SELECT 'NLS_CHARACTERSET' AS parameter, character_set() AS value)"],
  [/\bRAW\(\d+\)/g, "BLOB"],
  [/\bVARCHAR2\(\d+\)|\bCLOB\b/g, "TEXT"],
  [/\bNUMBER\(\d+\)|\bTIMESTAMP\(6\)/g, "INTEGER"],
  [/CREATE SEQUENCE (\w+) NOCACHE ORDER/, "CREATE TABLE $1 (unused INTEGER)"],
];

/** Sizes in bytes of what is bound as RAW or VARCHAR2. */
const SIZES: Readonly<Record<string, number>> = {
  digest: 32,
  after_digest: 32,
  life: 16,
  id_head: 1_000,
  first_head: 1_000,
  last_head: 1_000,
  after_head: 1_000,
  created_at: 64,
  updated_at: 64,
};

export function fakeOracle(): FakeOracle {
  const storage = new DatabaseSync(":memory:");
  const executed: Executed[] = [];
  const pools: object[] = [];
  let fence = 0;
  storage.exec("PRAGMA foreign_keys = ON");
  storage.function("now_ms", { directOnly: false }, () => Date.now());
  storage.function("next_fence", () => ++fence);
  storage.function("character_set", () => fake.characterSet);
  const turns = new Turns();
  const connect = async (): Promise<OracleConnection> => {
    fake.openConnections += 1;
    return new FakeConnection(fake, executed, turns);
  };
  const driver: OracleDriver = {
    ...TYPES,
    createPool: async (attributes) => {
      pools.push(attributes);
      return { getConnection: connect, close: async () => undefined };
    },
  };
  const fake: FakeOracle = {
    driver,
    executed,
    storage,
    pools,
    openConnections: 0,
    characterSet: "AL32UTF8",
    failNext: undefined,
  };
  return fake;
}

/** One connection has the storage at a time: from its first change to its commit. */
class Turns {
  #last: Promise<void> = Promise.resolve();

  async take(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = promise;
    await before;
    return resolve;
  }
}

class FakeConnection implements OracleConnection {
  readonly #fake: FakeOracle;
  readonly #executed: Executed[];
  readonly #turns: Turns;
  #release: (() => void) | undefined;
  #isClosed = false;

  constructor(fake: FakeOracle, executed: Executed[], turns: Turns) {
    this.#fake = fake;
    this.#executed = executed;
    this.#turns = turns;
  }

  async execute(sql: string, binds: Record<string, Bind>): ReturnType<OracleConnection["execute"]> {
    if (this.#isClosed) throw Object.assign(new Error("NJS-003: invalid connection"), { code: "NJS-003" });
    this.#executed.push({ sql, binds });
    const values = sqliteBinds(sql, binds);
    const isAlone =
      this.#release === undefined && sql.startsWith("SELECT") && !/FOR UPDATE|NEXTVAL/.test(sql);
    const done = isAlone ? await this.#turns.take() : undefined;
    if (!isAlone) await this.#begin();
    try {
      this.#fail(sql, "before");
      const result = this.#run(sql, values);
      this.#fail(sql, "after");
      // Definitions of tables commit whatever there is.
      if (sql.startsWith("CREATE")) await this.commit();
      return result;
    } finally {
      done?.();
    }
  }

  async commit(): Promise<void> {
    this.#end("COMMIT");
    this.#fail("COMMIT", "after");
  }

  async rollback(): Promise<void> {
    this.#end("ROLLBACK");
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fake.openConnections -= 1;
    this.#end("ROLLBACK");
  }

  #run(sql: string, values: Record<string, SQLInputValue>): Awaited<ReturnType<OracleConnection["execute"]>> {
    let text = sql;
    for (const [words, others] of TRANSLATIONS)
      text = text.replaceAll(words instanceof RegExp ? new RegExp(words, "g") : words, others);
    try {
      const statement = this.#fake.storage.prepare(text);
      if (!sql.startsWith("SELECT")) return { rowsAffected: Number(statement.run(values).changes) };
      const rows = statement
        .all(values)
        .map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value])),
        );
      return { rows };
    } catch (error) {
      throw translated(error);
    }
  }

  async #begin(): Promise<void> {
    if (this.#release !== undefined) return;
    this.#release = await this.#turns.take();
    this.#fake.storage.exec("BEGIN");
  }

  #end(how: "COMMIT" | "ROLLBACK"): void {
    const release = this.#release;
    this.#release = undefined;
    if (release === undefined) return;
    this.#fake.storage.exec(how);
    release();
  }

  #fail(sql: string, when: "before" | "after"): void {
    const failure = this.#fake.failNext;
    if (failure === undefined || failure.when !== when || !sql.includes(failure.part)) return;
    this.#fake.failNext = undefined;
    throw failure.error;
  }
}

function sqliteBinds(sql: string, binds: Record<string, Bind>): Record<string, SQLInputValue> {
  const wanted = new Set([...sql.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => name));
  for (const name of wanted)
    if (!(name in binds)) throw oracleError(1008, `not all variables bound: ${name}`);
  const values: Record<string, SQLInputValue> = {};
  for (const [name, bind] of Object.entries(binds)) {
    if (!wanted.has(name))
      throw Object.assign(new Error(`NJS-097: no bind placeholder named: ${name}`), { code: "NJS-097" });
    const isTyped = bind !== null && typeof bind === "object" && !(bind instanceof Uint8Array);
    const value = isTyped ? bind.val : bind;
    const isLarge = isTyped && (bind.type === "CLOB" || bind.type === "BLOB");
    const bytes = typeof value === "string" || value instanceof Uint8Array ? Buffer.byteLength(value) : 0;
    if (!isLarge && bytes > (SIZES[name] ?? 0)) throw oracleError(12_899, `value too large for ${name}`);
    // An empty text and no bytes are NULL.
    const isEmpty = value === "" || (value instanceof Uint8Array && bytes === 0);
    values[name] = isEmpty ? null : value;
  }
  return values;
}

function translated(error: unknown): unknown {
  const text = error instanceof Error ? error.message : "";
  if (/UNIQUE constraint failed/.test(text)) return oracleError(1, "unique constraint violated");
  if (/already exists/.test(text)) return oracleError(955, "name is already used by an existing object");
  if (/no such table/.test(text)) return oracleError(942, "table or view does not exist");
  if (/NOT NULL constraint failed/.test(text)) return oracleError(1400, "cannot insert NULL");
  if (/FOREIGN KEY constraint failed/.test(text)) return oracleError(2291, "parent key not found");
  return error;
}
