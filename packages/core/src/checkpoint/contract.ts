/** The parts of the checkpointer contract that every backend shares: checks, errors, summaries, paging. Pure. */
import { CheckpointConflictError, CheckpointError, LeaseLostError } from "../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import type { JsonObject } from "../json/json.ts";
import { checkSchemaVersion } from "./stored.ts";
import type { ThreadQuery, ThreadSummary } from "./types.ts";

/**
 * Refuses ids that no store could keep apart from others.
 *
 * @throws CheckpointError for an empty id or a lone surrogate, which UTF-8 cannot hold.
 * @example
 * ```ts
 * import { checkThreadId } from "@locus-sdk/core/checkpoint";
 *
 * checkThreadId("user:42/trip");
 * ```
 */
export function checkThreadId(threadId: string): void {
  if (typeof threadId === "string" && threadId.length > 0 && threadId.isWellFormed()) return;
  throw new CheckpointError(
    `${JSON.stringify(threadId)} cannot be a thread id: expected a non-empty, well-formed Unicode string`,
  );
}

/**
 * Checks that `events` may follow `expectedVersion` in `threadId`.
 *
 * @throws CheckpointError naming the event that may not.
 * @example
 * ```ts
 * import type { DurableEvent } from "@locus-sdk/core";
 * import { checkBatch } from "@locus-sdk/core/checkpoint";
 *
 * function beforeInsert(threadId: string, version: number, events: readonly DurableEvent[]): void {
 *   checkBatch(threadId, version, events);
 * }
 * ```
 */
export function checkBatch(threadId: string, expectedVersion: number, events: readonly DurableEvent[]): void {
  checkThreadId(threadId);
  if (!Number.isSafeInteger(expectedVersion) || expectedVersion < 0) {
    throw new CheckpointError(`expectedVersion ${expectedVersion} is not a whole number from 0`);
  }
  let wanted = expectedVersion;
  for (const event of events) {
    wanted += 1;
    if (event.sequence !== wanted) {
      throw new CheckpointError(
        `event ${wanted - expectedVersion - 1} (${event.type}) appended to thread "${threadId}" has sequence ${event.sequence}, expected ${wanted}: sequences follow the version without gaps`,
      );
    }
    if (event.threadId !== threadId) {
      throw new CheckpointError(
        `event ${event.sequence} (${event.type}) of thread "${event.threadId}" was appended to thread "${threadId}"`,
      );
    }
  }
}

/** Checks the range of `read` and `events`. */
export function checkRange(range: { readonly after?: number; readonly upTo?: number }): void {
  if (range.upTo !== undefined) requireWhole("upTo", range.upTo, 1);
  if (range.after !== undefined) requireWhole("after", range.after, 0);
}

/** Checks that `source`, the thread as a list has it, can be forked at `at`. */
export function checkFork(
  threadId: string,
  source: Pick<ThreadSummary, "version" | "schemaVersion"> | undefined,
  at: number,
  newThreadId: string,
): void {
  checkThreadId(newThreadId);
  if (source === undefined)
    throw new CheckpointError(`thread "${threadId}" does not exist and cannot be forked`);
  checkSchemaVersion(threadId, source.schemaVersion);
  if (Number.isSafeInteger(at) && at >= 1 && at <= source.version) return;
  throw new CheckpointError(
    `thread "${threadId}" cannot be forked at ${at}: it has events 1 to ${source.version}`,
  );
}

/** The error of the writer who came second. */
export function conflictError(
  threadId: string,
  expectedVersion: number,
  foundVersion: number,
): CheckpointConflictError {
  return new CheckpointConflictError(
    `thread "${threadId}" is at version ${foundVersion}, expected ${expectedVersion}: someone else wrote to it`,
    { hint: "Read the thread again and go on from what it says now." },
  );
}

/** The error of a writer whose lease somebody else has by now. */
export function leaseLostError(threadId: string): LeaseLostError {
  return new LeaseLostError(`thread "${threadId}" has been leased to another writer since`, {
    hint: "Read the thread again under a lease of its own, and go on from what it says now.",
  });
}

