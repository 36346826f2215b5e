/** Reading: the newest snapshot that can be restored, and events page by page. */
import type { AgentState, DurableEvent, StoredThread, ThreadSummary } from "@locus-sdk/core";
import { SCHEMA_VERSION } from "@locus-sdk/core";
import { checkRange, checkSchemaVersion, checkThreadId } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { decodeEvent, missingEventError } from "../shared/records.ts";
import { restoreNewest } from "../shared/snapshots.ts";
import { storedThread } from "../shared/threads.ts";
import type { Database, Query } from "./database.ts";
import {
  aliveSql,
  type Context,
  checked,
  count,
  THREAD_COLUMNS,
  type ThreadRow,
  threadRow,
  Values,
} from "./rows.ts";
import { digestOf } from "./text.ts";

/** A page of events ends where it has so many rows, or where it would have more bytes than this. */
const PAGE_ROWS = 500;
const PAGE_BYTES = 4_000_000;

/** The thread's row; `undefined` where there is none, or where it has outlived its time. */
export async function findThread(
  query: Query,
  context: Context,
  threadId: string,
  lock: "" | "FOR KEY SHARE" = "",
): Promise<ThreadRow | undefined> {
  checkThreadId(threadId);
  const values = new Values();
  const rows = await query(
    `SELECT ${THREAD_COLUMNS} FROM ${context.tables.threads} t
     WHERE t.digest = ${values.add(digestOf(threadId), "bytea")} AND ${aliveSql(context, values)} ${lock}`,
    values.list,
  );
  return rows[0] === undefined ? undefined : threadRow(rows[0]);
}

