/** The file: whose it is, who may read it, and what is said when it cannot be used. */
import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CheckpointError, ConfigurationError, type DurableEvent, type LocusError } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./index.ts";

let root: string;
let path: string;
let stores: SqliteCheckpointer[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-sqlite-open-"));
  path = join(root, "threads.db");
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(root, { recursive: true, force: true });
});

/** Closed after the test. */
const opened = (options: SqliteCheckpointerOptions): SqliteCheckpointer => {
  const store = new SqliteCheckpointer(options);
  stores.push(store);
  return store;
};
const note = (sequence: number, content = "x"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId: "t",
  sequence,
  timestamp: new Date().toISOString(),
  origin: "test",
  message: { role: "user", content },
});
const failureOf = async (work: Promise<unknown>): Promise<LocusError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CheckpointError) return error;
  throw new Error(`expected a CheckpointError, not ${String(error)}`);
};

describe("the file of a SqliteCheckpointer", () => {
  it("is for its owner only, as are the directories made for it", async () => {
    const deep = join(root, "a", "b", "threads.db");
    const store = opened({ path: deep });
    await store.append("t", 0, [note(1)]);
    for (const directory of [join(root, "a"), join(root, "a", "b")]) {
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
    }
    const names = await readdir(join(root, "a", "b"));
    expect(names.toSorted()).toEqual(["threads.db", "threads.db-shm", "threads.db-wal"]);
    for (const name of names) expect((await stat(join(root, "a", "b", name))).mode & 0o777, name).toBe(0o600);
  });

  it("is not made before it is needed, and alone again once closed", async () => {
    const store = new SqliteCheckpointer({ path });
    expect(await readdir(root)).toEqual([]);
    await store.append("t", 0, [note(1)]);
    await store.close();
    expect(await readdir(root)).toEqual(["threads.db"]);
  });

  it("gets smaller when it is cleared up after deletions", async () => {
    const store = opened({ path, synchronous: "normal" });
    await store.append(
      "t",
      0,
      Array.from({ length: 200 }, (_, index) => note(index + 1, "x".repeat(10_000))),
    );
    await store.vacuum();
    const { size } = await stat(path);
    await store.delete("t");
    await store.vacuum();
    expect((await stat(path)).size).toBeLessThan(size / 10);
  });

  it("keeps nothing to read of what was deleted, once cleared up", async () => {
    const store = opened({ path, synchronous: "normal" });
    const secret = randomBytes(16).toString("hex");
    await store.append("t", 0, [note(1, secret), note(2, secret.repeat(500))]);
    await store.append("t", 2, [note(3)]);
    await store.delete("t");
    await store.vacuum();
    for (const end of ["", "-wal"]) expect(readFileSync(`${path}${end}`).includes(secret)).toBe(false);
  });
});

describe("what cannot be used", () => {
  it.each([
    [{ path: "" }, /needs the path/],
    [{ path: "a\0b" }, /needs the path/],
    [{ path: "x.db", busyTimeoutMs: -1 }, /busyTimeoutMs must be a whole number/],
    [{ path: "x.db", snapshotEvery: 0 }, /snapshotEvery must be a whole number from 1/],
    [{ path: "x.db", leaseMs: 2 ** 31 }, /leaseMs must be a whole number/],
    [{ path: "x.db", ttlMs: 0.5 }, /ttlMs must be a whole number/],
    [{ path: "x.db", snapshotsEvery: 5 }, /unknown option "snapshotsEvery".*snapshotEvery/],
  ])("as an option is refused at once: %j", (options, message) => {
    expect(() => new SqliteCheckpointer(options)).toThrow(ConfigurationError);
    expect(() => new SqliteCheckpointer(options)).toThrow(message);
  });

  it("is told apart: no database, a damaged one, a directory, somebody else's, no way to it", async () => {
    const foreign = new DatabaseSync(join(root, "foreign.db"));
    foreign.exec("CREATE TABLE users (name TEXT)");
    foreign.close();
    const foreignBytes = readFileSync(join(root, "foreign.db"));
    await writeFile(
      join(root, "text.db"),
      "no database, but a text that is long enough to be taken for one. ".repeat(100),
    );
    await mkdir(join(root, "directory.db"));
    const cases: Readonly<Record<string, RegExp>> = {
      "foreign.db": /another application/,
      "text.db": /not a database/,
      "directory.db": /cannot .*directory\.db/,
      "text.db/threads.db": /cannot .*text\.db/,
    };
    for (const [name, message] of Object.entries(cases)) {
      const store = new SqliteCheckpointer({ path: join(root, name) });
      const error = await failureOf(store.read("t"));
      expect(error.message, name).toMatch(message);
      await failureOf(store.append("t", 0, [note(1)]));
    }
    expect((await failureOf(new SqliteCheckpointer({ path: join(root, "text.db") }).read("t"))).hint).toMatch(
      /path of its own/,
    );
    expect(readFileSync(join(root, "foreign.db")).equals(foreignBytes)).toBe(true);
  });

  it("because it was damaged is said with what to do, and never taken for no thread", async () => {
    const store = new SqliteCheckpointer({ path });
    await store.append(
      "t",
      0,
      Array.from({ length: 200 }, (_, index) => note(index + 1, "x".repeat(1_000))),
    );
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 8_192, bytes.length);
    writeFileSync(path, bytes);
    const damaged = opened({ path });
    const error = await failureOf(damaged.read("t"));
    expect(error).toMatchObject({ code: "sqlite_corrupt", hint: expect.stringContaining(".recover") });
  });

  it.skipIf(process.getuid?.() === 0)("because the process may not write it is said", async () => {
    const store = new SqliteCheckpointer({ path });
    await store.append("t", 0, [note(1)]);
    await store.close();
    chmodSync(path, 0o400);
    const readonly = opened({ path });
    const error = await failureOf(readonly.append("t", 1, [note(2)]));
    expect(error).toMatchObject({ code: "sqlite_readonly", hint: expect.stringContaining("may not write") });
  });

  it("because another process holds it is waited for, without blocking, and then said", async () => {
    const store = new SqliteCheckpointer({ path, busyTimeoutMs: 60_000 });
    await store.append("t", 0, [note(1)]);
    const impatient = new SqliteCheckpointer({ path, busyTimeoutMs: 0 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const patient = store.append("t", 1, [note(2)]);
    const error = await failureOf(impatient.append("t", 1, [note(2)]));
    expect(error).toMatchObject({
      code: "sqlite_busy",
      retryable: true,
      hint: expect.stringContaining("busyTimeoutMs"),
    });
    // Readers do not wait for writers.
    expect((await impatient.read("t"))?.version).toBe(1);
    other.exec("COMMIT");
    await patient;
    other.close();
    await impatient.append("t", 2, [note(3)]);
    await impatient.close();
    await store.close();
  });

  it("at first may be later: nothing needs to be made anew", async () => {
    await writeFile(join(root, "blocked"), "");
    const store = opened({ path: join(root, "blocked", "threads.db") });
    await failureOf(store.append("t", 0, [note(1)]));
    await rm(join(root, "blocked"));
    await store.append("t", 0, [note(1)]);
    expect((await store.read("t"))?.version).toBe(1);
  });
});
