/** SQLite keeps the contract: in a file or in memory, plain, encrypted, and with a time to live. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CheckpointerFixture, describeCheckpointer } from "@locus-sdk/core/testing";
import { afterAll, beforeAll } from "vitest";
import { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./index.ts";

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-sqlite-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A file of its own for each test; a power cut is nothing that these tests can make. */
function fixture(
  options: Partial<SqliteCheckpointerOptions> = {},
): CheckpointerFixture & { readonly path: string } {
  const path = join(root, `${randomBytes(6).toString("hex")}.db`);
  const open = (more: Partial<SqliteCheckpointerOptions> = {}): SqliteCheckpointer =>
    new SqliteCheckpointer({ path, synchronous: "normal", snapshotEvery: 10, ...options, ...more });
  return {
    path,
    checkpointer: open(),
    reopen: () => open(),
    leaseStore: (leaseMs) => open({ leaseMs }),
    withTtl: (ttlMs) => open({ ttlMs }),
    plant: async (threadId, schemaVersion, events) => {
      const store = open();
      await store.append(threadId, 0, events);
      await store.close();
      const database = new DatabaseSync(path);
      for (const table of ["threads", "events"]) {
        database.prepare(`UPDATE ${table} SET schema_version = ?`).run(schemaVersion);
      }
      database.close();
    },
    dispose: async () => {
      for (const end of ["", "-wal", "-shm"]) await rm(`${path}${end}`, { force: true });
    },
  };
}

const OFFERS = [
  "acquire",
  "close",
  "leaseStore",
  "plant",
  "reopen",
  "snapshotEvery",
  "vacuum",
  "withTtl",
] as const;

describeCheckpointer(
  "SqliteCheckpointer, in a file",
  () => {
    const made = fixture();
    return {
      ...made,
      withEncryption: (encryption) =>
        new SqliteCheckpointer({ path: made.path, synchronous: "normal", snapshotEvery: 10, encryption }),
      // The very bytes: also of pages that are free, and of what waits in the write-ahead log.
      dump: () =>
        [made.path, `${made.path}-wal`]
          .map((path) => (existsSync(path) ? readFileSync(path, "latin1") : ""))
          .join(""),
    };
  },
  { offers: [...OFFERS, "dump", "withEncryption"] },
);

describeCheckpointer(
  "SqliteCheckpointer, encrypted",
  () => fixture({ encryption: { keys: { k: randomBytes(32) }, current: "k" } }),
  { offers: OFFERS },
);

describeCheckpointer("SqliteCheckpointer, with a time to live", () => fixture({ ttlMs: TEN_YEARS_MS }), {
  offers: OFFERS,
});

describeCheckpointer(
  "SqliteCheckpointer, in memory",
  () => ({ checkpointer: new SqliteCheckpointer({ path: ":memory:", snapshotEvery: 10 }) }),
  { offers: ["acquire", "close", "snapshotEvery", "vacuum"] },
);
