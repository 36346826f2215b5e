/** Layouts: a newer one is refused, an older one brought up to date, and what was released once keeps loading. */
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type DurableEvent, SchemaVersionError } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./index.ts";
import { LAYOUTS } from "./layout.ts";
import { openFile } from "./open.ts";

let root: string;
let path: string;
let stores: SqliteCheckpointer[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-sqlite-layout-"));
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
const note = (sequence: number, threadId = "t"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: new Date().toISOString(),
  origin: "test",
  message: { role: "user", content: "x" },
});

describe("the layout of a file", () => {
  const NEXT = [...LAYOUTS, "ALTER TABLE threads ADD COLUMN title TEXT NOT NULL DEFAULT 'untitled'"];
  const open = (layouts: readonly string[]): DatabaseSync =>
    openFile({ path, synchronous: "normal", layouts });

  it("of a newer version is refused, and left as it is", async () => {
    open(NEXT).close();
    const bytes = readFileSync(path);
    const store = opened({ path });
    for (const attempt of [store.read("t"), store.append("t", 0, [note(1)])]) {
      const error = await attempt.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SchemaVersionError);
      expect(error).toMatchObject({
        message: expect.stringContaining(
          `layout ${NEXT.length}; this version of Locus knows up to ${LAYOUTS.length}`,
        ),
      });
    }
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("of an older version is brought up to date, threads and all", async () => {
    const store = new SqliteCheckpointer({ path });
    await store.append("t", 0, [note(1)]);
    await store.close();
    const database = open(NEXT);
    expect(database.prepare("SELECT version, title FROM threads").all()).toEqual([
      { version: 1, title: "untitled" },
    ]);
    database.close();
    open(NEXT).close();
  });

  it("is brought up to date whole or not at all", async () => {
    open(LAYOUTS).close();
    expect(() => open([...NEXT, "this is no SQL"])).toThrow();
    const store = opened({ path });
    await store.append("t", 0, [note(1)]);
    expect((await store.read("t"))?.version).toBe(1);
  });
});

describe("a file of layout 1, kept since that layout was released", () => {
  const KEY = Buffer.alloc(32, 7);
  it("keeps loading: events, snapshots, forks, metadata, encrypted and plain", async () => {
    copyFileSync(new URL("./museum/layout-1.db", import.meta.url), path);
    const store = opened({
      path,
      encryption: { keys: { museum: KEY }, current: "museum" },
    });
    const ids: string[] = [];
    for await (const { threadId, version, metadata } of store.list())
      ids.push(`${threadId} ${version} ${JSON.stringify(metadata)}`);
    expect(ids).toEqual([
      'fork of user:42/trip 5 {"tenant":"acme"}',
      'secret 6 {"tenant":"acme"}',
      'user:42/trip 6 {"tenant":"acme"}',
      'wörter 😀\0 6 {"tenant":"acme"}',
    ]);
    for (const id of ["user:42/trip", "secret", "wörter 😀\0"]) {
      const thread = await store.read(id);
      expect(thread?.snapshot).toMatchObject({
        version: 4,
        state: { threadId: id, metadata: { tenant: "acme" } },
      });
      expect(thread?.events.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual([
        "5 message_added",
        "6 terminate",
      ]);
      const all: DurableEvent[] = [];
      for await (const event of store.events(id)) all.push(event);
      expect(all).toHaveLength(6);
      expect(all[1]).toMatchObject({ threadId: id, message: { content: "What is my name? 😀" } });
    }
    await store.append("secret", 6, [note(7, "secret")]);
    expect((await store.read("secret"))?.version).toBe(7);
  });
});
