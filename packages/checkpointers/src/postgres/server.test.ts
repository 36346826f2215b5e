/** What PostgreSQL itself may do to its store: connections that break, statements that hang, schemas of other versions. */
import { randomBytes } from "node:crypto";
import {
  CheckpointError,
  ConfigurationError,
  type DurableEvent,
  emptyState,
  SchemaVersionError,
} from "@locus-sdk/core";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { itSharesThreads, itSurvivesKills, type SharedStore } from "../../test/processes.ts";
import { everythingOf, startProxy } from "../../test/proxy.ts";
import { PostgresCheckpointer, type PostgresCheckpointerOptions } from "./postgres.ts";

const connectionString = process.env.LOCUS_TEST_POSTGRES_URL ?? "";

const PATIENCE = { timeout: 15_000, interval: 10 };
const TIMEOUT_MS = 60_000;

const note = (threadId: string, sequence: number, text = "x"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: new Date().toISOString(),
  origin: "test",
  message: { role: "user", content: text },
});
const start = (threadId: string, metadata: Record<string, string>): DurableEvent => ({
  ...note(threadId, 1),
  type: "run_start",
  schemaVersion: 1,
  agent: "tester",
  input: [],
  metadata,
});

describe("a PostgresCheckpointer's options", () => {
  it("are one address or one pool, and nothing that it does not know", () => {
    const refused: readonly Record<string, unknown>[] = [
      {},
      { connectionString: "" },
      { connectionString: "postgres://localhost", pool: new pg.Pool() },
      { pool: new pg.Pool(), maxConnections: 3 },
      { connectionString: "postgres://localhost", maxConnections: 0 },
      { connectionString: "postgres://localhost", leaseMs: 0 },
      { connectionString: "postgres://localhost", timeoutMs: 0 },
      { connectionString: "postgres://localhost", schema: "" },
      { connectionString: "postgres://localhost", schema: "é".repeat(32) },
      { connectionString: "postgres://localhost", conectionString: "x" },
    ];
    for (const options of refused) {
      expect(() => new PostgresCheckpointer(options), JSON.stringify(Object.keys(options))).toThrow(
        ConfigurationError,
      );
    }
  });

  it("say which package is to be installed, when it is first needed", async () => {
    vi.doMock("pg", () => {
      throw new Error("Cannot find package 'pg'");
    });
    await using store = new PostgresCheckpointer({ connectionString: "postgres://localhost" });
    await expect(store.read("t")).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "driver_missing",
      hint: expect.stringContaining("npm install pg"),
    });
    vi.doUnmock("pg");
  });

  it("never show a password, whatever is wrong with the address", async () => {
    const secret = "hunter2secret";
    for (const address of [
      `postgres://locus:${secret}@127.0.0.1:1/db`,
      `postgres://locus:${secret}@:::1/db`,
      `postgres://locus:${secret}@127.0.0.1:99999/db`,
    ]) {
      await using store = new PostgresCheckpointer({ connectionString: address });
      const error = await store.read("t").catch((reason: unknown) => reason);
      expect(error, address).toBeInstanceOf(CheckpointError);
      expect(everythingOf(error), address).not.toContain(secret);
    }
  });
});

describe("a PostgresCheckpointer's address", () => {
  it("is a URL: what libpq would read is refused, and not shown", () => {
    const secret = "hunter2secret";
    for (const address of [`host=localhost password=${secret}`, `nonsense ${secret}`, ""]) {
      const make = (): PostgresCheckpointer => new PostgresCheckpointer({ connectionString: address });
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(/must be a URL/);
      expect(make).not.toThrow(secret);
    }
  });
});

// Where there is no server, postgres.test.ts says so.
const describeServer = connectionString === "" ? () => undefined : describe;

