import {
  CheckpointConflictError,
  ConfigurationError,
  type DurableEvent,
  SchemaVersionError,
} from "@locus-sdk/core";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import oracledb from "oracledb";
import { beforeEach, describe, expect, it } from "vitest";
import { type FakeOracle, fakeOracle, oracleError } from "../../test/servers/oracle-driver.ts";
import { OracleCheckpointer, type OracleCheckpointerOptions } from "./index.ts";
import { CREATION, statements } from "./statements.ts";

const open = ({ driver }: FakeOracle, rest: Partial<OracleCheckpointerOptions> = {}): OracleCheckpointer =>
  new OracleCheckpointer({
    driver,
    connectString: "localhost/FREEPDB1",
    user: "agents",
    snapshotEvery: 10,
    ...rest,
  });

describeCheckpointer(
  "OracleCheckpointer, on a recording driver",
  () => {
    const oracle = fakeOracle();
    return {
      checkpointer: open(oracle),
      reopen: () => open(oracle),
      leaseStore: (leaseMs) => open(oracle, { leaseMs }),
      withTtl: (ttlMs) => open(oracle, { ttlMs }),
      withEncryption: (encryption) => open(oracle, { encryption }),
      plant: async (threadId, schemaVersion, events) => {
        await open(oracle).append(threadId, 0, events);
        for (const table of ["locus_threads", "locus_batches"]) {
          oracle.storage.prepare(`UPDATE ${table} SET schema_version = ?`).run(schemaVersion);
        }
      },
      dump: () =>
        ["threads", "batches", "snapshots", "leases"]
          .flatMap((table) => oracle.storage.prepare(`SELECT * FROM locus_${table}`).all())
          .map((row) => Object.values(row).map(String).join("\n"))
          .join("\n"),
      dispose: () => oracle.storage.close(),
    };
  },
  {
    offers: [
      ...(["acquire", "close", "dump", "leaseStore", "plant", "reopen"] as const),
      ...(["snapshotEvery", "vacuum", "withEncryption", "withTtl"] as const),
    ],
  },
);

let oracle: FakeOracle;
beforeEach(() => {
  oracle = fakeOracle();
});

