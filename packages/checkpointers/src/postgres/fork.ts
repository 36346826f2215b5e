/** Forking: the first events of a thread and their snapshots under another id, in one transaction. */
import { SCHEMA_VERSION, type ThreadSummary } from "@locus-sdk/core";
import { checkFork, forkExistsError, summarize } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { touchedAtOf } from "../shared/options.ts";
import { decodeEvent, encodeFacts, eventPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { type Database, DURABLY, type Query } from "./database.ts";
import { eventRows, findThread, headOfThread } from "./reading.ts";
import { aliveSql, type Context, checked, count, Values } from "./rows.ts";
import { digestOf, idText, jsonbText } from "./text.ts";

interface Fork {
  readonly threadId: string;
  readonly at: number;
  readonly newThreadId: string;
}

export async function forkThread(database: Database, context: Context, fork: Fork): Promise<void> {
  await database.transaction(async (query) => {
    // Locked, so that it is not deleted while it is copied.
    const source = await findThread(query, context, fork.threadId, "FOR KEY SHARE");
    checkFork(fork.threadId, headOfThread(source), fork.at, fork.newThreadId);
    if (source === undefined) return;
    const summary = await summaryAt(query, context, source.key, fork);
    const target = await insertThread(query, context, fork.newThreadId, summary);
    if (await isPlain(query, context, source.key, fork.at))
      await copyPlain(query, context, source.key, target, fork.at);
    else await copySealed(query, context, source.key, target, fork);
  });
}

/** The thread's summary as of event `at`, under the new id. */
async function summaryAt(query: Query, context: Context, key: string, fork: Fork): Promise<ThreadSummary> {
  let summary: ThreadSummary | undefined;
  const range = { after: 0, upTo: fork.at };
  for await (const page of eventRows(query, context, key, range, "summed up")) {
    for (const { sequence, schema_version: schemaVersion, payload } of page) {
      const event = decodeEvent(context.codec, fork.threadId, { sequence, schemaVersion, payload });
      summary = summarize(summary, event, schemaVersion);
    }
  }
  if (summary === undefined) throw new RangeError("a thread has at least one event");
  return { ...summary, threadId: fork.newThreadId };
}

const keyRow = z.object({ key: z.coerce.string() });

async function insertThread(
  query: Query,
  context: Context,
  threadId: string,
  summary: ThreadSummary,
): Promise<string> {
  const { tables, codec, keyId } = context;
  // One that has outlived its time gives way.
  const expired = new Values();
  await query(
    `DELETE FROM ${tables.threads} t
     WHERE t.digest = ${expired.add(digestOf(threadId), "bytea")} AND NOT (${aliveSql(context, expired)})`,
    expired.list,
  );
  const { agent, metadata } = summary;
  const isSealed = keyId !== null;
  const values = new Values();
  const columns: Record<string, string> = {
    digest: values.add(digestOf(threadId)),
    id: values.add(idText(threadId)),
    version: values.add(summary.version),
    schema_version: values.add(SCHEMA_VERSION),
    created_at: values.add(summary.createdAt),
    updated_at: values.add(summary.updatedAt),
    updated_ms: values.add(touchedAtOf(summary.updatedAt)),
    metadata: values.add(isSealed || metadata === undefined ? null : jsonbText(metadata)),
    agent: values.add(isSealed || agent === undefined ? null : JSON.stringify(agent)),
    sealed: values.add(isSealed ? encodeFacts(codec, threadId, summary) : null),
  };
  const [row] = await query(
    `INSERT INTO ${tables.threads} (${Object.keys(columns).join(", ")}) VALUES (${Object.values(columns).join(", ")})
     ON CONFLICT (digest) DO NOTHING RETURNING key, ${DURABLY}`,
    values.list,
  );
  if (row === undefined) throw forkExistsError(threadId);
  return checked(keyRow, row).key;
}

/** Whether everything to copy is plain and may stay so: payloads do not say which thread they are of. */
async function isPlain(query: Query, { tables, keyId }: Context, key: string, at: number): Promise<boolean> {
  if (keyId !== null) return false;
  const [row] = await query(
    `SELECT EXISTS (SELECT FROM ${tables.events} WHERE thread = $1 AND sequence <= $2 AND key_id IS NOT NULL)
       OR EXISTS (SELECT FROM ${tables.snapshots} WHERE thread = $1 AND version <= $2 AND key_id IS NOT NULL) AS sealed`,
    [key, at],
  );
  return !checked(z.object({ sealed: z.boolean() }), row).sealed;
}

async function copyPlain(
  query: Query,
  { tables }: Context,
  source: string,
  target: string,
  at: number,
): Promise<void> {
  await query(
    `INSERT INTO ${tables.events} (thread, sequence, schema_version, opens_run, payload)
     SELECT $2::bigint, sequence, schema_version, opens_run, payload FROM ${tables.events}
     WHERE thread = $1 AND sequence <= $3`,
    [source, target, at],
  );
  await query(
    `INSERT INTO ${tables.snapshots} (thread, version, base, schema_version, payload)
     SELECT $2::bigint, version, base, schema_version, payload FROM ${tables.snapshots}
     WHERE thread = $1 AND version <= $3`,
    [source, target, at],
  );
}

async function copySealed(
  query: Query,
  context: Context,
  source: string,
  target: string,
  fork: Fork,
): Promise<void> {
  const { tables, codec, keyId } = context;
  const { threadId, newThreadId, at } = fork;
  for await (const page of eventRows(query, context, source, { after: 0, upTo: at })) {
    await query(
      `INSERT INTO ${tables.events} (thread, sequence, schema_version, opens_run, key_id, payload)
       SELECT $2::bigint, e.sequence, e.schema_version, e.opens_run, $3::text, moved.payload
       FROM unnest($4::bigint[], $5::text[]) AS moved (sequence, payload)
       JOIN ${tables.events} e ON e.thread = $1 AND e.sequence = moved.sequence`,
      [
        source,
        target,
        keyId,
        page.map(({ sequence }) => sequence),
        page.map(({ sequence, payload }) =>
          movePayload(codec, payload, eventPlace(threadId, sequence), eventPlace(newThreadId, sequence)),
        ),
      ],
    );
  }
  const versions = await query(
    `SELECT version FROM ${tables.snapshots} WHERE thread = $1 AND version <= $2 ORDER BY version`,
    [source, at],
  );
  for (const row of versions) {
    const { version } = checked(z.object({ version: count }), row);
    const [found] = await query(
      `SELECT payload FROM ${tables.snapshots} WHERE thread = $1 AND version = $2`,
      [source, version],
    );
    const { payload } = checked(z.object({ payload: z.string() }), found);
    const moved = movePayload(
      codec,
      payload,
      snapshotPlace(threadId, version),
      snapshotPlace(newThreadId, version),
    );
    await query(
      `INSERT INTO ${tables.snapshots} (thread, version, base, schema_version, key_id, payload)
       SELECT $2::bigint, version, base, schema_version, $3::text, $4::text FROM ${tables.snapshots}
       WHERE thread = $1 AND version = $5`,
      [source, target, keyId, moved, version],
    );
  }
}
