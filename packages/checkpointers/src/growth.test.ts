/** A long thread costs what it says: its bytes grow with its events, and a load reads no more events than lie between snapshots. */
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SqliteCheckpointer } from "@locus-sdk/checkpointers/sqlite";
import { Agent, type Checkpointer, FileCheckpointer, tool } from "@locus-sdk/core";
import { ScriptedModel, type ScriptedStep } from "@locus-sdk/core/testing";
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

describe.each(["file", "sqlite"])("in %s, the bytes of what tools did", (name) => {
  const looking = async (turns: number, runs: number): Promise<number> => {
    const directory = mkdtempSync(join(tmpdir(), "locus-growth-"));
    const store = STORES[name]?.(directory);
    if (store === undefined) throw new Error(name);
    const lookUp = tool({
      name: "look_up",
      description: "Looks up.",
      idempotent: { scope: "thread" },
      execute: () => "found ".repeat(200),
    });
    let calls = 0;
    const step: ScriptedStep = ({ messages }) => {
      const since = messages.length - 1 - messages.findLastIndex(({ role }) => role === "user");
      if (since >= turns * 5) return "Done.";
      const toolCalls = Array.from({ length: 4 }, () => ({ name: "look_up", arguments: { n: ++calls } }));
      return { toolCalls };
    };
    const agent = new Agent({
      model: new ScriptedModel([step], { repeat: true }),
      tools: [lookUp],
      checkpointer: store,
      maxIterations: turns + 1,
    });
    for (let run = 0; run < runs; run++) await agent.run("Look.", { threadId: "long" });
    const last = (await store.read("long"))?.snapshot?.state;
    expect(last?.run.toolExecutions.length).toBeGreaterThan(0);
    await store.close?.();
    const sizes = readdirSync(directory).map((file) => statSync(join(directory, file)).size);
    return sizes.reduce((sum, size) => sum + size, 0);
  };

  test("grow with the calls of one run, not with their square", async () => {
    expect((await looking(100, 1)) / (await looking(25, 1))).toBeLessThan(5);
  }, 60_000);

  test("grow with the calls that a thread remembers, not with their square", async () => {
    expect((await looking(4, 40)) / (await looking(4, 10))).toBeLessThan(5);
  }, 60_000);
});
