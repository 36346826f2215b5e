/** Copies the beginning of a thread, row by row, within one transaction. */
import type { EventFacts, PayloadCodec } from "@locus-sdk/core/checkpoint";
import { decodeEvent, eventPlace, missingEventError, movePayload, nextFacts } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import type { Statements } from "./database.ts";
import { insertEvent, pageOfEvents, tellingEvents } from "./events.ts";
import { insertSnapshot, snapshotRows } from "./snapshots.ts";
import { insertThread, type Thread } from "./threads.ts";

/** Makes a thread of the first `at` events of `source`, with the snapshots of theirs. */
export function forkThread(
  sql: Statements,
  codec: PayloadCodec,
  source: Thread,
  at: number,
  newThreadId: string,
): void {
  const key = insertThread(sql, forkedRow(sql, codec, source, at, newThreadId));
  const { threadId } = source;
  for (let after = 0; after < at; ) {
    for (const record of pageOfEvents(sql, { key: source.key, threadId, after, upTo: at })) {
      const { sequence } = record;
      const [from, to] = [eventPlace(threadId, sequence), eventPlace(newThreadId, sequence)];
      insertEvent(sql, key, { ...record, payload: movePayload(codec, record.payload, from, to) });
      after = sequence;
    }
  }
  for (const row of snapshotRows(sql, source.key, at)) {
    const [from, to] = [snapshotPlace(threadId, row.version), snapshotPlace(newThreadId, row.version)];
    insertSnapshot(sql, key, { ...row, payload: movePayload(codec, row.payload, from, to) });
  }
}

/** What a list says of the fork. Its time to live counts from now, however old its last event is. */
function forkedRow(
  sql: Statements,
  codec: PayloadCodec,
  source: Thread,
  at: number,
  newThreadId: string,
): Omit<Thread, "key"> {
  const told: EventFacts[] = tellingEvents(sql, source.key, at).map((record) =>
    decodeEvent(codec, source.threadId, record),
  );
  const last = told.at(-1);
  if (last?.sequence !== at) throw missingEventError(source.threadId, at);
  return {
    threadId: newThreadId,
    version: at,
    schemaVersion: source.schemaVersion,
    createdAt: source.createdAt,
    updatedAt: last.timestamp,
    touchedAt: Date.now(),
    facts: nextFacts(codec, newThreadId, undefined, told),
  };
}
