/** Events as rows. */
import { type DurableEvent, SCHEMA_VERSION } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { encodeEvent, missingEventError, type StoredEventRecord } from "../shared/records.ts";
import { integer, text } from "./columns.ts";
import type { Row, Statements } from "./database.ts";

/** A page is so many rows at most, and ends when so many characters of payload were read. */
const PAGE_ROWS = 200;
const PAGE_CHARACTERS = 1_000_000;

/** An event as its row. */
export interface EventRecord extends StoredEventRecord {
  readonly type: string;
}

export function eventRecord(codec: PayloadCodec, event: DurableEvent): EventRecord {
  const { sequence, type } = event;
  return { sequence, type, schemaVersion: SCHEMA_VERSION, payload: encodeEvent(codec, event) };
}

export function insertEvent(sql: Statements, key: number, record: EventRecord): void {
  const { sequence, schemaVersion, type, payload } = record;
  sql.run(
    "INSERT INTO events (thread, sequence, schema_version, type, payload) VALUES (?, ?, ?, ?, ?)",
    key,
    sequence,
    schemaVersion,
    type,
    payload,
  );
}

/** Which events of which thread: after `after`, up to `upTo`. */
export interface EventRange {
  readonly key: number;
  readonly threadId: string;
  readonly after: number;
  readonly upTo: number;
}

/**
 * The first page of a range that is not empty.
 *
 * @throws CheckpointError where an event is missing.
 */
export function pageOfEvents(
  sql: Statements,
  { key, threadId, after, upTo }: EventRange,
): readonly EventRecord[] {
  const page: EventRecord[] = [];
  let characters = 0;
  const rows = sql.iterate(
    `SELECT sequence, schema_version, type, payload FROM events
     WHERE thread = ? AND sequence > ? AND sequence <= ? ORDER BY sequence`,
    key,
    after,
    upTo,
  );
  for (const row of rows) {
    const record = eventRecordOf(row);
    if (record.sequence !== after + page.length + 1) break;
    page.push(record);
    characters += record.payload.length;
    if (page.length >= PAGE_ROWS || characters >= PAGE_CHARACTERS) break;
  }
  if (page.length === 0) throw missingEventError(threadId, after + 1);
  return page;
}

/** The events of a thread that say what a list says of it: where its runs begin, and the last one up to `upTo`. */
export function tellingEvents(sql: Statements, key: number, upTo: number): readonly EventRecord[] {
  const rows = sql.all(
    `SELECT sequence, schema_version, type, payload FROM events
     WHERE thread = ? AND sequence <= ? AND (type = 'run_start' OR sequence = ?) ORDER BY sequence`,
    key,
    upTo,
    upTo,
  );
  return rows.map(eventRecordOf);
}

function eventRecordOf(row: Row): EventRecord {
  return {
    sequence: integer(row, "sequence"),
    schemaVersion: integer(row, "schema_version"),
    type: text(row, "type"),
    payload: text(row, "payload"),
  };
}
