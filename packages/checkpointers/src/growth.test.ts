/** A long thread costs what it says: its bytes grow with its events, and a load reads no more events than lie between snapshots. */
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SqliteCheckpointer } from "@locus-sdk/checkpointers/sqlite";
import { Agent, type Checkpointer, FileCheckpointer, tool } from "@locus-sdk/core";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { describe, expect, test } from "vitest";

const SNAPSHOT_EVERY = 100;
/** Most events that the driver writes in one piece here. */
const BATCH = 2;

const note = tool({ name: "note", description: "Notes.", execute: () => "noted ".repeat(20) });

/** Runs of about 500 events each, on one thread. */
async function grow(store: Checkpointer, runs: number): Promise<number> {
  const agent = new Agent({
    model: new ScriptedModel(
      [
        ({ messages }) => {
          const since = messages.length - 1 - messages.findLastIndex(({ role }) => role === "user");
          return since < 320
            ? { text: "Going on.", toolCalls: [{ name: "note", id: `n${messages.length}` }] }
            : "Done.";
        },
      ],
      { repeat: true },
    ),
    tools: [note],
    checkpointer: store,
    maxIterations: 400,
    toolLoopThreshold: 400,
  });
  for (let run = 0; run < runs; run++) await agent.run("Go on.", { threadId: "long" });
  return (await store.read("long"))?.version ?? 0;
}

const STORES: Readonly<Record<string, (directory: string) => Checkpointer>> = {
  sqlite: (directory) =>
    new SqliteCheckpointer({
      path: join(directory, "t.db"),
      snapshotEvery: SNAPSHOT_EVERY,
      synchronous: "normal",
    }),
  file: (directory) => new FileCheckpointer({ directory, snapshotEvery: SNAPSHOT_EVERY }),
};

describe.each(Object.keys(STORES))("a thread of 5,000 events in %s", (name) => {
  test("is loaded from its last snapshot and the few events after it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "locus-growth-"));
    const store = STORES[name]?.(directory);
    if (store === undefined) throw new Error(name);
    const version = await grow(store, 11);
    expect(version).toBeGreaterThan(5_000);
    const stored = await store.read("long");
    expect(stored?.snapshot).toBeDefined();
    expect(stored?.events.length).toBeLessThan(SNAPSHOT_EVERY + BATCH);
    const early = await store.read("long", { upTo: 2_500 });
    expect(early?.version).toBe(2_500);
    expect(early?.events.length).toBeLessThan(SNAPSHOT_EVERY + BATCH);
    await store.close?.();
  }, 120_000);
});

test("its second half takes no more bytes than its first, snapshots and all", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "locus-growth-")), "t.db");
  const store = new SqliteCheckpointer({ path, snapshotEvery: SNAPSHOT_EVERY, synchronous: "normal" });
  const sizeOf = (): number => {
    using database = new DatabaseSync(path);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return statSync(path).size;
  };
  const empty = sizeOf();
  const half = await grow(store, 5);
  const first = sizeOf() - empty;
  const whole = await grow(store, 5);
  const second = sizeOf() - empty - first;
  await store.close();
  expect(whole).toBe(half * 2);
  expect(second / first).toBeLessThan(1.2);
}, 120_000);
