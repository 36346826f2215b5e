/** Events and what a list says of a thread, as the payloads that stores keep: JSON text, encrypted where keys are given. */
import {
  CheckpointError,
  type DurableEvent,
  deepFreeze,
  jsonObjectSchema,
  type ThreadSummary,
} from "@locus-sdk/core";
import { type EventFacts, type PayloadCodec, readStoredEvent, summarize } from "@locus-sdk/core/checkpoint";
import { z } from "zod";

/** Where a payload belongs, so that one that was moved does not open. */
export const eventPlace = (threadId: string, sequence: number): string => `event/${sequence}/${threadId}`;
export const factsPlace = (threadId: string): string => `facts/${threadId}`;

/** An event as it is stored. Thread id and sequence are in the key: a fork copies payloads as they are. */
export interface StoredEventRecord {
  readonly sequence: number;
  readonly schemaVersion: number;
  readonly payload: string;
}

/** The payload of an event. */
export function encodeEvent(codec: PayloadCodec, event: DurableEvent): string {
  const { threadId, sequence, ...rest } = event;
  return codec.encode(JSON.stringify(rest), eventPlace(threadId, sequence));
}

/**
 * The event of a record: decrypted, migrated, checked, frozen.
 *
 * @throws SchemaVersionError, CheckpointError as `readStoredEvent`, and for text that is not JSON or does not open.
 */
export function decodeEvent(codec: PayloadCodec, threadId: string, record: StoredEventRecord): DurableEvent {
  const { sequence, schemaVersion, payload } = record;
  const where = `event ${sequence}`;
  const value = readJson(codec.decode(payload, eventPlace(threadId, sequence)), threadId, where);
  return readStoredEvent(Object.assign(value, { threadId, sequence }), { threadId, schemaVersion, where });
}

/** What a payload is at another place. */
export function movePayload(codec: PayloadCodec, payload: string, from: string, to: string): string {
  return codec.encode(codec.decode(payload, from), to);
}

/** The part of a summary that may be secret. */
export type ThreadFacts = Pick<ThreadSummary, "agent" | "metadata">;

const factsSchema = z.looseObject({
  agent: z.string().exactOptional(),
  metadata: jsonObjectSchema.exactOptional(),
});

export function encodeFacts(codec: PayloadCodec, threadId: string, { agent, metadata }: ThreadFacts): string {
  return codec.encode(JSON.stringify({ agent, metadata }), factsPlace(threadId));
}

export function decodeFacts(codec: PayloadCodec, threadId: string, payload: string): ThreadFacts {
  const value = readJson(codec.decode(payload, factsPlace(threadId)), threadId, "its metadata");
  const parsed = factsSchema.safeParse(value);
  if (!parsed.success) throw damaged(threadId, "its metadata");
  const { agent, metadata } = parsed.data;
  return deepFreeze({
    ...(agent === undefined ? {} : { agent }),
    ...(metadata === undefined ? {} : { metadata }),
  });
}

/** The facts' payload after `events`, given the one before: only the beginning of a run changes anything. */
export function nextFacts(
  codec: PayloadCodec,
  threadId: string,
  before: string | undefined,
  events: readonly EventFacts[],
): string {
  const starts = events.filter(({ type }) => type === "run_start");
  if (before !== undefined && starts.length === 0) return before;
  let facts = before === undefined ? {} : decodeFacts(codec, threadId, before);
  for (const start of starts) facts = factsAfter(facts, start);
  return encodeFacts(codec, threadId, facts);
}

/** As `summarize` has it, with the members that it does not need made up. */
function factsAfter(before: ThreadFacts, event: EventFacts): ThreadFacts {
  const { threadId, timestamp } = event;
  const { agent, metadata } = summarize(
    { threadId, version: 0, schemaVersion: 0, createdAt: timestamp, updatedAt: timestamp, ...before },
    event,
  );
  return { ...(agent === undefined ? {} : { agent }), ...(metadata === undefined ? {} : { metadata }) };
}

/** A thread was deleted under a reader, or part of it was removed from outside. */
export function missingEventError(threadId: string, sequence: number): CheckpointError {
  return new CheckpointError(`event ${sequence} of thread "${threadId}" is missing`, {
    hint: "The thread was deleted while it was read, or the stored data was changed from outside.",
  });
}

function readJson(text: string, threadId: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(threadId, where);
  }
  if (typeof value === "object" && value !== null) return value;
  throw damaged(threadId, where);
}

function damaged(threadId: string, where: string): CheckpointError {
  return new CheckpointError(`thread "${threadId}" is damaged: ${where} is not what was stored`, {
    hint: "The stored data was changed from outside. Restore it from a backup, or delete the thread.",
  });
}
