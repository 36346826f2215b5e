/** What a user of the SQLite store notices beyond the contract: damage, clearing up, long threads, forks that live. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type DurableEvent, emptyState, fold, type SnapshotDraft } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./index.ts";

const HOUR_MS = 3_600_000;

let root: string;
let opened: SqliteCheckpointer[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-sqlite-store-"));
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  await rm(root, { recursive: true, force: true });
});

const open = (options: Partial<SqliteCheckpointerOptions> = {}): SqliteCheckpointer => {
  const store = new SqliteCheckpointer({ path: join(root, "threads.db"), synchronous: "normal", ...options });
  opened.push(store);
  return store;
};
/** Does to the file what no store would. */
const tamper = (...statements: readonly string[]): void => {
  const database = new DatabaseSync(join(root, "threads.db"));
  for (const statement of statements) database.exec(statement);
  database.close();
};
const versionsOfSnapshots = (): readonly unknown[] => {
  const database = new DatabaseSync(join(root, "threads.db"));
  const rows = database.prepare("SELECT version FROM snapshots ORDER BY version").all();
  database.close();
  return rows.map(({ version }) => version);
};

const notes = (
  threadId: string,
  after: number,
  count: number,
  ageMs = 0,
  size = 1,
): readonly DurableEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    type: "message_added" as const,
    runId: "run_1",
    threadId,
    sequence: after + index + 1,
    timestamp: new Date(Date.now() - ageMs).toISOString(),
    origin: "test",
    message: { role: "user" as const, content: `note ${after + index + 1} `.repeat(size) },
  }));

/** A snapshot for every ten events; a chain begins anew after each of `compacted`. */
async function appendWithSnapshots(
  store: SqliteCheckpointer,
  count: number,
  compacted: readonly number[] = [],
): Promise<void> {
  let state = emptyState("t");
  let base: SnapshotDraft["base"];
  for (let version = 0; version < count; version += 10) {
    const events = notes("t", version, 10);
    state = fold(state, events);
    await store.append("t", version, events, {
      snapshot: { state, ...(base === undefined ? {} : { base }) },
    });
    base = {
      version: state.version,
      messages: compacted.includes(state.version) ? 0 : state.messages.length,
    };
  }
}

describe("a thread whose snapshots are damaged", () => {
  it("is read from the newest that is not, and from its events where none is left", async () => {
    const store = open();
    await appendWithSnapshots(store, 40);
    tamper("UPDATE snapshots SET payload = '{}' WHERE version = 30");
    const thread = await store.read("t");
    expect(thread?.snapshot?.version).toBe(20);
    expect(thread?.events.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 21),
    );
    tamper("UPDATE snapshots SET payload = 'no JSON' WHERE version = 10");
    expect(await store.read("t")).toMatchObject({ version: 40, events: { length: 40 } });
    expect((await store.read("t"))?.snapshot).toBeUndefined();
  });
});

describe("a thread whose events are damaged", () => {
  it("is refused, by the number of the event that is missing or none", async () => {
    const store = open();
    await store.append("t", 0, notes("t", 0, 5));
    tamper("UPDATE events SET payload = '{}' WHERE sequence = 4");
    await expect(store.read("t")).rejects.toThrow(/thread "t".*event 4/);
    tamper("DELETE FROM events WHERE sequence = 2");
    await expect(store.read("t")).rejects.toThrow(/event 2 of thread "t" is missing/);
    await expect(store.fork("t", 5, "copy")).rejects.toThrow(/event 2|event 4/s);
    await expect(store.fork("t", 3, "copy")).rejects.toThrow(/event 2 of thread "t" is missing/);
    expect(await store.read("copy")).toBeUndefined();
  });
});

describe("a long thread", () => {
  it("is streamed as it was when the reading began, and its deletion on the way is noticed", async () => {
    const store = open();
    await store.append("t", 0, notes("t", 0, 1_000));
    let count = 0;
    for await (const { sequence } of store.events("t")) {
      count += 1;
      expect(sequence).toBe(count);
      if (count === 500) await store.append("t", 1_000, notes("t", 1_000, 5));
    }
    expect(count).toBe(1_000);
    const reading = store.events("t");
    await reading.next();
    await store.delete("t");
    await store.append("t", 0, notes("t", 0, 1_000));
    const rest = async (): Promise<void> => {
      for await (const event of reading) expect(event.threadId).toBe("t");
    };
    await expect(rest()).rejects.toThrow(/is missing/);
  });

  it("lets others have their turn while it is read", async () => {
    const store = open();
    await store.append("t", 0, notes("t", 0, 2_000));
    let turns = 0;
    let isReading = true;
    const turn = (): void => {
      turns += 1;
      if (isReading) setImmediate(turn);
    };
    setImmediate(turn);
    await store.read("t");
    isReading = false;
    expect(turns).toBeGreaterThan(1);
  });
});

