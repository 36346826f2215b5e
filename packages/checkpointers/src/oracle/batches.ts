/** Batches of events and snapshots as rows. */
import {
  type AgentState,
  CheckpointError,
  type DurableEvent,
  parseJson,
  SCHEMA_VERSION,
} from "@locus-sdk/core";
import { checkSchemaVersion, type PayloadCodec, readStoredEvent } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { missingEventError } from "../shared/records.ts";
import { restoreNewest, type SnapshotLink, versionsInUse } from "../shared/snapshots.ts";
import { large, type Reader, type Session } from "./database.ts";
import { checkedRow, type ThreadRow } from "./rows.ts";

/** Batches that are fetched at once. */
const PAGE = 50;

export interface BatchRow {
  readonly first: number;
  readonly last: number;
  readonly schemaVersion: number;
  readonly payload: string;
}
const batchRow = z.object({
  FIRST_SEQUENCE: z.int(),
  LAST_SEQUENCE: z.int(),
  SCHEMA_VERSION: z.int(),
  PAYLOAD: z.string(),
});

export const batchPlace = (threadId: string, first: number): string => `events/${first}/${threadId}`;

export async function insertBatch(
  session: Session,
  codec: PayloadCodec,
  life: Uint8Array,
  events: readonly [DurableEvent, ...DurableEvent[]],
): Promise<void> {
  const [{ threadId, sequence: first }] = events;
  const bodies = events.map(({ threadId: _id, sequence: _sequence, ...rest }) => rest);
  await session.change("insertBatch", {
    life,
    first_sequence: first,
    last_sequence: first + events.length - 1,
    schema_version: SCHEMA_VERSION,
    payload: large(codec.encode(JSON.stringify(bodies), batchPlace(threadId, first))),
  });
}

/** Those that hold the events after `after`, page by page. */
export async function* batchRows(
  reader: Reader,
  thread: Pick<ThreadRow, "threadId" | "life">,
  after: number,
  upTo: number,
): AsyncGenerator<BatchRow, void, undefined> {
  for (let end = after; end < upTo; ) {
    const values = { life: thread.life, after: end, page: PAGE };
    const page = await reader.rows("batches", values);
    if (page.length === 0) throw missingEventError(thread.threadId, end + 1);
    for (const row of page) {
      const batch = batchOf(row);
      if (batch.first > end + 1) throw missingEventError(thread.threadId, end + 1);
      yield batch;
      end = batch.last;
      if (end >= upTo) return;
    }
  }
}

function batchOf(row: unknown): BatchRow {
  const found = checkedRow(batchRow, row);
  return {
    first: found.FIRST_SEQUENCE,
    last: found.LAST_SEQUENCE,
    schemaVersion: found.SCHEMA_VERSION,
    payload: found.PAYLOAD,
  };
}

/** The events of a batch, checked and frozen. @throws SchemaVersionError, CheckpointError */
function decodeBatch(codec: PayloadCodec, threadId: string, batch: BatchRow): readonly DurableEvent[] {
  const { first, last, schemaVersion, payload } = batch;
  checkSchemaVersion(threadId, schemaVersion);
  const bodies: unknown = parseJson(codec.decode(payload, batchPlace(threadId, first)));
  if (!Array.isArray(bodies) || bodies.length !== last - first + 1) {
    throw new CheckpointError(
      `thread "${threadId}" is damaged: events ${first} to ${last} are not what was stored`,
      {
        hint: "The stored data was changed from outside. Restore it from a backup, or delete the thread.",
      },
    );
  }
  return bodies.map((body: unknown, index) => {
    const sequence = first + index;
    const event = typeof body === "object" ? { ...body, threadId, sequence } : body;
    return readStoredEvent(event, { threadId, schemaVersion, where: `event ${sequence}` });
  });
}

/** The events of a range, batch by batch. */
export async function* eventBatches(
  reader: Reader,
  codec: PayloadCodec,
  thread: ThreadRow,
  after: number,
  upTo: number,
): AsyncGenerator<readonly [DurableEvent, ...DurableEvent[]], void, undefined> {
  for await (const batch of batchRows(reader, thread, after, upTo)) {
    const events = decodeBatch(codec, thread.threadId, batch);
    const [first, ...others] = events.slice(Math.max(0, after + 1 - batch.first), upTo + 1 - batch.first);
    if (first !== undefined) yield [first, ...others];
  }
}

const linkRow = z.object({ VERSION: z.int(), BASE: z.int().nullable() });
const payloadRow = z.object({ PAYLOAD: z.string() });

/** A thread's snapshots up to a version, as far as this version of Locus can restore them. */
export async function snapshotLinks(
  reader: Reader,
  life: Uint8Array,
  upTo: number,
): Promise<readonly SnapshotLink[]> {
  const rows = await reader.rows("snapshotLinks", { life, up_to: upTo, schema_version: SCHEMA_VERSION });
  return rows.map((row) => {
    const { VERSION: version, BASE: base } = checkedRow(linkRow, row);
    return { version, ...(base === null ? {} : { base }) };
  });
}

export async function snapshotPayload(
  reader: Reader,
  life: Uint8Array,
  version: number,
): Promise<string | undefined> {
  const [row] = await reader.rows("snapshot", { life, version });
  return row === undefined ? undefined : checkedRow(payloadRow, row).PAYLOAD;
}

export async function insertSnapshot(
  session: Session,
  life: Uint8Array,
  { version, base, payload }: SnapshotLink & { readonly payload: string },
): Promise<void> {
  const values = { life, version, base: base ?? null, schema_version: SCHEMA_VERSION };
  await session.change("insertSnapshot", { ...values, payload: large(payload) });
}

/** The newest state up to `upTo` that the thread's snapshots tell. */
export async function newestState(
  reader: Reader,
  codec: PayloadCodec,
  { threadId, life }: ThreadRow,
  upTo: number,
): Promise<AgentState | undefined> {
  const links = await snapshotLinks(reader, life, upTo);
  const payloads = new Map<number, string>();
  for (const version of versionsInUse(links)) {
    const payload = await snapshotPayload(reader, life, version);
    if (payload !== undefined) payloads.set(version, payload);
  }
  return restoreNewest(codec, threadId, links, (version) => payloads.get(version));
}
