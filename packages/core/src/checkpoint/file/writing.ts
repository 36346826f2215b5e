/** Writes batches to a thread's file, and finds out whether they count. */
import type { FileHandle } from "node:fs/promises";
import type { DurableEvent } from "../../events/types.ts";
import { conflictError, summarize } from "../contract.ts";
import type { SnapshotDraft, ThreadSummary } from "../types.ts";
import { appendOnce, openExisting, stateOf, syncFile } from "./disk.ts";
import { batchText, headerText, type ThreadFile } from "./log.ts";
import { afterAppend, catchUp, holdsBatch, type Known } from "./reading.ts";
import { isStillThere } from "./replace.ts";
import { keepSnapshot, type Place } from "./snapshots.ts";

/** What came of an append: stored, with what is known since, or written to a file that is not the thread's any more. */
export type Written = { readonly known: Known | undefined; readonly place: Place | undefined } | "elsewhere";

/**
 * Appends a batch to a file that was read up to `known`.
 *
 * @throws CheckpointConflictError where somebody else's came first.
 */
export async function appendBatch(
  file: ThreadFile,
  handle: FileHandle,
  known: Known,
  events: readonly DurableEvent[],
  fsync: boolean,
): Promise<Written> {
  const { path, threadId } = file;
  const { version } = known.summary;
  const { id, text } = batchText(file, version, events);
  const length = await appendOnce(path, handle, text);
  const { size, isRetired } = await stateOf(path, handle);
  if (isRetired && !(await isStillThere(path, handle))) {
    // Its replacement was made of what was there by then, this batch among it or not.
    return (await isStored(file, id)) ? { known: undefined, place: undefined } : "elsewhere";
  }
  if (size === known.end + length) {
    if (fsync) await syncFile(path, handle);
    const now = afterAppend(known, length, events);
    return { known: now, place: { ...now, batch: id, start: known.end + 1 } };
  }
  const found = await catchUp(file, handle, known);
  if (!found.batches.has(id)) throw conflictError(threadId, version, found.known.summary.version);
  if (fsync) await syncFile(path, handle);
  return { known: found.known, place: undefined };
}

async function isStored(file: ThreadFile, id: string): Promise<boolean> {
  const handle = await openExisting(file.path, "read");
  if (handle === undefined) return false;
  try {
    return await holdsBatch(file, handle, id);
  } finally {
    await handle.close();
  }
}

/** A file's first text, and where its only batch is. */
export function firstTexts(
  file: ThreadFile,
  events: readonly DurableEvent[],
): { readonly texts: readonly string[]; readonly place: Place | undefined } {
  const header = headerText(file.threadId);
  const { id, text } = batchText(file, 0, events);
  let summary: ThreadSummary | undefined;
  for (const event of events) summary = summarize(summary, event);
  const before = Buffer.byteLength(header);
  const end = before + Buffer.byteLength(text);
  const place = summary === undefined ? undefined : { batch: id, start: before + 1, end, number: 2, summary };
  return { texts: [header, text], place };
}

/** Keeps a snapshot where it may. The events are stored: that it cannot be is no reason to say otherwise. */
export async function tryToKeep(
  file: ThreadFile,
  place: Place | undefined,
  draft: SnapshotDraft | undefined,
): Promise<void> {
  if (place === undefined || draft?.state.version !== place.summary.version) return;
  await keepSnapshot(file, place, draft).catch(() => undefined);
}
