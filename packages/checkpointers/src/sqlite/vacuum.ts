/** Clears up: old threads, snapshots out of use, what is under another key; then gives the space back. All in small steps. */
import { setImmediate as pause } from "node:timers/promises";
import { SCHEMA_VERSION, type VacuumReport } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { isExpired } from "../shared/options.ts";
import { versionsInUse } from "../shared/snapshots.ts";
import { integer } from "./columns.ts";
import type { SqliteDatabase, Statements } from "./database.ts";
import { removeOldLeases } from "./leases.ts";
import { rekeyThread } from "./rekey.ts";
import { linksOf } from "./snapshots.ts";
import { deleteThread, findThread, pageByKey, type Thread } from "./threads.ts";

export interface VacuumSettings {
  readonly codec: PayloadCodec;
  readonly ttlMs: number | undefined;
  readonly rekey: boolean;
}

/** Pages of the file that are given back at once. */
const FREED_PAGES = 256;

export async function vacuum(database: SqliteDatabase, settings: VacuumSettings): Promise<VacuumReport> {
  let deletedThreads = 0;
  let rekeyed = 0;
  let after = 0;
  for (;;) {
    const page = await database.read("list threads", (sql) => pageByKey(sql, after));
    for (const thread of page) {
      await pause();
      const isGone = await database.write("clear up", (sql) => clearUp(sql, thread, settings.ttlMs));
      if (isGone) deletedThreads += 1;
      else if (settings.rekey) rekeyed += await rekeyThread(database, settings.codec, thread);
      after = thread.key;
    }
    if (page.length === 0) break;
  }
  await database.write("remove old leases", removeOldLeases);
  await shrink(database);
  return { deletedThreads, rekeyed };
}

/** @returns Whether the thread had outlived its time and is deleted. */
function clearUp(sql: Statements, { key, threadId }: Thread, ttlMs: number | undefined): boolean {
  // It may have been written to, or begun anew, since the list was made.
  const thread = findThread(sql, threadId);
  if (thread?.key !== key) return false;
  if (isExpired(thread.touchedAt, ttlMs)) {
    deleteThread(sql, thread);
    return true;
  }
  if (thread.schemaVersion <= SCHEMA_VERSION) removeSnapshots(sql, thread);
  return false;
}

/** Those that the newest one does not build on, and those of earlier schema versions, which nobody restores any more. */
function removeSnapshots(sql: Statements, { key, version }: Thread): void {
  const used = versionsInUse(linksOf(sql, key, version));
  for (const row of sql.all("SELECT version FROM snapshots WHERE thread = ?", key)) {
    const version = integer(row, "version");
    if (!used.has(version)) sql.run("DELETE FROM snapshots WHERE thread = ? AND version = ?", key, version);
  }
}

/** Gives the space of what was deleted back to the disk, and what is still in the write-ahead log to the file. */
async function shrink(database: SqliteDatabase): Promise<void> {
  const freePages = async (): Promise<number> =>
    await database.read("count free pages", (sql) =>
      integer(sql.get("PRAGMA freelist_count") ?? {}, "freelist_count"),
    );
  for (let free = await freePages(), before = Number.POSITIVE_INFINITY; free > 0 && free < before; ) {
    await pause();
    await database.read("free pages", (sql) => sql.all(`PRAGMA incremental_vacuum(${FREED_PAGES})`));
    before = free;
    free = await freePages();
  }
  // Where somebody is reading it does what it can, and says so instead of waiting.
  await database.read("empty the write-ahead log", (sql) => sql.all("PRAGMA wal_checkpoint(TRUNCATE)"));
}