/** The error of a fork from no thread. */
export function missingError(threadId: string): CheckpointError {
  return new CheckpointError(`thread "${threadId}" does not exist and cannot be forked`);
}

/** The error of a fork onto a thread that is there already. */
export function forkExistsError(newThreadId: string): CheckpointConflictError {
  return new CheckpointConflictError(`thread "${newThreadId}" exists already and cannot be forked onto`, {
    hint: "Fork to an id of its own, or delete the thread first.",
  });
}

/** `event`, told of another thread; frozen like the original. */
export function withThreadId(event: DurableEvent, threadId: string): DurableEvent {
  return Object.freeze({ ...event, threadId });
}

/** What a summary is made of: any durable event has it, and so has one of a newer schema version. */
export interface EventFacts {
  readonly type: string;
  readonly threadId: string;
  readonly sequence: number;
  readonly timestamp: string;
  readonly agent?: string;
  readonly metadata?: JsonObject;
}

/**
 * The summary after `event`, given the one before it; folding a thread's events gives its summary.
 *
 * @example
 * ```ts
 * import type { DurableEvent } from "@locus-sdk/core";
 * import { summarize, type ThreadSummary } from "@locus-sdk/core/checkpoint";
 *
 * function summaryOf(events: readonly DurableEvent[]): ThreadSummary | undefined {
 *   let summary: ThreadSummary | undefined;
 *   for (const event of events) summary = summarize(summary, event);
 *   return summary;
 * }
 * ```
 */
export function summarize(
  before: ThreadSummary | undefined,
  event: EventFacts,
  schemaVersion: number = SCHEMA_VERSION,
): ThreadSummary {
  const isStart = event.type === "run_start";
  const agent = isStart ? event.agent : before?.agent;
  const metadata =
    isStart && event.metadata !== undefined ? { ...before?.metadata, ...event.metadata } : before?.metadata;
  return {
    threadId: event.threadId,
    version: event.sequence,
    schemaVersion: Math.max(schemaVersion, before?.schemaVersion ?? 0),
    createdAt: before?.createdAt ?? event.timestamp,
    updatedAt: event.timestamp,
    ...(metadata === undefined ? {} : { metadata }),
    ...(agent === undefined ? {} : { agent }),
  };
}

/** Checks a query once, before the store is asked. */
export function checkQuery(query: ThreadQuery): void {
  if (query.limit !== undefined) requireWhole("limit", query.limit, 1);
}

/**
 * The ids that a query may concern, in its order: prefix and cursor applied, metadata and limit not.
 *
 * @example
 * ```ts
 * import { selectThreadIds } from "@locus-sdk/core/checkpoint";
 *
 * selectThreadIds(["b", "a", "c"], { after: "a" }); // ["b", "c"]
 * ```
 */
export function selectThreadIds(ids: Iterable<string>, query: ThreadQuery): string[] {
  const { prefix = "", after } = query;
  const direction = query.order === "desc" ? -1 : 1;
  return [...ids]
    .filter((id) => id.startsWith(prefix))
    .filter((id) => after === undefined || direction * compareThreadIds(id, after) > 0)
    .sort((a, b) => direction * compareThreadIds(a, b));
}

/** Whether a thread's metadata has all that a query wants. */
export function matchesMetadata(metadata: JsonObject | undefined, wanted: ThreadQuery["metadata"]): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => metadata?.[key] === value);
}

/**
 * Unicode code point order, which is the order of UTF-8 bytes; `<` on strings compares UTF-16 units instead.
 *
 * @example
 * ```ts
 * import { compareThreadIds } from "@locus-sdk/core/checkpoint";
 *
 * ["b", "a"].toSorted(compareThreadIds); // ["a", "b"]
 * ```
 */
export function compareThreadIds(a: string, b: string): number {
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index += 1;
  if (index === a.length || index === b.length) return a.length - b.length;
  // Differing second halves of a pair have equal first halves: they are compared as they are.
  return rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
}

/** Puts surrogates, which stand for code points above all others, after the rest of the 16-bit units. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new CheckpointError(`${name} ${value} is not a whole number from ${least}`);
}
