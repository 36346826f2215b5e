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

/** Rows at a time, and bytes of those. */
const BATCH = 200;
const BATCH_BYTES = 4_000_000;
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

/** Agents and metadata, which no count tells of. What is written meanwhile is so under its writer's current key. */
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
      if (isCurrent) continue;
      // Without a key this says which one is missing.
      const sealed = encodeFacts(codec, idOf(row.id), factsOf(context, row));
      await database.query(
        `UPDATE ${tables.threads} SET sealed = $5, metadata = NULL, agent = NULL
         WHERE key = $1 AND metadata::text IS NOT DISTINCT FROM $2 AND agent IS NOT DISTINCT FROM $3
           AND sealed IS NOT DISTINCT FROM $4`,
        [row.key, row.metadata, row.agent, row.sealed, sealed],
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
  { codec, keyId, tables }: Context,
  table: string,
  number: "sequence" | "version",
  placeOf: (threadId: string, number: number) => string,
): Promise<number> {
  // As with pages of events: lengths are known without reading, and one row at least is taken.
  const pageSql = `
    SELECT measured.thread, measured.number, t.id, measured.payload FROM (
      SELECT thread, number, payload,
        sum(octet_length(payload)) OVER (ORDER BY thread, number ROWS UNBOUNDED PRECEDING) - octet_length(payload) AS before
      FROM (
        SELECT thread, ${number} AS number, payload FROM ${table}
        WHERE (thread, ${number}) > ($1::bigint, $2::bigint) AND key_id IS DISTINCT FROM $3
        ORDER BY thread, ${number} LIMIT ${BATCH}
      ) AS candidates
    ) AS measured JOIN ${tables.threads} t ON t.key = measured.thread
    WHERE before < ${BATCH_BYTES} ORDER BY measured.thread, measured.number`;
  const updateSql = `
    UPDATE ${table} AS p SET payload = moved.payload, key_id = $1
    FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS moved (thread, number, payload)
    WHERE p.thread = moved.thread AND p.${number} = moved.number RETURNING p.thread`;
  let place: readonly [string, number] = ["0", 0];
  for (let rekeyed = 0; ; ) {
    const page = (await database.query(pageSql, [...place, keyId])).map((row) => checked(payloadRow, row));
    const last = page.at(-1);
    if (last === undefined) return rekeyed;
    place = [last.thread, last.number];
    const updated = await database.query(updateSql, [
      keyId,
      page.map(({ thread }) => thread),
      page.map((row) => row.number),
      page.map((row) => {
        const where = placeOf(idOf(row.id), row.number);
        return movePayload(codec, row.payload, where, where);
      }),
    ]);
    rekeyed += updated.length;
  }
}
