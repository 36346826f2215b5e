/** Rows as the database tells them, and threads as rows. */
import { createHash, randomBytes } from "node:crypto";
import { CheckpointError, deepFreeze, type ThreadSummary } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { isExpired } from "../shared/options.ts";
import { decodeFacts } from "../shared/records.ts";
import { large, type Reader, type Session, type Value } from "./database.ts";

/** Bytes of an id by which threads are ordered; the order of longer ids that begin alike is found out from the ids. */
export const HEAD_BYTES = 1_000;

export interface ThreadRow {
  readonly threadId: string;
  /** Hash of the id, by which the thread is found. */
  readonly digest: Uint8Array;
  readonly head: Uint8Array;
  /** Made up when the thread began: a thread of the same id that comes later has another. */
  readonly life: Uint8Array;
  readonly version: number;
  readonly schemaVersion: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What its time to live counts from, in ms since 1970. */
  readonly touchedAt: number;
  /** Payload of what a list says of it and may be secret. */
  readonly facts: string;
}

const bytes = z.instanceof(Uint8Array);
const threadRow = z.object({
  ID: bytes,
  ID_HEAD: bytes,
  DIGEST: bytes,
  LIFE: bytes,
  VERSION: z.int(),
  SCHEMA_VERSION: z.int(),
  CREATED_AT: z.string(),
  UPDATED_AT: z.string(),
  TOUCHED_AT: z.int(),
  FACTS: z.string(),
});

/** @throws CheckpointError where the row is none of this store's. */
export function checkedRow<T>(schema: z.ZodType<T>, row: unknown): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new CheckpointError(`Oracle Database told a row that does not fit: ${names}`, {
    hint: "The tables were changed from outside, or belong to something else: choose another tablePrefix.",
  });
}

export function threadOf(row: unknown): ThreadRow {
  const found = checkedRow(threadRow, row);
  return {
    threadId: new TextDecoder("utf-8", { ignoreBOM: true }).decode(found.ID),
    digest: found.DIGEST,
    head: found.ID_HEAD,
    life: found.LIFE,
    version: found.VERSION,
    schemaVersion: found.SCHEMA_VERSION,
    createdAt: found.CREATED_AT,
    updatedAt: found.UPDATED_AT,
    touchedAt: found.TOUCHED_AT,
    facts: found.FACTS,
  };
}

export const digestOf = (threadId: string): Uint8Array =>
  createHash("sha256").update(threadId, "utf8").digest();
export const headOf = (id: Uint8Array): Uint8Array => id.subarray(0, HEAD_BYTES);
export const newLife = (): Uint8Array => randomBytes(16);

/** The thread, whether or not it has outlived its time. */
export async function findThread(
  reader: Reader,
  threadId: string,
  statement: "thread" | "lockThread" = "thread",
): Promise<ThreadRow | undefined> {
  const [row] = await reader.rows(statement, { digest: digestOf(threadId) });
  return row === undefined ? undefined : threadOf(row);
}

/** The thread, unless there is none or it has outlived its time. */
export const living = (thread: ThreadRow | undefined, ttlMs: number | undefined): ThreadRow | undefined =>
  thread === undefined || isExpired(thread.touchedAt, ttlMs) ? undefined : thread;

export async function insertThread(session: Session, thread: ThreadRow): Promise<void> {
  const { threadId, digest, head, life, version, schemaVersion, createdAt, updatedAt, touchedAt, facts } =
    thread;
  const values: Record<string, Value> = {
    id: large(Buffer.from(threadId, "utf8")),
    id_head: head,
    digest,
    life,
    version,
    schema_version: schemaVersion,
    created_at: createdAt,
    updated_at: updatedAt,
    touched_at: touchedAt,
    facts: large(facts),
  };
  await session.change("insertThread", values);
}

export function summaryOf(codec: PayloadCodec, thread: ThreadRow): ThreadSummary {
  const { threadId, version, schemaVersion, createdAt, updatedAt, facts } = thread;
  const told = decodeFacts(codec, threadId, facts);
  return deepFreeze({ threadId, version, schemaVersion, createdAt, updatedAt, ...told });
}
