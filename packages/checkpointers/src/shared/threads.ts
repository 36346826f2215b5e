/** A thread as every store tells it: what `read` hands out, and what a list says of it once events have been added. */
import { type AgentState, type DurableEvent, SCHEMA_VERSION, type StoredThread } from "@locus-sdk/core";
import type { EventFacts, PayloadCodec } from "@locus-sdk/core/checkpoint";
import { touchedAtOf } from "./options.ts";
import { nextFacts } from "./records.ts";

/** What a list says of a thread, as a store keeps it. */
export interface ThreadRow {
  readonly version: number;
  readonly schemaVersion: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What its time to live counts from, in ms since 1970. */
  readonly touchedAt: number;
  /** Payload of what a list says of it and may be secret. */
  readonly facts: string;
}

/** The row after `events`, the first of them the thread's next. */
export function nextRow(
  codec: PayloadCodec,
  before: Pick<ThreadRow, "createdAt" | "facts"> | undefined,
  events: readonly [EventFacts, ...EventFacts[]],
): ThreadRow {
  const [first] = events;
  const last = events.at(-1) ?? first;
  return {
    version: last.sequence,
    schemaVersion: SCHEMA_VERSION,
    createdAt: before?.createdAt ?? first.timestamp,
    updatedAt: last.timestamp,
    touchedAt: touchedAtOf(last.timestamp),
    facts: nextFacts(codec, first.threadId, before?.facts, events),
  };
}

/** A thread as it was read: frozen, from the state of its snapshot, if any, and the events after it. */
export function storedThread({
  state,
  events,
  ...thread
}: Pick<StoredThread, "threadId" | "schemaVersion" | "version"> & {
  readonly state: AgentState | undefined;
  readonly events: readonly DurableEvent[];
}): StoredThread {
  return Object.freeze({
    ...thread,
    ...(state === undefined ? {} : { snapshot: Object.freeze({ version: state.version, state }) }),
    events: Object.freeze(events),
  });
}
