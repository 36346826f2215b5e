/** Threads as rows: what a list says of them, kept up with every append. */
import { deepFreeze, type ThreadSummary } from "@locus-sdk/core";
import type { EventFacts, PayloadCodec } from "@locus-sdk/core/checkpoint";
import type { IdRange } from "../shared/id-range.ts";
import { isExpired } from "../shared/options.ts";
import { decodeFacts } from "../shared/records.ts";
import { nextRow, type ThreadRow } from "../shared/threads.ts";
import { blobText, integer, text } from "./columns.ts";
import type { Row, Statements } from "./database.ts";

/** A thread as its row tells it. */
export interface Thread extends ThreadRow {
  readonly key: number;
  readonly threadId: string;
}

const PAGE_ROWS = 200;

export const bytesOf = (threadId: string): Uint8Array => Buffer.from(threadId, "utf8");

/** The thread of that id, whether or not it has outlived its time. */
export function findThread(sql: Statements, threadId: string): Thread | undefined {
  const row = sql.get("SELECT * FROM threads WHERE id = ?", bytesOf(threadId));
  return row === undefined ? undefined : threadOf(row);
}

/** The thread of that id, unless it has outlived its time. */
export function findLiving(sql: Statements, threadId: string, ttlMs: number | undefined): Thread | undefined {
  const thread = findThread(sql, threadId);
  return thread === undefined || isExpired(thread.touchedAt, ttlMs) ? undefined : thread;
}

/** Up to a page of threads whose ids are in the range. */
export function pageOfThreads(sql: Statements, range: IdRange, order: "asc" | "desc"): readonly Thread[] {
  const { from, before } = range;
  return sql.all(PAGE_OF_THREADS[order], from, before, PAGE_ROWS).map(threadOf);
}

const PAGE_OF_THREADS = {
  asc: "SELECT * FROM threads WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
  desc: "SELECT * FROM threads WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?",
};

/** Up to a page of threads in the order in which they were begun. */
export function pageByKey(sql: Statements, after: number): readonly Thread[] {
  return sql.all("SELECT * FROM threads WHERE key > ? ORDER BY key LIMIT ?", after, PAGE_ROWS).map(threadOf);
}

export function summaryOf(codec: PayloadCodec, thread: Thread): ThreadSummary {
  const { threadId, version, schemaVersion, createdAt, updatedAt, facts } = thread;
  return deepFreeze({
    threadId,
    version,
    schemaVersion,
    createdAt,
    updatedAt,
    ...decodeFacts(codec, threadId, facts),
  });
}

/** The row that a thread has after `events`, the first of them its next; without its key where it is new. */
export function nextThread(
  codec: PayloadCodec,
  before: Thread | undefined,
  events: readonly [EventFacts, ...EventFacts[]],
): Omit<Thread, "key"> {
  return { threadId: events[0].threadId, ...nextRow(codec, before, events) };
}

/** @returns Its key. */
export function insertThread(sql: Statements, thread: Omit<Thread, "key">): number {
  const row = sql.get(
    `INSERT INTO threads (id, version, schema_version, created_at, updated_at, touched_at, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    bytesOf(thread.threadId),
    thread.version,
    thread.schemaVersion,
    thread.createdAt,
    thread.updatedAt,
    thread.touchedAt,
    thread.facts,
  );
  return integer(row ?? {}, "key");
}

export function updateThread(sql: Statements, before: Thread, thread: Omit<Thread, "key">): void {
  const { version, schemaVersion, updatedAt, touchedAt, facts } = thread;
  sql.run(
    "UPDATE threads SET version = ?, schema_version = ?, updated_at = ?, touched_at = ? WHERE key = ?",
    version,
    schemaVersion,
    updatedAt,
    touchedAt,
    before.key,
  );
  if (facts !== before.facts) sql.run("UPDATE threads SET facts = ? WHERE key = ?", facts, before.key);
}

/** Its events and snapshots go with it. */
export function deleteThread(sql: Statements, { key }: Pick<Thread, "key">): void {
  sql.run("DELETE FROM threads WHERE key = ?", key);
}

function threadOf(row: Row): Thread {
  return {
    key: integer(row, "key"),
    threadId: blobText(row, "id"),
    version: integer(row, "version"),
    schemaVersion: integer(row, "schema_version"),
    createdAt: text(row, "created_at"),
    updatedAt: text(row, "updated_at"),
    touchedAt: integer(row, "touched_at"),
    facts: text(row, "facts"),
  };
}
