/** Forking: the first events of a thread and their snapshots under another id, in one transaction. */
import { SCHEMA_VERSION } from "@locus-sdk/core";
import { checkFork, type EventFacts, forkExistsError, withThreadId } from "@locus-sdk/core/checkpoint";
import type { StoreSettings } from "../shared/options.ts";
import { missingEventError, movePayload, nextFacts } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { eventBatches, insertBatch, insertSnapshot, snapshotLinks, snapshotPayload } from "./batches.ts";
import { type Database, type Session, tolerating } from "./database.ts";
import { UNIQUE_VIOLATED } from "./driver.ts";
import { digestOf, findThread, headOf, insertThread, living, newLife, type ThreadRow } from "./rows.ts";

export interface Fork {
  readonly threadId: string;
  readonly at: number;
  readonly newThreadId: string;
}

export async function forkThread(database: Database, settings: StoreSettings, fork: Fork): Promise<void> {
  const { threadId, at, newThreadId } = fork;
  const source = living(await findThread(database, threadId), settings.ttlMs);
  checkFork(threadId, source, at, newThreadId);
  if (source === undefined) return;
  const told = await factsAt(database, settings, source, at);
  const isDone = await tolerating([UNIQUE_VIOLATED], async () => {
    await database.transaction(async (session) => {
      const there = await findThread(session, newThreadId, "lockThread");
      if (living(there, settings.ttlMs) !== undefined) throw forkExistsError(newThreadId);
      if (there !== undefined) await session.change("deleteThread", { life: there.life });
      const life = newLife();
      const facts = nextFacts(settings.codec, newThreadId, undefined, told.starts);
      await insertThread(session, {
        threadId: newThreadId,
        digest: digestOf(newThreadId),
        head: headOf(Buffer.from(newThreadId, "utf8")),
        life,
        version: at,
        schemaVersion: SCHEMA_VERSION,
        createdAt: source.createdAt,
        updatedAt: told.updatedAt,
        // Its time to live counts from now, however old its last event is.
        touchedAt: Date.now(),
        facts,
      });
      await copy(session, settings, source, { life, at, newThreadId });
    });
    return true;
  });
  if (isDone === undefined) throw forkExistsError(newThreadId);
}

/** What a list says of the thread as of event `at`. */
async function factsAt(
  database: Database,
  { codec }: StoreSettings,
  source: ThreadRow,
  at: number,
): Promise<{ readonly starts: readonly EventFacts[]; readonly updatedAt: string }> {
  const starts: EventFacts[] = [];
  let updatedAt: string | undefined;
  for await (const batch of eventBatches(database, codec, source, 0, at)) {
    for (const event of batch) {
      if (event.type === "run_start") starts.push(event);
      if (event.sequence === at) updatedAt = event.timestamp;
    }
  }
  if (updatedAt === undefined) throw missingEventError(source.threadId, at);
  return { starts, updatedAt };
}

async function copy(
  session: Session,
  { codec }: StoreSettings,
  source: ThreadRow,
  { life, at, newThreadId }: { readonly life: Uint8Array; readonly at: number; readonly newThreadId: string },
): Promise<void> {
  for await (const [first, ...others] of eventBatches(session, codec, source, 0, at)) {
    const copies = others.map((event) => withThreadId(event, newThreadId));
    await insertBatch(session, codec, life, [withThreadId(first, newThreadId), ...copies]);
  }
  for (const link of await snapshotLinks(session, source.life, at)) {
    const payload = await snapshotPayload(session, source.life, link.version);
    if (payload === undefined) continue;
    const [from, to] = [
      snapshotPlace(source.threadId, link.version),
      snapshotPlace(newThreadId, link.version),
    ];
    await insertSnapshot(session, life, { ...link, payload: movePayload(codec, payload, from, to) });
  }
}
