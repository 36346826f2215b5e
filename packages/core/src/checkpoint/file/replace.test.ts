/** A thread's file is replaced while others write to it: nothing that was acknowledged is lost, nothing dead comes back. */
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointConflictError, CheckpointError } from "../../errors/errors.ts";
import { eventsAfter, noteEvent, threadIdsOf } from "../../testing/checkpointer-events.ts";
import { FileCheckpointer, type FileCheckpointerOptions } from "./file.ts";
import { besideOf, fileNameOf } from "./name.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-replace-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const open = (options: Partial<FileCheckpointerOptions> = {}): FileCheckpointer =>
  new FileCheckpointer({ directory, fsync: false, ...options });
const pathOf = (threadId: string): string => join(directory, fileNameOf(threadId));
const KEYS = { a: randomBytes(32), b: randomBytes(32) };

/** Appends one event after the other until told to stop, and notes what was acknowledged. */
async function write(
  store: FileCheckpointer,
  name: string,
  acknowledged: Map<number, string>,
  isOver: () => boolean,
): Promise<void> {
  for (let note = 0; !isOver(); note += 1) {
    const version = (await store.read("t"))?.version ?? 0;
    const text = `${name} ${note}`;
    try {
      await store.append("t", version, [noteEvent("t", version + 1, text)]);
      acknowledged.set(version + 1, text);
    } catch (error) {
      if (!(error instanceof CheckpointConflictError)) throw error;
    }
  }
}

describe("encrypting a thread anew", () => {
  it("loses nothing that is acknowledged meanwhile", async () => {
    const options = (current: "a" | "b"): Partial<FileCheckpointerOptions> => ({
      encryption: { keys: KEYS, current },
    });
    await open(options("a")).append("t", 0, eventsAfter("t", 0, 50));
    const acknowledged = new Map<number, string>();
    let isOver = false;
    const writers = [open(options("a")), open(options("b")), open(options("a"))].map((store, index) =>
      write(store, `writer ${index}`, acknowledged, () => isOver),
    );
    let rekeyed = 0;
    for (let round = 0; round < 25 || acknowledged.size < 60; round += 1) {
      rekeyed += (await open(options(round % 2 === 0 ? "b" : "a")).vacuum({ rekey: true })).rekeyed;
    }
    isOver = true;
    await Promise.all(writers);
    expect(rekeyed).toBeGreaterThan(50);
    const events = (await open(options("a")).read("t"))?.events ?? [];
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    for (const [sequence, text] of acknowledged) {
      expect(events[sequence - 1], `${sequence}`).toMatchObject({ message: { content: text } });
    }
    expect(events).toHaveLength(50 + acknowledged.size);
  }, 30_000);

  it("names no thread readable whose line was moved to another", async () => {
    const encryption = { keys: KEYS, current: "a" };
    await open({ encryption }).append("t", 0, eventsAfter("t", 0, 2));
    await open({ encryption }).append("u", 0, eventsAfter("u", 0, 2));
    const [header] = (await readFile(pathOf("u"), "utf8")).split("\n");
    const [, line] = (await readFile(pathOf("t"), "utf8")).split("\n");
    await writeFile(pathOf("u"), `${header}\n${line}`);
    await expect(open({ encryption }).read("u")).rejects.toMatchObject({ code: "encryption_failed" });
  });
});

describe("a thread that is deleted while others write to it", () => {
  it("is gone, or begun anew: no writer is told that it went on", async () => {
    for (let round = 0; round < 30; round += 1) {
      const [first, second] = [open(), open()];
      await first.append("t", 0, eventsAfter("t", 0, 2));
      const outcomes = await Promise.allSettled([
        first.append("t", 2, [noteEvent("t", 3, "still here")]),
        second.delete("t"),
      ]);
      expect(outcomes[1]).toMatchObject({ status: "fulfilled", value: true });
      expect(await open().read("t")).toBeUndefined();
      if (outcomes[0].status === "rejected")
        expect(outcomes[0].reason).toBeInstanceOf(CheckpointConflictError);
    }
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("what a process leaves behind that died in the middle", () => {
  it("a lock is taken from it, and nobody waits", async () => {
    await open().append("t", 0, eventsAfter("t", 0, 2));
    const lock = besideOf(pathOf("t"), "lock");
    // Of this machine, by a process that cannot be: numbers end far below.
    await writeFile(lock, JSON.stringify({ host: hostname(), pid: 2 ** 30, nonce: "00" }));
    expect(await open().delete("t")).toBe(true);
    await writeFile(lock, JSON.stringify({ host: "elsewhere", pid: process.pid, nonce: "00" }));
    await utimes(lock, 0, 0);
    expect(await open().acquire("t")).toHaveProperty("lease");
    expect(await readdir(directory)).toEqual([besideOf(fileNameOf("t"), "lease")]);
  });

  it("a thread marked for replacement goes on as it was", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    await chmod(pathOf("t"), 0o700);
    await store.append("t", 2, eventsAfter("t", 2, 1));
    await open().append("t", 3, eventsAfter("t", 3, 1));
    expect((await open().read("t"))?.events).toEqual(eventsAfter("t", 0, 4));
    expect((await stat(pathOf("t"))).mode & 0o777).toBe(0o600);
  });

  it("snapshots and leases of threads that are gone are cleared away", async () => {
    const store = open({ leaseMs: 20 });
    for (const id of ["t", "u"]) await store.append(id, 0, eventsAfter(id, 0, 2));
    for (const name of ["t", "gone"]) await writeFile(besideOf(pathOf(name), "snapshots"), "");
    const attempt = await store.acquire("gone");
    if ("lease" in attempt) await attempt.lease.release();
    expect(await open().acquire("held")).toHaveProperty("lease");
    await store.vacuum();
    expect((await readdir(directory)).toSorted()).toEqual(
      [fileNameOf("t"), fileNameOf("u"), "t-held.lease", "t-t.snapshots"].toSorted(),
    );
  });
});

describe("clearing up", () => {
  it("does what it can where one thread is damaged, and then says which", async () => {
    const old = { ...noteEvent("old", 1, "x"), timestamp: "2020-01-01T00:00:00.000Z" };
    await open().append("old", 0, [old]);
    await open().append("a", 0, eventsAfter("a", 0, 2));
    await writeFile(pathOf("a"), "{}");
    const vacuumed = open({ ttlMs: 3_600_000 }).vacuum();
    await expect(vacuumed).rejects.toBeInstanceOf(CheckpointError);
    await expect(vacuumed).rejects.toThrow("line 1 is damaged");
    expect(await readdir(directory)).toEqual([fileNameOf("a")]);
    await expect(threadIdsOf(open())).rejects.toThrow("line 1 is damaged");
    expect(await open().delete("a")).toBe(true);
  });
});
