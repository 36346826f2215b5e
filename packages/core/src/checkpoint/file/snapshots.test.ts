/** Snapshots beside a thread's file spare reading it; whatever becomes of them, the events have the word. */
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { emptyState, fold } from "../../state/reduce.ts";
import { collect, eventsAfter } from "../../testing/checkpointer-events.ts";
import {
  diceOf,
  type GrowingThread,
  grow,
  newThread,
  randomBatch,
} from "../../testing/checkpointer-growth.ts";
import { FileCheckpointer } from "./file.ts";
import { besideOf, fileNameOf } from "./name.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-snapshots-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const open = (): FileCheckpointer => new FileCheckpointer({ directory, fsync: false });
const log = (): string => join(directory, fileNameOf("t"));
const snapshots = (): string => besideOf(log(), "snapshots");

/** A thread with a snapshot after every fourth batch. */
async function grown(batches = 20): Promise<GrowingThread> {
  const dice = diceOf(42);
  const store = open();
  let thread = newThread("t");
  for (let batch = 1; batch <= batches; batch += 1) {
    thread = await grow(store, thread, randomBatch(thread.state, dice), batch % 4 === 0 ? "linked" : "none");
  }
  return thread;
}

async function expectTold(thread: GrowingThread): Promise<void> {
  const stored = await open().read("t");
  expect(fold(stored?.snapshot?.state ?? emptyState("t"), stored?.events ?? [])).toEqual(thread.state);
  expect(await collect(open().events("t"))).toEqual(thread.events);
}

it("has a thread read from where its last snapshot ends, by readers and writers of other processes", async () => {
  const thread = await grown();
  const text = await readFile(log(), "utf8");
  // Damage that any reading of it would meet.
  await writeFile(log(), text.replace('"from":0', '"from":!'), { flag: "r+" });
  const stored = await open().read("t");
  expect(stored?.snapshot?.version).toBeGreaterThan(0);
  expect(fold(stored?.snapshot?.state ?? emptyState("t"), stored?.events ?? [])).toEqual(thread.state);
  await open().append("t", thread.state.version, eventsAfter("t", thread.state.version, 1));
  expect(await collect(open().list())).toMatchObject([{ version: thread.state.version + 1 }]);
  await expect(collect(open().events("t"))).rejects.toThrow(/line 2 is damaged/);
});

it("is for its owner only", async () => {
  await grown(4);
  expect((await stat(snapshots())).mode & 0o777).toBe(0o600);
});

it("does without snapshots that are lost, torn, changed, or no snapshots at all", async () => {
  const thread = await grown();
  const whole = await readFile(snapshots());
  const changes: Readonly<Record<string, () => Promise<void>>> = {
    lost: () => rm(snapshots()),
    empty: () => writeFile(snapshots(), ""),
    "torn at the end": () => writeFile(snapshots(), whole.subarray(0, -10)),
    "torn in the middle": () => writeFile(snapshots(), whole.subarray(whole.length / 2)),
    "a byte changed": async () => {
      const changed = Buffer.from(whole);
      const at = changed.lastIndexOf('"role"');
      changed.write('"rolf"', at);
      await writeFile(snapshots(), changed);
    },
    foreign: () => writeFile(snapshots(), "not a snapshot\n{}\n\u0000\u0000\n"),
  };
  for (const [what, change] of Object.entries(changes)) {
    await change();
    await expectTold(thread).catch((error: unknown) => {
      throw new Error(what, { cause: error });
    });
    await writeFile(snapshots(), whole);
  }
  for (let length = 0; length < whole.length; length += 97) {
    await writeFile(snapshots(), whole.subarray(0, length));
    await expectTold(thread);
  }
}, 20_000);

it("goes on keeping snapshots behind one that was torn", async () => {
  const thread = await grown();
  await appendFile(snapshots(), "\n01234567 {torn");
  const last = await grow(open(), thread, eventsAfter("t", thread.state.version, 3), "linked");
  expect((await open().read("t"))?.snapshot?.version).toBe(last.state.version);
  await expectTold(last);
});

it("believes no snapshot of another file, be it of the same name and version", async () => {
  const thread = await grown();
  const old = await readFile(snapshots());
  const store = open();
  await store.delete("t");
  const anew = await grow(store, newThread("t"), eventsAfter("t", 0, thread.state.version + 5), "none");
  await writeFile(snapshots(), old);
  expect((await open().read("t"))?.snapshot).toBeUndefined();
  await expectTold(anew);
  const later = await grow(open(), anew, eventsAfter("t", anew.state.version, 2), "full");
  expect((await open().read("t"))?.snapshot?.version).toBe(later.state.version);
  await expectTold(later);
});

it("keeps what is stored though its snapshot cannot be", async () => {
  const thread = await grown(3);
  await rm(snapshots(), { force: true });
  // A directory in its place: nothing can be appended to it.
  await mkdir(snapshots());
  const events = eventsAfter("t", thread.state.version, 2);
  const state = fold(thread.state, events);
  await open().append("t", thread.state.version, events, { snapshot: { state } });
  await rm(snapshots(), { recursive: true });
  await expectTold({ ...thread, state, events: [...thread.events, ...events] });
});