/** The thread as `Checkpointer.read` gives it. */
export async function readThread(
  database: Database,
  context: Context,
  threadId: string,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<StoredThread | undefined> {
  for (;;) {
    const found = await findWithSnapshot(database, context, threadId, upTo);
    if (found === undefined) return undefined;
    const { row, state } = found;
    checkSchemaVersion(threadId, row.schema_version);
    const version = Math.min(row.version, upTo);
    const events: DurableEvent[] = [];
    const range = { after: state?.version ?? 0, upTo: version };
    for await (const event of eventsOf(database.query, context, threadId, row.key, range)) events.push(event);
    // Another thread of its name, or none, is in the place of one that was deleted meanwhile.
    const isWhole = events.length === version - range.after;
    if (!isWhole && (await findThread(database.query, context, threadId))?.key !== row.key) continue;
    if (!isWhole) throw missingEventError(threadId, range.after + events.length + 1);
    return storedThread({ threadId, schemaVersion: row.schema_version, version, state, events });
  }
}

/** The events as `Checkpointer.events` gives them. */
export async function* readEvents(
  database: Database,
  context: Context,
  threadId: string,
  range: { readonly after?: number; readonly upTo?: number },
): AsyncGenerator<DurableEvent, void, undefined> {
  checkRange(range);
  const row = await findThread(database.query, context, threadId);
  if (row === undefined) return;
  checkSchemaVersion(threadId, row.schema_version);
  const upTo = Math.min(row.version, range.upTo ?? row.version);
  let last = range.after ?? 0;
  for await (const event of eventsOf(database.query, context, threadId, row.key, { after: last, upTo })) {
    yield event;
    last = event.sequence;
  }
  if (last < upTo) throw missingEventError(threadId, last + 1);
}

export interface EventRow {
  readonly sequence: number;
  readonly schema_version: number;
  readonly payload: string;
}
const eventRow: z.ZodType<EventRow> = z.object({
  sequence: count,
  schema_version: z.int(),
  payload: z.string(),
});

/** Stored events in pages, so that no more than one of these is held; `which` narrows them down. */
export async function* eventRows(
  query: Query,
  { tables }: Context,
  key: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
  which: "all" | "summed up" = "all",
): AsyncGenerator<readonly EventRow[], void, undefined> {
  // A summary comes of the first event, the last, and those that begin a run.
  const filter = which === "all" ? "" : "AND (opens_run OR sequence = 1 OR sequence = $3)";
  // The length of a value is known without reading it: a page stops before it grows too large, after one row at least.
  const sql = `
    SELECT sequence, schema_version, payload FROM (
      SELECT sequence, schema_version, payload,
        sum(octet_length(payload)) OVER (ORDER BY sequence ROWS UNBOUNDED PRECEDING) - octet_length(payload) AS before
      FROM (
        SELECT sequence, schema_version, payload FROM ${tables.events}
        WHERE thread = $1 AND sequence > $2 AND sequence <= $3 ${filter} ORDER BY sequence LIMIT ${PAGE_ROWS}
      ) AS candidates
    ) AS measured WHERE before < ${PAGE_BYTES} ORDER BY sequence`;
  for (let last = after; last < upTo; ) {
    const page = (await query(sql, [key, last, upTo])).map((row) => checked(eventRow, row));
    const end = page.at(-1);
    if (end === undefined) return;
    yield page;
    last = end.sequence;
  }
}

/** Gapless, or it ends at the gap. */
async function* eventsOf(
  query: Query,
  context: Context,
  threadId: string,
  key: string,
  range: { readonly after: number; readonly upTo: number },
): AsyncGenerator<DurableEvent, void, undefined> {
  let next = range.after + 1;
  for await (const page of eventRows(query, context, key, range)) {
    for (const { sequence, schema_version: schemaVersion, payload } of page) {
      if (sequence !== next) return;
      yield decodeEvent(context.codec, threadId, { sequence, schemaVersion, payload });
      next += 1;
    }
  }
}

const linkRow = z.object({ link: count.nullable(), base: count.nullable(), payload: z.string().nullable() });

async function findWithSnapshot(
  database: Database,
  context: Context,
  threadId: string,
  upTo: number,
): Promise<{ readonly row: ThreadRow; readonly state: AgentState | undefined } | undefined> {
  checkThreadId(threadId);
  const { tables } = context;
  const values = new Values();
  const limit = values.add(upTo, "bigint");
  const schema = values.add(SCHEMA_VERSION, "integer");
  const rows = await database.query(
    `SELECT ${THREAD_COLUMNS}, c.version AS link, c.base, c.payload
     FROM ${tables.threads} t LEFT JOIN LATERAL (
       WITH RECURSIVE chain AS (
         (SELECT version, base, payload FROM ${tables.snapshots}
          WHERE thread = t.key AND version <= ${limit} AND schema_version = ${schema} ORDER BY version DESC LIMIT 1)
         UNION ALL
         SELECT s.version, s.base, s.payload FROM chain
         JOIN ${tables.snapshots} s ON s.thread = t.key AND s.version = chain.base AND chain.base < chain.version
       ) SELECT version, base, payload FROM chain) AS c ON true
     WHERE t.digest = ${values.add(digestOf(threadId), "bytea")} AND ${aliveSql(context, values)}`,
    values.list,
  );
  if (rows[0] === undefined) return undefined;
  const row = threadRow(rows[0]);
  const newest = restore(context, threadId, rows);
  if (newest !== undefined || rows.every((each) => checked(linkRow, each).link === null))
    return { row, state: newest };
  // The newest cannot be read: an older one may be.
  const all = await database.query(
    `SELECT version AS link, base, payload FROM ${tables.snapshots} WHERE thread = $1 AND version <= $2`,
    [row.key, upTo],
  );
  return { row, state: restore(context, threadId, all) };
}

function restore(context: Context, threadId: string, rows: readonly unknown[]): AgentState | undefined {
  const payloads = new Map<number, string>();
  const links = rows.flatMap((row) => {
    const { link, base, payload } = checked(linkRow, row);
    if (link === null || payload === null) return [];
    payloads.set(link, payload);
    return [{ version: link, ...(base === null ? {} : { base }) }];
  });
  return links.length === 0
    ? undefined
    : restoreNewest(context.codec, threadId, links, (version) => payloads.get(version));
}

/** What a check of a fork needs of a row. */
export const headOfThread = (
  row: ThreadRow | undefined,
): Pick<ThreadSummary, "version" | "schemaVersion"> | undefined =>
  row === undefined ? undefined : { version: row.version, schemaVersion: row.schema_version };