describe("clearing up", () => {
  it("removes the snapshots that the newest does not build on, and reads the thread as before", async () => {
    const store = open();
    await appendWithSnapshots(store, 70, [30]);
    const before = await store.read("t");
    expect(versionsOfSnapshots()).toEqual([10, 20, 30, 40, 50, 60, 70]);
    await store.vacuum();
    expect(versionsOfSnapshots()).toEqual([40, 50, 60, 70]);
    expect(await store.read("t")).toEqual(before);
    expect(await store.read("t", { upTo: 15 })).toMatchObject({ version: 15, events: { length: 15 } });
  });

  it("leaves what a newer version of Locus wrote as it is", async () => {
    const store = open();
    await appendWithSnapshots(store, 30, [20]);
    tamper("UPDATE threads SET schema_version = 99", "UPDATE snapshots SET schema_version = 99");
    await store.vacuum();
    expect(versionsOfSnapshots()).toEqual([10, 20, 30]);
  });

  it("removes snapshots of an earlier version of Locus, which nobody restores any more", async () => {
    const store = open();
    await appendWithSnapshots(store, 30);
    tamper("UPDATE snapshots SET schema_version = 0");
    expect((await store.read("t"))?.snapshot).toBeUndefined();
    await store.vacuum();
    expect(versionsOfSnapshots()).toEqual([]);
  });

  it("goes on beside writers, and through more threads than a page", async () => {
    const store = open({ ttlMs: HOUR_MS });
    for (let index = 0; index < 450; index += 1) {
      await store.append(`t${index}`, 0, notes(`t${index}`, 0, 1, index % 3 === 0 ? 2 * HOUR_MS : 0));
    }
    const vacuuming = store.vacuum();
    for (let version = 1; version < 50; version += 1)
      await store.append("t1", version, notes("t1", version, 1));
    expect(await vacuuming).toEqual({ deletedThreads: 150, rekeyed: 0 });
    const left: string[] = [];
    for await (const { threadId } of store.list()) left.push(threadId);
    expect(left).toHaveLength(300);
    expect((await store.read("t1"))?.version).toBe(50);
  });
});

describe("a fork of an old thread's beginning", () => {
  it("lives from when it was made, not from when its last event was", async () => {
    const store = open({ ttlMs: HOUR_MS });
    await store.append("t", 0, [...notes("t", 0, 2, 50 * HOUR_MS), ...notes("t", 2, 1)]);
    await store.fork("t", 2, "copy");
    expect((await store.read("copy"))?.version).toBe(2);
    expect(await store.vacuum()).toMatchObject({ deletedThreads: 0 });
  });
});

describe("leases", () => {
  it("of a holder that died while the clock was an hour ahead run out all the same", async () => {
    const store = open({ leaseMs: 50 });
    await store.acquire("t");
    tamper(`UPDATE leases SET expires_at = expires_at + ${HOUR_MS}`);
    expect(await store.acquire("t")).toEqual({ heldForMs: 50 });
    await expect.poll(async () => await store.acquire("t")).toHaveProperty("lease");
  });

  it("of threads that do not exist are forgotten after a day, and their old holders refused", async () => {
    const store = open();
    const attempt = await store.acquire("t");
    if (!("lease" in attempt)) throw new Error("nobody else holds the thread");
    tamper("UPDATE leases SET expires_at = 1");
    await store.vacuum();
    const { fence } = attempt.lease;
    await expect(store.append("t", 0, notes("t", 0, 1), { fence })).rejects.toMatchObject({
      code: "lease_lost",
    });
    expect(await attempt.lease.renew()).toBe(false);
    const next = await store.acquire("t");
    expect("lease" in next && next.lease.fence > fence).toBe(true);
  });
});

it("takes an event of ten megabytes, encrypted, and keeps it in a fork", async () => {
  const store = open({ encryption: { keys: { k: Buffer.alloc(32, 1) }, current: "k" } });
  const events = notes("t", 0, 2, 0, 1_500_000);
  await store.append("t", 0, events);
  await store.fork("t", 2, "copy");
  const copy = await store.read("copy");
  expect(JSON.stringify(copy?.events[1]).length).toBeGreaterThan(10_000_000);
  expect(copy?.events[1]).toMatchObject({ threadId: "copy", sequence: 2 });
});
