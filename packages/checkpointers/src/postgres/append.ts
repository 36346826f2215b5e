/** Appending: the comparison, the thread's row, its events and its snapshot in one statement. */
import {
  type AppendOptions,
  CheckpointError,
  type DurableEvent,
  LeaseLostError,
  SCHEMA_VERSION,
  type ThreadSummary,
} from "@locus-sdk/core";
import { checkBatch, checkSchemaVersion, conflictError, summarize } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { touchedAtOf } from "../shared/options.ts";
import { decodeFacts, encodeEvent, encodeFacts } from "../shared/records.ts";
import { checkSnapshot, encodeSnapshot } from "../shared/snapshots.ts";
import { type Database, DURABLY } from "./database.ts";
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
import { digestOf, idText, jsonbText } from "./text.ts";

export interface Append {
  readonly threadId: string;
  readonly expectedVersion: number;
  readonly events: readonly DurableEvent[];
  readonly options: AppendOptions;
}

/** Times that an append is tried whose thread changed and changed back while it was asked why it was refused. */
const MAX_ATTEMPTS = 20;

export async function appendEvents(database: Database, context: Context, append: Append): Promise<void> {
  const { threadId, expectedVersion, events, options } = append;
  checkBatch(threadId, expectedVersion, events);
  checkSnapshot(threadId, expectedVersion + events.length, options.snapshot);
  const batch = events.reduce<ThreadSummary | undefined>(
    (before, event) => summarize(before, event),
    undefined,
  );
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (batch !== undefined) {
      const facts = await factsColumns(database, context, append, batch);
      if (facts !== undefined && (await write(database, context, append, batch, facts))) return;
    }
    if ((await explain(database, context, append)) && batch === undefined) return;
  }
  throw new CheckpointError(`thread "${threadId}" changed all the time while it was appended to`, {
    retryable: true,
  });
}

const startsRun = ({ type }: DurableEvent): boolean => type === "run_start";

/** What a thread's row says of agent and metadata after the batch. Absent: as before. */
interface FactsColumns {
  readonly metadata?: string | null;
  readonly agent?: string | null;
  readonly sealed?: string;
}

/** `undefined` where the thread is not at the expected version. */
async function factsColumns(
  database: Database,
  context: Context,
  { threadId, expectedVersion, events }: Append,
  batch: ThreadSummary,
): Promise<FactsColumns | undefined> {
  const { agent, metadata } = batch;
  if (context.keyId === null) {
    return {
      ...(metadata === undefined ? {} : { metadata: jsonbText(metadata) }),
      ...(agent === undefined ? {} : { agent: JSON.stringify(agent) }),
    };
  }
  if (expectedVersion > 0 && !events.some(startsRun)) return {};
  // The server cannot merge what it cannot read.
  let before: ReturnType<typeof factsOf> = {};
  if (expectedVersion > 0) {
    const sql = `SELECT ${THREAD_COLUMNS} FROM ${context.tables.threads} t WHERE t.digest = $1`;
    const [found] = (await database.query(sql, [digestOf(threadId)])).map(threadRow);
    if (found?.version !== expectedVersion) return undefined;
    before = factsOf(context, found);
  }
  const merged = metadata === undefined ? before.metadata : { ...before.metadata, ...metadata };
  const facts = {
    ...(agent === undefined ? {} : { agent }),
    ...(merged === undefined ? {} : { metadata: merged }),
  };
  return { metadata: null, agent: null, sealed: encodeFacts(context.codec, threadId, facts) };
}

