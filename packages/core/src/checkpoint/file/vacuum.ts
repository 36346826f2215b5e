/** Clears a directory up: threads that outlived their time, keys that were rotated, what is left of threads that are gone. */
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { hasOutlived } from "../lifetime.ts";
import type { VacuumReport } from "../types.ts";
import { threadIdsIn } from "./directory.ts";
import { namesIn, openExisting, removeFile } from "./disk.ts";
import { forgetLease } from "./leases.ts";
import { withLock } from "./lock.ts";
import type { ThreadFile } from "./log.ts";
import { ownerOf } from "./name.ts";
import { batchesOf, catchUp, rekeyedTexts } from "./reading.ts";
import { replaceFile } from "./replace.ts";

export interface VacuumParts {
  readonly directory: string;
  readonly fileOf: (threadId: string) => ThreadFile;
  readonly ttlMs: number | undefined;
  readonly rekey: boolean;
  readonly fsync: boolean;
}

/** @throws CheckpointError for the first thread that could not be cleared up, once the others are. */
export async function vacuumDirectory(parts: VacuumParts): Promise<VacuumReport> {
  const { directory, fileOf, ttlMs, rekey, fsync } = parts;
  let deletedThreads = 0;
  let rekeyed = 0;
  const failures: unknown[] = [];
  for (const threadId of await threadIdsIn(directory)) {
    const file = fileOf(threadId);
    try {
      if (ttlMs !== undefined && (await removeOutlived(file, ttlMs, fsync))) deletedThreads += 1;
      else if (rekey) rekeyed += await rekeyFile(file, fsync);
    } catch (error) {
      failures.push(error);
    }
  }
  await removeLeftOvers(directory);
  if (failures.length > 0) throw failures[0];
  return { deletedThreads, rekeyed };
}

async function removeOutlived(file: ThreadFile, ttlMs: number, fsync: boolean): Promise<boolean> {
  const isOutlived = async (handle: FileHandle): Promise<boolean> =>
    hasOutlived((await catchUp(file, handle, undefined)).known.summary, ttlMs);
  // Looked at first without a word, since most threads stay.
  if (!(await looking(file, isOutlived))) return false;
  const outcome = await replaceFile(file.path, fsync, async (handle) =>
    (await isOutlived(handle)) ? "removed" : "kept",
  );
  return outcome === "removed";
}

/** How many events were encrypted anew. */
async function rekeyFile(file: ThreadFile, fsync: boolean): Promise<number> {
  const stale = async (handle: FileHandle): Promise<number> => {
    let events = 0;
    for await (const batch of batchesOf(file, handle)) if (!batch.isCurrent) events += batch.events.length;
    return events;
  };
  if ((await looking(file, stale)) === 0) return 0;
  let rekeyed = 0;
  await replaceFile(file.path, fsync, async (handle) => {
    rekeyed = await stale(handle);
    return rekeyed === 0 ? "kept" : { texts: rekeyedTexts(file, handle) };
  });
  return rekeyed;
}

async function looking<T>(file: ThreadFile, look: (handle: FileHandle) => Promise<T>): Promise<T | 0> {
  const handle = await openExisting(file.path, "read");
  if (handle === undefined) return 0;
  try {
    return await look(handle);
  } finally {
    await handle.close();
  }
}

/** Leases and snapshots of threads that a process did not live to delete whole. */
async function removeLeftOvers(directory: string): Promise<void> {
  const names = await namesIn(directory);
  const there = new Set(names);
  for (const name of names) {
    const owner = ownerOf(name);
    if (owner === undefined || there.has(owner)) continue;
    const path = join(directory, owner);
    await withLock(path, async () => {
      const handle = await openExisting(path, "read");
      // A thread was begun in the meantime.
      if (handle !== undefined) return await handle.close();
      if (name.endsWith(".snapshots")) await removeFile(join(directory, name), false);
      else await forgetLease(path);
    });
  }
}