describeServer("a PostgresCheckpointer and its server", { timeout: TIMEOUT_MS }, () => {
  let schema: string;
  let admin: pg.Pool;
  beforeAll(() => {
    admin = new pg.Pool({ connectionString });
  });
  beforeEach(() => {
    schema = `test "it's" ${randomBytes(6).toString("hex")}`;
  });
  afterEach(async () => {
    await admin.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
  });
  afterAll(async () => {
    await admin.end();
  });
  const open = (options: Partial<PostgresCheckpointerOptions> = {}): PostgresCheckpointer =>
    new PostgresCheckpointer({ connectionString, schema, ...options });
  const table = (name: string): string => `${pg.escapeIdentifier(schema)}.${name}`;

  it("make the tables once, however many begin at the same time", async () => {
    const stores = Array.from({ length: 12 }, () => open());
    await Promise.all(
      stores.map(async (store, index) => await store.append(`t${index}`, 0, [note(`t${index}`, 1)])),
    );
    const { rows } = await admin.query(`SELECT version FROM ${table("layout")}`);
    expect(rows).toEqual([{ version: 1 }]);
    for (const store of stores) await store.close();
  });

  it("leave tables of a newer layout alone", async () => {
    await using first = open();
    await first.append("t", 0, [note("t", 1)]);
    await admin.query(`UPDATE ${table("layout")} SET version = 9`);
    await using second = open();
    await expect(second.append("t", 1, [note("t", 2)])).rejects.toThrow(SchemaVersionError);
    await expect(second.read("t")).rejects.toThrow(/layout 9\b.*up to 1\b/);
    await admin.query(`UPDATE ${table("layout")} SET version = 1`);
    expect((await second.read("t"))?.version).toBe(1);
  });

  it("need no right to make tables that are there", async () => {
    await using first = open();
    await first.append("t", 0, [note("t", 1)]);
    const role = `role_${randomBytes(6).toString("hex")}`;
    const name = pg.escapeIdentifier(schema);
    await admin.query(`CREATE ROLE ${role} LOGIN;
      GRANT USAGE ON SCHEMA ${name} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name} TO ${role};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${name} TO ${role}`);
    const url = new URL(connectionString);
    url.username = role;
    const second = open({ connectionString: url.href });
    await second.append("t", 1, [note("t", 2)]);
    expect(await second.acquire("t")).toHaveProperty("lease");
    await second.fork("t", 1, "copy");
    expect(await second.delete("t")).toBe(true);
    await second.close();
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("go on after their connections were cut, and have nobody else hear of it", async () => {
    const proxy = await startProxy(connectionString);
    await using store = open({ connectionString: proxy.url });
    await store.append("t", 0, [note("t", 1)]);
    proxy.cut();
    await vi.waitFor(async () => expect((await store.read("t"))?.version).toBe(1), PATIENCE);
    proxy.refuse = true;
    proxy.cut();
    for (const ask of [() => store.append("t", 1, [note("t", 2)]), () => store.fork("t", 1, "copy")]) {
      await expect(ask()).rejects.toMatchObject({
        name: "CheckpointError",
        code: "checkpoint_connection",
        retryable: true,
      });
    }
    proxy.refuse = false;
    await vi.waitFor(async () => await store.append("t", 1, [note("t", 2)]), PATIENCE);
    expect((await store.read("t"))?.version).toBe(2);
    await proxy.close();
  });

  it("say of a connection lost in the middle of a transaction that it was lost, and keep nothing of it", async () => {
    await using store = open();
    await store.append("t", 0, [note("t", 1)]);
    // The fork waits for a row that somebody else is making.
    const other = await admin.connect();
    await other.query("BEGIN");
    await other.query(`INSERT INTO ${table("threads")} (digest, id, version, schema_version, created_at, updated_at, updated_ms)
      SELECT sha256('copy'), 'copy', 1, 1, created_at, updated_at, updated_ms FROM ${table("threads")}`);
    const fork = store.fork("t", 1, "copy");
    const failed = expect(fork).rejects.toMatchObject({ code: "checkpoint_connection", retryable: true });
    const pid = await waitingStatement();
    await admin.query("SELECT pg_terminate_backend($1)", [pid]);
    await failed;
    await other.query("ROLLBACK");
    other.release();
    expect(await store.read("copy")).toBeUndefined();
    await store.fork("t", 1, "copy");
    expect((await store.read("copy"))?.version).toBe(1);
  });

  it("cancel on close what waits on the server, whose pool it may be, and give every connection back", async () => {
    const pool = new pg.Pool({ connectionString });
    for (const store of [open(), new PostgresCheckpointer({ pool, schema })]) {
      await store.delete("t");
      await store.append("t", 0, [note("t", 1)]);
      const other = await admin.connect();
      await other.query("BEGIN");
      await other.query(`SELECT FROM ${table("threads")} FOR UPDATE`);
      const append = store.append("t", 1, [note("t", 2)]);
      const refused = expect(append).rejects.toMatchObject({ code: "checkpoint_closed" });
      await waitingStatement();
      await store.close();
      await refused;
      // Had it only been forgotten here, the server would go on with it.
      await vi.waitFor(async () => expect(await waitingStatements()).toEqual([]), PATIENCE);
      await other.query("ROLLBACK");
      other.release();
      const { rows } = await admin.query(`SELECT version FROM ${table("threads")}`);
      expect(rows).toEqual([{ version: "1" }]);
    }
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    expect(pool.listenerCount("error")).toBe(0);
    expect(pool.idleCount).toBe(pool.totalCount);
    await pool.end();
    await vi.waitFor(async () => {
      const { rows } = await admin.query(
        "SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name = 'locus'",
      );
      expect(rows).toEqual([{ open: 0 }]);
    }, PATIENCE);
  });

  it("end on close also who waits for a connection, and what no server answers any more", async () => {
    const proxy = await startProxy(connectionString);
    const store = open({ connectionString: proxy.url, maxConnections: 1 });
    await store.append("t", 0, [note("t", 1)]);
    proxy.freeze();
    const asked = [store.read("t"), store.read("t"), store.append("t", 1, [note("t", 2)])];
    const refused = asked.map(
      async (ask) => await expect(ask).rejects.toMatchObject({ code: "checkpoint_closed" }),
    );
    await store.close();
    await Promise.all(refused);
    await proxy.close();
  });

  it("end on close also what was asked in the same moment, and the pool that came of it", async () => {
    const pools: pg.Pool[] = [];
    for (const later of [false, true]) {
      const pool = new pg.Pool({ connectionString });
      pools.push(pool);
      const store = later ? open() : new PostgresCheckpointer({ pool, schema });
      const asked = [store.read("t"), store.append("t", 0, [note("t", 1)]), store.acquire("t")];
      const closing = store.close();
      const outcomes = await Promise.allSettled(asked);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "checkpoint_closed" } });
      }
      await closing;
    }
    for (const pool of pools) {
      expect(pool.listenerCount("error")).toBe(0);
      await pool.end();
    }
    await vi.waitFor(async () => expect(await openConnections()).toBe(0), PATIENCE);
  });

  it("say of a server that is silent for timeoutMs that it is, and come back once it answers", async () => {
    const proxy = await startProxy(connectionString);
    await using store = open({ connectionString: proxy.url, timeoutMs: 300 });
    await store.append("t", 0, [note("t", 1)]);
    proxy.freeze();
    const silent = { name: "CheckpointError", code: "checkpoint_timeout", retryable: true };
    await expect(store.append("t", 1, [note("t", 2)])).rejects.toMatchObject(silent);
    // A new connection, which nobody lets in.
    await expect(store.fork("t", 1, "copy")).rejects.toMatchObject(silent);
    proxy.thaw();
    expect((await store.read("t"))?.version).toBe(1);
    await store.close();
    await proxy.close();
  });

  it("have the server give up what took longer than timeoutMs", async () => {
    await using store = open({ timeoutMs: 300 });
    await store.append("t", 0, [note("t", 1)]);
    const other = await admin.connect();
    await other.query("BEGIN");
    await other.query(`SELECT FROM ${table("threads")} FOR UPDATE`);
    for (const ask of [() => store.append("t", 1, [note("t", 2)]), () => store.delete("t")]) {
      await expect(ask()).rejects.toMatchObject({ code: "checkpoint_timeout", retryable: true });
    }
    await vi.waitFor(async () => expect(await waitingStatements()).toEqual([]), PATIENCE);
    await other.query("ROLLBACK");
    other.release();
    expect((await store.read("t"))?.version).toBe(1);
    await store.append("t", 1, [note("t", 2)]);
  });

  it("may be tried again where the server has limits of its own, or takes no writes for now", async () => {
    await using store = open();
    await store.append("t", 0, [note("t", 1)]);
    const other = await admin.connect();
    await other.query("BEGIN");
    await other.query(`SELECT FROM ${table("threads")} FOR UPDATE`);
    for (const [options, what] of [
      ["-c statement_timeout=100", /cancelled a statement/],
      ["-c lock_timeout=100", /lock in time/],
      ["-c default_transaction_read_only=on", /takes no writes/],
    ] as const) {
      const pool = new pg.Pool({ connectionString, options });
      await using limited = new PostgresCheckpointer({ pool, schema });
      const refused = limited.append("t", 1, [note("t", 2)]);
      await expect(refused, options).rejects.toMatchObject({
        name: "CheckpointError",
        message: expect.stringMatching(what),
        retryable: true,
      });
      expect((await limited.read("t"))?.version).toBe(1);
      await pool.end();
    }
    await other.query("ROLLBACK");
    other.release();
  });

  it("add nothing to metadata that others encrypt, without their key, and lose none of it", async () => {
    const encryption = { keys: { a: randomBytes(32) }, current: "a" };
    await using plain = open();
    await using sealed = open({ encryption });
    const begin = (sequence: number, metadata: Record<string, string>): DurableEvent => ({
      ...start("t", metadata),
      sequence,
    });
    await plain.append("t", 0, [begin(1, { tenant: "x" })]);
    await sealed.append("t", 1, [begin(2, { two: "2" })]);
    await expect(plain.append("t", 2, [begin(3, { tenant: "y" })])).rejects.toMatchObject({
      code: "encryption_key_missing",
    });
    await plain.append("t", 2, [note("t", 3)]);
    await sealed.append("t", 3, [begin(4, { tenant: "y" })]);
    for await (const { metadata } of sealed.list()) expect(metadata).toEqual({ tenant: "y", two: "2" });
  });

  it("let nobody write whose lease is being given to somebody else", async () => {
    await using store = open();
    const attempt = await store.acquire("t");
    if (!("lease" in attempt)) throw new Error("the thread is held");
    const other = await admin.connect();
    await other.query("BEGIN");
    await other.query(`UPDATE ${table("leases")} SET fence = fence + 1`);
    const append = store.append("t", 0, [note("t", 1)], { fence: attempt.lease.fence });
    const refused = expect(append).rejects.toMatchObject({ code: "lease_lost" });
    await waitingStatement();
    await other.query("COMMIT");
    other.release();
    await refused;
    expect(await store.read("t")).toBeUndefined();
  });

  it("clear away snapshots that nobody can read and leases that are long over, and keep the rest", async () => {
    await using store = open();
    const attempt = await store.acquire("t");
    if (!("lease" in attempt)) throw new Error("the thread is held");
    await store.acquire("held");
    const events = [note("t", 1), note("t", 2)];
    await store.append("t", 0, events, { snapshot: { state: { ...emptyState("t"), version: 2 } } });
    await admin.query(`UPDATE ${table("snapshots")} SET schema_version = 0;
      UPDATE ${table("leases")} SET expires_at = now() - interval '8 days' WHERE fence = ${attempt.lease.fence}`);
    await store.vacuum();
    for (const [name, left] of [
      ["snapshots", 0],
      ["leases", 1],
      ["events", 2],
    ] as const) {
      expect((await admin.query(`SELECT FROM ${table(name)}`)).rowCount, name).toBe(left);
    }
    expect(await store.acquire("held")).toHaveProperty("heldForMs");
    expect(await attempt.lease.renew()).toBe(false);
    expect((await store.read("t"))?.events).toEqual(events);
  });

  it("hold no connection between two calls, or while a list or a log is read", async () => {
    await using store = open({ maxConnections: 1 });
    for (const id of ["a", "b", "c"]) await store.append(id, 0, [note(id, 1), note(id, 2)]);
    const seen: string[] = [];
    for await (const { threadId } of store.list()) {
      for await (const { sequence } of store.events(threadId)) {
        const thread = await store.read(threadId);
        seen.push(`${threadId}${sequence} of ${thread?.version}`);
      }
    }
    expect(seen).toEqual(["a1 of 2", "a2 of 2", "b1 of 2", "b2 of 2", "c1 of 2", "c2 of 2"]);
  });

  it("wait for the disk where the server is set not to", async () => {
    const pool = new pg.Pool({ connectionString, options: "-c synchronous_commit=off" });
    await using store = new PostgresCheckpointer({ pool, schema });
    await store.append("t", 0, [note("t", 1)]);
    await admin.query(`CREATE FUNCTION ${table("seen")}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE LOG 'x'; INSERT INTO ${table("waits")} VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE TABLE ${table("waits")} (setting text);
      CREATE CONSTRAINT TRIGGER seen AFTER INSERT ON ${table("events")} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION ${table("seen")}()`);
    await store.append("t", 1, [note("t", 2)]);
    await store.fork("t", 1, "copy");
    const { rows } = await admin.query(`SELECT DISTINCT setting FROM ${table("waits")}`);
    expect(rows).toEqual([{ setting: "on" }]);
    expect((await pool.query("SHOW synchronous_commit")).rows).toEqual([{ synchronous_commit: "off" }]);
    await pool.end();
  });

  it("are tried again where the server's transactions get in each other's way", async () => {
    const pool = new pg.Pool({ connectionString, options: "-c default_transaction_isolation=serializable" });
    await using store = new PostgresCheckpointer({ pool, schema });
    await store.append("t", 0, [note("t", 1)]);
    const other = await admin.connect();
    await other.query("BEGIN");
    await other.query(`UPDATE ${table("threads")} SET updated_at = updated_at`);
    // At this level of isolation whoever waited for the row is refused.
    const append = store.append("t", 1, [note("t", 2)]);
    await waitingStatement();
    await other.query("COMMIT");
    other.release();
    await append;
    expect((await store.read("t"))?.version).toBe(2);
    await pool.end();
  });

  it("find threads by metadata and by prefix with an index, not by reading all of them", async () => {
    await using store = open();
    await store.append("t", 0, [start("t", { user: "ada" })]);
    await admin.query(`INSERT INTO ${table("threads")} (digest, id, version, schema_version, created_at, updated_at, updated_ms, metadata)
      SELECT sha256(n::text::bytea), 'many ' || n, 1, 1, '', '', 0, jsonb_build_object('user', 'u' || n) FROM generate_series(1, 20000) n;
      ANALYZE ${table("threads")}`);
    const statements: string[] = [];
    const pool = new pg.Pool({ connectionString });
    const watched = {
      connect: async () => {
        const client = await pool.connect();
        return {
          query: async (text: string, values?: unknown[]) => {
            if (text.includes("ORDER BY left")) {
              const { rows } = await client.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, values);
              statements.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
            }
            return await client.query(text, values);
          },
          release: () => client.release(),
          on: () => undefined,
          off: () => undefined,
        };
      },
      on: () => undefined,
      off: () => undefined,
    };
    await using reader = new PostgresCheckpointer({ pool: watched, schema });
    for (const query of [{ metadata: { user: "ada" } }, { prefix: "t" }, { after: "many 9", limit: 3 }]) {
      for await (const { threadId } of reader.list(query)) expect(threadId).toMatch(/^(t|many .*)$/);
      expect(statements.at(-1), JSON.stringify(query)).toMatch(/Index Scan/);
      expect(statements.at(-1), JSON.stringify(query)).not.toMatch(/Seq Scan/);
    }
    expect(statements).toHaveLength(3);
    expect(statements[1], "of a prefix, both ends").toMatch(/Index Cond: .*>= 't'.* < 'u'/);
    await pool.end();
  });

  it("order ids by all of their characters, also those that an index cannot hold", async () => {
    await using store = open();
    const long = randomBytes(6_000).toString("hex");
    const ids = [`${long}a`, `${long}b`, `${long}b\0`, `${long}b\u0001`, `${long}😀`, "z"];
    for (const id of ids.toReversed()) await store.append(id, 0, [note(id, 1)]);
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const before = listed.length;
      for await (const { threadId } of store.list({ limit: 2, ...(after === undefined ? {} : { after }) }))
        listed.push(threadId);
      if (listed.length === before) break;
    }
    expect(listed).toEqual(ids.toSorted());
    const prefixed: string[] = [];
    for await (const { threadId } of store.list({ prefix: `${long}b` })) prefixed.push(threadId);
    expect(prefixed).toEqual(ids.slice(1, 4));
  });

  const shared: SharedStore = {
    open: () => open({ leaseMs: 2_000 }),
    module: new URL("./postgres.ts", import.meta.url),
    className: "PostgresCheckpointer",
    options: () => ({ connectionString, schema, leaseMs: 2_000 }),
  };
  itSurvivesKills(shared);
  itSharesThreads(shared);

  async function openConnections(): Promise<number> {
    const { rows } = await admin.query<{ open: number }>(
      "SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name = 'locus'",
    );
    return rows[0]?.open ?? Number.NaN;
  }

  /** The processes of the server that wait for a lock of this test's. */
  async function waitingStatements(): Promise<readonly number[]> {
    const { rows } = await admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0",
      [schema.replaceAll('"', '""')],
    );
    return rows.map(({ pid }) => pid);
  }
  async function waitingStatement(): Promise<number> {
    return await vi.waitFor(async () => {
      const [pid] = await waitingStatements();
      if (pid === undefined) throw new Error("nobody waits yet");
      return pid;
    }, PATIENCE);
  }
});
