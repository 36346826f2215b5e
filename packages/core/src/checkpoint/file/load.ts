/** A thread as it is loaded: its latest snapshot and the events after it, read from there on. */
import type { FileHandle } from "node:fs/promises";
import type { DurableEvent } from "../../events/types.ts";
import type { StoredThread } from "../types.ts";
import type { ThreadFile } from "./log.ts";
import { storedBatches } from "./reading.ts";
import { latestState, snapshotsOf } from "./snapshots.ts";

/** @throws SchemaVersionError, CheckpointError */
export async function storedThread(
  file: ThreadFile,
  handle: FileHandle,
  { upTo }: { readonly upTo?: number },
): Promise<StoredThread | undefined> {
  const { threadId } = file;
  const latest = latestState(threadId, await snapshotsOf(file, handle, upTo));
  const events: DurableEvent[] = [];
  let schemaVersion = latest?.place.summary.schemaVersion;
  const after = latest?.state.version ?? 0;
  for await (const batch of storedBatches(
    file,
    handle,
    { after, ...(upTo === undefined ? {} : { upTo }) },
    latest?.place,
  )) {
    schemaVersion = batch.schemaVersion;
    for (const event of batch.events) events.push(event);
  }
  if (schemaVersion === undefined) return undefined;
  return Object.freeze({
    threadId,
    schemaVersion,
    version: after + events.length,
    ...(latest === undefined ? {} : { snapshot: Object.freeze({ version: after, state: latest.state }) }),
    events: Object.freeze(events),
  });
}
