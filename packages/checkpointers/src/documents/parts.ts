/** Batches of events and snapshots as parts: what is in them, which of them count, and reading them ahead. */
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
import type { ThreadHead } from "./head.ts";
import { type Documents, type ListedPart, NONE, type PartRef } from "./types.ts";

/** Parts that are asked for at once. */
const AT_ONCE = 6;

/** A batch as it is stored. */
export interface StoredBatch {
  readonly schemaVersion: number;
  readonly payload: string;
}
const batchSchema: z.ZodType<StoredBatch> = z.object({ schemaVersion: z.int(), payload: z.string() });

/** Where a batch's payload belongs; the nonce keeps batches for the same place apart. */
export const batchPlace = (threadId: string, { first, nonce }: Pick<PartRef, "first" | "nonce">): string =>
  `events/${first}/${nonce}/${threadId}`;

export function batchText(codec: PayloadCodec, part: PartRef, events: readonly DurableEvent[]): string {
  const threadId = events[0]?.threadId ?? "";
  const bodies = events.map(({ threadId: _id, sequence: _sequence, ...rest }) => rest);
  const payload = codec.encode(JSON.stringify(bodies), batchPlace(threadId, part));
  return JSON.stringify({ schemaVersion: SCHEMA_VERSION, payload });
}

/** @throws CheckpointError where it is none. */
export function parseBatch(text: string, threadId: string, part: PartRef): StoredBatch {
  const parsed = batchSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw damaged(threadId, part);
}

/** The events of a batch, checked and frozen. @throws SchemaVersionError, CheckpointError */
export function decodeBatch(
  codec: PayloadCodec,
  threadId: string,
  part: PartRef,
  text: string,
): readonly DurableEvent[] {
  const { schemaVersion, payload } = parseBatch(text, threadId, part);
  checkSchemaVersion(threadId, schemaVersion);
  const bodies: unknown = JSON.parse(codec.decode(payload, batchPlace(threadId, part)));
  if (!Array.isArray(bodies) || bodies.length !== part.last - part.first + 1) throw damaged(threadId, part);
  return bodies.map((body: unknown, index) => {
    const sequence = part.first + index;
    const event = typeof body === "object" ? { ...body, threadId, sequence } : body;
    return readStoredEvent(event, { threadId, schemaVersion, where: `event ${sequence}` });
  });
}

function damaged(threadId: string, { first, last }: PartRef): CheckpointError {
  return new CheckpointError(
    `thread "${threadId}" is damaged: events ${first} to ${last} are not what was stored`,
    {
      hint: "The stored data was changed from outside. Restore it from a backup, or delete the thread.",
    },
  );
}

/** A thread whose head was read. */
export interface OpenThread {
  readonly key: string;
  readonly threadId: string;
  readonly thread: ThreadHead;
}

/**
 * The batches that hold the events after `after` up to `upTo`, in order. Others that were written for the same places do not
 * count: the head names the last one that does, and each one the one before it.
 *
 * @throws CheckpointError where one is missing.
 */
export async function committedBatches(
  documents: Documents,
  { key, threadId, thread }: OpenThread,
  after: number,
  upTo: number,
): Promise<readonly PartRef[]> {
  const { generation } = thread;
  if (after >= Math.min(upTo, thread.version)) return [];
  const byNonce = new Map<string, PartRef>();
  for await (const part of documents.parts({ key, generation, kind: "events", from: after + 1 })) {
    byNonce.set(part.nonce, part);
  }
  const batches: PartRef[] = [];
  let end = thread.version;
  for (let nonce = thread.last; end > after; ) {
    const part = byNonce.get(nonce);
    if (part === undefined || part.last !== end) throw missingEventError(threadId, end);
    if (part.first <= upTo) batches.push(part);
    end = part.first - 1;
    nonce = part.previous;
  }
  return batches.reverse();
}

/** Whether a batch counts. */
export async function isCommitted(documents: Documents, open: OpenThread, part: PartRef): Promise<boolean> {
  if (open.thread.generation !== part.generation || open.thread.version < part.last) return false;
  const batches = await committedBatches(documents, open, part.first - 1, part.last);
  return batches.some(({ nonce }) => nonce === part.nonce);
}

/** The texts of parts in their order, a few of them asked for ahead. */
export async function* readAhead<T extends PartRef>(
  documents: Documents,
  parts: readonly T[],
): AsyncGenerator<{ readonly part: T; readonly text: string | undefined }, void, undefined> {
  const asked: Promise<string | undefined>[] = [];
  for (const [index, part] of parts.entries()) {
    while (asked.length < Math.min(parts.length, index + AT_ONCE)) {
      const next = parts[asked.length];
      if (next === undefined) break;
      const reading = documents.readPart(next);
      // It may fail before its turn comes, or when nobody waits for it any more.
      reading.catch(() => undefined);
      asked.push(reading);
    }
    const text = await asked[index];
    asked[index] = NOTHING;
    yield { part, text };
  }
}
const NOTHING = Promise.resolve(undefined);

/** A thread's snapshots up to a version, by their names. */
export async function snapshotsOf(
  documents: Documents,
  { key, thread }: Pick<OpenThread, "key" | "thread">,
  upTo: number,
): Promise<readonly (SnapshotLink & { readonly part: ListedPart })[]> {
  const { generation } = thread;
  const links: (SnapshotLink & { readonly part: ListedPart })[] = [];
  for await (const part of documents.parts({ key, generation, kind: "snapshot", from: 1 })) {
    if (part.last > upTo) break;
    links.push({ version: part.last, ...(part.first === 0 ? {} : { base: part.first }), part });
  }
  return links;
}

export function snapshotPart(
  { key, thread }: Pick<OpenThread, "key" | "thread">,
  link: SnapshotLink,
): PartRef {
  const { generation } = thread;
  return {
    key,
    generation,
    kind: "snapshot",
    last: link.version,
    first: link.base ?? 0,
    nonce: NONE,
    previous: NONE,
  };
}

/** The newest state up to `upTo` that the thread's snapshots tell. */
export async function newestState(
  documents: Documents,
  codec: PayloadCodec,
  open: OpenThread,
  upTo: number,
): Promise<AgentState | undefined> {
  const links = await snapshotsOf(documents, open, upTo);
  const used = versionsInUse(links);
  const chain = links.filter(({ version }) => used.has(version)).map(({ part }) => part);
  const payloads = new Map<number, string>();
  for await (const { part, text } of readAhead(documents, chain)) {
    if (text !== undefined) payloads.set(part.last, text);
  }
  return restoreNewest(codec, open.threadId, links, (version) => payloads.get(version));
}