/** @returns Whether it was written; nothing is where the version, the fence or the layout of the thread is another. */
async function write(
  database: Database,
  context: Context,
  { threadId, expectedVersion, events, options }: Append,
  batch: ThreadSummary,
  facts: FactsColumns,
): Promise<boolean> {
  const { tables, codec, keyId } = context;
  const values = new Values();
  const digest = values.add(digestOf(threadId), "bytea");
  const parts: string[] = [];
  const { fence } = options;
  if (fence !== undefined) {
    // Locked, so that nobody is given the next lease before this is written.
    parts.push(`held AS MATERIALIZED (
      SELECT FROM ${tables.leases} WHERE digest = ${digest} AND fence <= ${values.add(fence, "bigint")} FOR SHARE)`);
  }
  const isHeld = fence === undefined ? "true" : "EXISTS (SELECT FROM held)";

  const columns: Record<string, string> = {
    version: values.add(batch.version, "bigint"),
    schema_version: values.add(SCHEMA_VERSION, "integer"),
    updated_at: values.add(batch.updatedAt, "text"),
    updated_ms: values.add(touchedAtOf(batch.updatedAt), "bigint"),
  };
  // What another instance encrypted takes the place of plain columns: without its key nothing can be added to it.
  const tellsFacts = facts.agent !== undefined || facts.metadata !== undefined;
  if (facts.agent !== undefined) columns.agent = values.add(facts.agent, "text");
  if (facts.sealed !== undefined) columns.sealed = values.add(facts.sealed, "text");
  if (expectedVersion === 0) {
    if (facts.metadata !== undefined) columns.metadata = values.add(facts.metadata, "jsonb");
    columns.digest = digest;
    columns.id = values.add(idText(threadId), "text");
    columns.created_at = values.add(batch.createdAt, "text");
    parts.push(`thread AS (
      INSERT INTO ${tables.threads} (${Object.keys(columns).join(", ")})
      SELECT ${Object.values(columns).join(", ")} WHERE ${isHeld}
      ON CONFLICT (digest) DO NOTHING RETURNING key)`);
  } else {
    if (facts.metadata === null) columns.metadata = "NULL";
    else if (facts.metadata !== undefined) {
      columns.metadata = `coalesce(t.metadata, '{}') || ${values.add(facts.metadata, "jsonb")}`;
    }
    parts.push(`thread AS (
      UPDATE ${tables.threads} t SET ${Object.entries(columns)
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ")}
      WHERE t.digest = ${digest} AND t.version = ${values.add(expectedVersion, "bigint")}
        AND t.schema_version <= ${columns.schema_version} AND ${aliveSql(context, values)} AND ${isHeld}
        ${tellsFacts && keyId === null ? "AND t.sealed IS NULL" : ""}
      RETURNING t.key)`);
  }

  const key = values.add(keyId, "text");
  parts.push(`stored AS (
    INSERT INTO ${tables.events} (thread, sequence, schema_version, opens_run, key_id, payload)
    SELECT thread.key, ${values.add(expectedVersion, "bigint")} + e.number, ${columns.schema_version}, e.opens_run, ${key}, e.payload
    FROM thread, unnest(${values.add(events.map(startsRun), "boolean[]")}, ${values.add(
      events.map((event) => encodeEvent(codec, event)),
      "text[]",
    )}) WITH ORDINALITY AS e (opens_run, payload, number))`);
  if (options.snapshot !== undefined) {
    const link = encodeSnapshot(codec, options.snapshot, () => true);
    const base = values.add(link.base ?? null, "bigint");
    // Without the one it builds on it could not be read, and is left out.
    parts.push(`kept AS (
      INSERT INTO ${tables.snapshots} (thread, version, base, schema_version, key_id, payload)
      SELECT thread.key, ${columns.version}, ${base}, ${columns.schema_version}, ${key}, ${values.add(link.payload, "text")}
      FROM thread WHERE ${base} IS NULL OR EXISTS (
        SELECT FROM ${tables.snapshots} s WHERE s.thread = thread.key AND s.version = ${base}))`);
  }
  const rows = await database.query(`WITH ${parts.join(",\n")} SELECT ${DURABLY} FROM thread`, values.list);
  return rows.length > 0;
}

const standing = z.object({
  version: count.nullable(),
  schema_version: z.int().nullable(),
  alive: z.boolean().nullable(),
  sealed: z.string().nullable(),
  fence: count.nullable(),
});

/**
 * Why nothing was written.
 *
 * @returns `true` where nothing stands in the way: it did a moment ago, or there was nothing to write.
 */
async function explain(
  database: Database,
  context: Context,
  { threadId, expectedVersion, events, options }: Append,
): Promise<boolean> {
  const { tables } = context;
  const values = new Values();
  const digest = values.add(digestOf(threadId), "bytea");
  const rows = await database.query(
    `SELECT t.version, t.schema_version, ${aliveSql(context, values)} AS alive, t.sealed, l.fence
     FROM (SELECT) AS one LEFT JOIN ${tables.threads} t ON t.digest = ${digest}
       LEFT JOIN ${tables.leases} l ON l.digest = ${digest}`,
    values.list,
  );
  const found = checked(standing, rows[0]);
  const isThere = found.version !== null && found.alive === true;
  if (isThere) checkSchemaVersion(threadId, found.schema_version ?? 0);
  if (options.fence !== undefined && (found.fence === null || found.fence > options.fence)) {
    throw new LeaseLostError(
      `the lease of the thread "${threadId}" ran out and somebody else was given the next`,
      {
        hint: "Read the thread again; what is stored is whole.",
      },
    );
  }
  const version = isThere ? (found.version ?? 0) : 0;
  if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
  if (isThere && found.sealed !== null && context.keyId === null && events.some(startsRun)) {
    // It says which key is missing.
    decodeFacts(context.codec, threadId, found.sealed);
  }
  if (found.version !== null && !isThere) await removeExpired(database, context, threadId);
  return true;
}

/** Makes room for a new thread where one has outlived its time. */
async function removeExpired(database: Database, context: Context, threadId: string): Promise<void> {
  const values = new Values();
  await database.query(
    `DELETE FROM ${context.tables.threads} t
     WHERE t.digest = ${values.add(digestOf(threadId), "bytea")} AND NOT (${aliveSql(context, values)})`,
    values.list,
  );
}
