/** Clearing up: threads that outlived their time, snapshots and leases nobody needs; and everything under the current key. */
import { SCHEMA_VERSION, type VacuumReport } from "@locus-sdk/core";
import { z } from "zod";
import { encodeFacts, eventPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import type { Database } from "./database.ts";
import {
  aliveSql,
  type Context,
  checked,
  count,
  factsOf,
  THREAD_COLUMNS,
  threadRow,
  Values,
} from "./rows.ts";
import { idOf } from "./text.ts";

const BATCH = 200;
/** A writer that was stopped for longer than this is told that its lease is lost, whether or not somebody has the next. */
const LEASE_KEPT = "interval '7 days'";

export async function vacuumThreads(
  database: Database,
  context: Context,
  rekey: boolean,
): Promise<VacuumReport> {
  const { tables } = context;
  const deletedThreads = await deleteExpired(database, context);
  // No version from here on can restore them: the events tell the same.
  await database.query(`DELETE FROM ${tables.snapshots} WHERE schema_version < $1`, [SCHEMA_VERSION]);
  await database.query(`DELETE FROM ${tables.leases} WHERE expires_at < clock_timestamp() - ${LEASE_KEPT}`);
  if (!rekey) return { deletedThreads, rekeyed: 0 };
  await rekeySummaries(database, context);
  const events = await rekeyPayloads(database, context, tables.events, "sequence", eventPlace);
  const snapshots = await rekeyPayloads(database, context, tables.snapshots, "version", snapshotPlace);
  return { deletedThreads, rekeyed: events + snapshots };
}

async function deleteExpired(database: Database, context: Context): Promise<number> {
  if (context.ttlMs === undefined) return 0;
  const { threads } = context.tables;
  for (let deleted = 0; ; ) {
    const values = new Values();
    const rows = await database.query(
      `DELETE FROM ${threads} WHERE key IN (
         SELECT t.key FROM ${threads} t WHERE NOT (${aliveSql(context, values)}) LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
       RETURNING key`,
      values.list,
    );
    deleted += rows.length;
    if (rows.length === 0) return deleted;
  }
}

/** Agents and metadata, which no count tells of. One that is written meanwhile is so under the current key. */
async function rekeySummaries(database: Database, context: Context): Promise<void> {
  const { codec, keyId, tables } = context;
  let last = "0";
  for (;;) {
    const rows = await database.query(
      `SELECT ${THREAD_COLUMNS} FROM ${tables.threads} t WHERE t.key > $1 ORDER BY t.key LIMIT ${BATCH}`,
      [last],
    );
    for (const row of rows.map(threadRow)) {
      last = row.key;
      const isCurrent = row.sealed === null ? keyId === null : keyId !== null && codec.isCurrent(row.sealed);
      if (isCurrent || (row.sealed === null && row.metadata === null && row.agent === null)) continue;
      // Without a key this says which one is missing.
      const sealed = encodeFacts(codec, idOf(row.id), factsOf(context, row));
      await database.query(
        `UPDATE ${tables.threads} SET sealed = $3, metadata = NULL, agent = NULL WHERE key = $1 AND version = $2`,
        [row.key, row.version, sealed],
      );
    }
    if (rows.length < BATCH) return;
  }
}

const payloadRow = z.object({
  thread: z.coerce.string(),
  number: count,
  id: z.string(),
  payload: z.string(),
});

async function rekeyPayloads(
  database: Database,
  { codec, keyId }: Context,
  table: string,
  number: "sequence" | "version",
  placeOf: (threadId: string, number: number) => string,
): Promise<number> {
  const threads = `${table.slice(0, table.lastIndexOf("."))}.threads`;
  let place: readonly [string, number] = ["0", 0];
  for (let rekeyed = 0; ; ) {
    // One at a time, as each may be large; found by an index all the same.
    const [found] = await database.query(
      `SELECT p.thread, p.${number} AS number, t.id, p.payload FROM ${table} p JOIN ${threads} t ON t.key = p.thread
       WHERE (p.thread, p.${number}) > ($1::bigint, $2::bigint) AND p.key_id IS DISTINCT FROM $3
       ORDER BY p.thread, p.${number} LIMIT 1`,
      [...place, keyId],
    );
    if (found === undefined) return rekeyed;
    const row = checked(payloadRow, found);
    place = [row.thread, row.number];
    const where = placeOf(idOf(row.id), row.number);
    const rows = await database.query(
      `UPDATE ${table} SET payload = $3, key_id = $4 WHERE thread = $1 AND ${number} = $2 RETURNING thread`,
      [row.thread, row.number, movePayload(codec, row.payload, where, where), keyId],
    );
    rekeyed += rows.length;
  }
}
