/**
 * Putting another file in the place of a thread's, or none, while others append to it without a lock. The old file is
 * marked first, by a mode bit that every writer sees when it looks whether its append counts: it then waits for the lock,
 * and finds out there whether what it wrote to is still the thread.
 */
import type { FileHandle } from "node:fs/promises";
import { onDisk, openExisting, removeFile, replaceWhole, stateOf, type Texts } from "./disk.ts";
import { forgetLease } from "./leases.ts";
import { withLock } from "./lock.ts";
import { besideOf } from "./name.ts";

/** What is to be there instead. */
export type Replacement =
  | { readonly texts: Texts }
  /** Nothing. */
  | "removed"
  /** The file as it is. */
  | "kept";

/**
 * Asks `decide` while nobody else replaces the file; what is appended until then and acknowledged, `decide` sees.
 *
 * @returns What came of it; `"kept"` also where there is no file.
 */
export async function replaceFile(
  path: string,
  fsync: boolean,
  decide: (handle: FileHandle) => Promise<Replacement>,
): Promise<"replaced" | "removed" | "kept"> {
  // Where there is no thread, there may be no directory for a lock either.
  const there = await openExisting(path, "read");
  await there?.close();
  if (there === undefined) return "kept";
  return await withLock(path, async () => {
    const handle = await openExisting(path, "append");
    if (handle === undefined) return "kept";
    let outcome: "replaced" | "removed" | "kept" = "kept";
    try {
      await setRetired(path, handle, true);
      try {
        const replacement = await decide(handle);
        if (replacement === "removed") {
          await removeFile(path, fsync);
          outcome = "removed";
        } else if (replacement !== "kept") {
          await replaceWhole(path, replacement.texts, fsync);
          outcome = "replaced";
        }
      } finally {
        if (outcome === "kept") await setRetired(path, handle, false);
      }
    } finally {
      await handle.close();
    }
    if (outcome !== "kept") await removeFile(besideOf(path, "snapshots"), false);
    if (outcome === "removed") await forgetLease(path);
    return outcome;
  });
}

/** Whether the open file is still the thread's, where it is marked: waits until that is decided. */
export async function isStillThere(path: string, handle: FileHandle): Promise<boolean> {
  if (!(await stateOf(path, handle)).isRetired) return true;
  return await withLock(path, async () => {
    const now = await openExisting(path, "read");
    if (now === undefined) return false;
    try {
      const [mine, theirs] = [await stateOf(path, handle), await stateOf(path, now)];
      if (mine.identity !== theirs.identity) return false;
      // Whoever marked it died or thought better of it.
      await setRetired(path, handle, false);
      return true;
    } finally {
      await now.close();
    }
  });
}

async function setRetired(path: string, handle: FileHandle, retired: boolean): Promise<void> {
  await onDisk(path, "mark", async () => await handle.chmod(retired ? 0o700 : 0o600));
}