const note = (sequence: number, text = `note ${sequence}`, threadId = "t"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  message: { role: "user", content: text },
  origin: "test",
});
async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("the statements", () => {
  it("are those of one table, with every value bound", async () => {
    const store = open(oracle);
    const hostile = "'; DROP TABLE locus_threads; --";
    await store.append(hostile, 0, [note(1, hostile, hostile)]);
    await store.fork(hostile, 1, `${hostile} copy`);
    await store.acquire(hostile);
    await collect(store.list({ prefix: hostile, after: hostile, metadata: { [hostile]: hostile } }));
    await store.vacuum({ rekey: true });
    await store.delete(hostile);
    const known = new Set(Object.values(statements("locus_")));
    expect(oracle.executed.length).toBeGreaterThan(20);
    for (const { sql } of oracle.executed) expect(known, sql).toContain(sql);
    for (const { sql } of oracle.executed) expect(sql).not.toContain("DROP");
  });

  it("hold no literal but Oracle's own words and numbers", () => {
    const literals = Object.values(statements("p_")).flatMap((sql) =>
      [...sql.matchAll(/'[^']*'/g)].map(([text]) => text),
    );
    expect(new Set(literals)).toEqual(new Set(["'NLS_CHARACTERSET'", "'SECOND'", "'DAY'"]));
    for (const sql of Object.values(statements("p_"))) {
      expect(sql).not.toContain(";");
      expect(sql.split("(").length, sql).toBe(sql.split(")").length);
    }
  });

  it("bind no name that Oracle reserves", () => {
    const reserved =
      /^(access|add|all|alter|and|any|as|asc|audit|between|by|char|check|cluster|column|comment|compress|connect|create|current|date|decimal|default|delete|desc|distinct|drop|else|exclusive|exists|file|float|for|from|grant|group|having|identified|immediate|in|increment|index|initial|insert|integer|intersect|into|is|level|like|lock|long|maxextents|minus|mode|modify|noaudit|nocompress|not|nowait|null|number|of|offline|on|online|option|or|order|pctfree|prior|public|raw|rename|resource|revoke|row|rowid|rownum|rows|select|session|set|share|size|smallint|start|successful|synonym|sysdate|table|then|to|trigger|uid|union|unique|update|user|validate|values|varchar|varchar2|view|whenever|where|with)$/;
    for (const sql of Object.values(statements("p_"))) {
      for (const [, name = ""] of sql.matchAll(/:([a-z_]+)/g)) expect(name).not.toMatch(reserved);
    }
  });

  it("bind what is large as a LOB, and hashes and the beginnings of ids as bytes", async () => {
    const id = "é".repeat(3_000);
    await open(oracle).append(id, 0, [note(1, "x".repeat(100_000), id)]);
    const inserted = oracle.executed.find(({ sql }) => sql === statements("locus_").insertThread)?.binds;
    expect(inserted).toMatchObject({ id: { type: "BLOB" }, facts: { type: "CLOB" }, version: 1 });
    expect(inserted?.id_head).toHaveLength(1_000);
    expect(inserted?.digest).toHaveLength(32);
    const batch = oracle.executed.find(({ sql }) => sql === statements("locus_").insertBatch)?.binds;
    expect(batch).toMatchObject({ payload: { type: "CLOB" }, first_sequence: 1, last_sequence: 1 });
  });

  it("compare the version where they change it", async () => {
    const store = open(oracle);
    await store.append("t", 0, [note(1)]);
    oracle.storage.exec(
      "CREATE TRIGGER racing BEFORE UPDATE ON locus_threads BEGIN SELECT RAISE(IGNORE); END",
    );
    await expect(store.append("t", 1, [note(2)])).rejects.toBeInstanceOf(CheckpointConflictError);
    expect((await store.read("t"))?.events).toEqual([note(1)]);
  });

  it("use names that the real driver has", () => {
    for (const name of [
      "DB_TYPE_CLOB",
      "DB_TYPE_BLOB",
      "DB_TYPE_RAW",
      "DB_TYPE_VARCHAR",
      "OUT_FORMAT_OBJECT",
    ] as const) {
      expect(oracledb[name]).toBeDefined();
    }
  });
});

describe("the tables", () => {
  it("are made once, by any number of processes at once", async () => {
    await Promise.all(
      [1, 2, 3].map(async (index) => await open(oracle).append(`t${index}`, 0, [note(1, "x", `t${index}`)])),
    );
    const again = open(oracle);
    const before = oracle.executed.length;
    expect(await collect(again.list())).toHaveLength(3);
    expect(oracle.executed.slice(before).some(({ sql }) => sql.startsWith("CREATE"))).toBe(false);
  });

  it("are made to their end after a process that died on the way", async () => {
    for (const name of CREATION) {
      oracle = fakeOracle();
      const sql = statements("locus_")[name];
      oracle.failNext = {
        part: sql,
        error: oracleError(3113, "end-of-file on communication channel"),
        when: "after",
      };
      await expect(open(oracle).read("t"), name).rejects.toMatchObject({ retryable: true });
      await open(oracle).append("t", 0, [note(1)]);
      expect((await open(oracle).read("t"))?.version, name).toBe(1);
    }
  });

  it("have the names that tablePrefix says, and are refused where they are of a later layout", async () => {
    await open(oracle, { tablePrefix: "Team1_" }).append("t", 0, [note(1)]);
    expect(await open(oracle).read("t")).toBeUndefined();
    oracle.storage.exec("UPDATE locus_layout SET version = 9");
    await expect(open(oracle).read("t")).rejects.toBeInstanceOf(SchemaVersionError);
  });

  it("are not made in a character set that cannot keep every text", async () => {
    oracle.characterSet = "WE8MSWIN1252";
    await expect(open(oracle).read("t")).rejects.toThrow(/AL32UTF8.*WE8MSWIN1252/);
  });
});

describe("an append to Oracle Database", () => {
  it("leaves nothing behind where any of its statements fails", async () => {
    const sql = statements("locus_");
    const store = open(oracle);
    await store.append("t", 0, [note(1)]);
    for (const part of [sql.updateThread, sql.insertBatch]) {
      oracle.failNext = { part, error: oracleError(1653, "unable to extend table"), when: "after" };
      const failed = store.append("t", 1, [note(2)]);
      await expect(failed).rejects.toThrow(/ORA-01653/);
      await expect(failed).rejects.toMatchObject({ retryable: false });
    }
    expect((await store.read("t"))?.version).toBe(1);
    expect(oracle.openConnections).toBe(0);
  });

  it("whose commit was not heard of may be stored, and is not done twice", async () => {
    const store = open(oracle);
    await store.read("t");
    oracle.failNext = {
      part: "COMMIT",
      error: oracleError(3113, "end-of-file on communication channel"),
      when: "after",
    };
    await expect(store.append("t", 0, [note(1)])).rejects.toMatchObject({
      retryable: true,
      hint: /read again/,
    });
    await expect(store.append("t", 0, [note(1)])).rejects.toBeInstanceOf(CheckpointConflictError);
    expect((await store.read("t"))?.version).toBe(1);
  });

  it("may be tried again after a deadlock", async () => {
    const store = open(oracle);
    oracle.failNext = { part: "FOR UPDATE", error: oracleError(60, "deadlock detected"), when: "before" };
    await expect(store.append("t", 0, [note(1)])).rejects.toMatchObject({ retryable: true });
    await store.append("t", 0, [note(1)]);
  });
});

describe("OracleCheckpointer", () => {
  it("opens no connection before it is used, and gives every one back", async () => {
    const store = open(oracle, { password: "hunter2", maxConnections: 3 });
    expect(oracle.pools).toEqual([]);
    await store.append("t", 0, [note(1)]);
    expect(oracle.pools).toMatchObject([{ user: "agents", password: "hunter2", poolMax: 3 }]);
    for await (const _ of store.events("t")) expect(oracle.openConnections).toBe(0);
  });

  it("leaves a given pool open", async () => {
    let closed = 0;
    const own = await oracle.driver.createPool({});
    const pool = {
      getConnection: async () => await own.getConnection(),
      close: async () => {
        closed += 1;
      },
    };
    const store = new OracleCheckpointer({ driver: oracle.driver, pool });
    await store.append("t", 0, [note(1)]);
    await store.close();
    expect(closed).toBe(0);
  });

  it("refuses what it cannot use", () => {
    const good = { connectString: "localhost/FREEPDB1", user: "agents", password: "hidden" };
    for (const [options, what] of [
      [{}, /connectString and user, or a pool/],
      [{ connectString: "localhost" }, /connectString and user/],
      [{ ...good, tablePrefix: "a b" }, /tablePrefix/],
      [{ ...good, tablePrefix: "x; DROP" }, /tablePrefix/],
      [{ ...good, maxConnections: 0 }, /maxConnections/],
      [{ ...good, usr: "a" }, /usr/],
    ] as const) {
      const make = (): OracleCheckpointer => new OracleCheckpointer(options as OracleCheckpointerOptions);
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(what);
      expect(make).not.toThrow(/hidden/);
    }
  });

  it("finds no database where none answers, and says so without the password", async () => {
    const store = new OracleCheckpointer({
      connectString: "127.0.0.1:1/none",
      user: "agents",
      password: "hidden",
    });
    const error = await store.read("t").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "CheckpointError", retryable: true });
    expect(String(error)).not.toContain("hidden");
    await store.close();
  });
});
