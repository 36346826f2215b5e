/** Clearing up: threads that outlived their time, snapshots and leases nobody needs; and everything under the current key. */
import type { VacuumReport } from "@locus-sdk/core";
import type { StoreSettings } from "../shared/options.ts";
import { factsPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace, versionsInUse } from "../shared/snapshots.ts";
import { batchPlace, batchRows, snapshotLinks, snapshotPayload } from "./batches.ts";
import { type Database, large } from "./database.ts";
import { threadRows } from "./list.ts";
import { findThread, living, type ThreadRow } from "./rows.ts";

/** Thread by thread, in small transactions: nobody waits for it for long. */
export async function vacuum(
  database: Database,
  settings: StoreSettings,
  isRekeyed: boolean,
): Promise<VacuumReport> {
  const report = { deletedThreads: 0, rekeyed: 0 };
  for await (const thread of threadRows(database, {})) {
    if (living(thread, settings.ttlMs) === undefined) {
      const oldest = Date.now() - (settings.ttlMs ?? 0);
      const values = { life: thread.life, oldest };
      report.deletedThreads += await database.transaction(
        async (session) => await session.change("deleteExpired", values),
      );
      continue;
    }
    await removeSnapshots(database, thread);
    if (isRekeyed) report.rekeyed += await rekeyUnlessGone(database, settings, thread);
  }
  await database.transaction(async (session) => await session.change("deleteOldLeases"));
  return report;
}

async function removeSnapshots(database: Database, { life }: ThreadRow): Promise<void> {
  const links = await snapshotLinks(database, life, Number.MAX_SAFE_INTEGER);
  const used = versionsInUse(links);
  const unused = links.filter(({ version }) => !used.has(version));
  if (unused.length === 0) return;
  await database.transaction(async (session) => {
    for (const { version } of unused) await session.change("deleteSnapshot", { life, version });
  });
}

/** What becomes of a thread that is deleted in the meantime is nobody's concern. */
async function rekeyUnlessGone(
  database: Database,
  settings: StoreSettings,
  thread: ThreadRow,
): Promise<number> {
  try {
    return await rekeyThread(database, settings, thread);
  } catch (error) {
    const now = await findThread(database, thread.threadId);
    if (now !== undefined && Buffer.compare(now.life, thread.life) === 0) throw error;
    return 0;
  }
}

/** Payloads that are not as they would be written today are written anew. */
async function rekeyThread(
  database: Database,
  { codec }: StoreSettings,
  { threadId, life, version }: ThreadRow,
): Promise<number> {
  let rekeyed = 0;
  const anew = (payload: string, place: string): string | undefined =>
    codec.isCurrent(payload) ? undefined : movePayload(codec, payload, place, place);
  for await (const batch of batchRows(database, { threadId, life }, 0, version)) {
    const payload = anew(batch.payload, batchPlace(threadId, batch.first));
    if (payload === undefined) continue;
    const values = { life, last_sequence: batch.last, payload: large(payload) };
    rekeyed += await database.transaction(async (session) => await session.change("updateBatch", values));
  }
  for (const link of await snapshotLinks(database, life, Number.MAX_SAFE_INTEGER)) {
    const stored = await snapshotPayload(database, life, link.version);
    const payload = stored === undefined ? undefined : anew(stored, snapshotPlace(threadId, link.version));
    if (payload === undefined) continue;
    const values = { life, version: link.version, payload: large(payload) };
    rekeyed += await database.transaction(async (session) => await session.change("updateSnapshot", values));
  }
  rekeyed += await database.transaction(async (session) => {
    // Held, since an append may be about to change it.
    const thread = await findThread(session, threadId, "lockThread");
    const facts = thread === undefined ? undefined : anew(thread.facts, factsPlace(threadId));
    if (thread === undefined || facts === undefined) return 0;
    return await session.change("updateFacts", { life: thread.life, facts: large(facts) });
  });
  return rekeyed;
}
