/** Reads a thread's file: how far it goes, and its events, checked. */
import type { FileHandle } from "node:fs/promises";
import { z } from "zod";
import type { DurableEvent } from "../../events/types.ts";
import { deepFreeze } from "../../json/json.ts";
import { describeIssues, jsonObjectSchema } from "../../messages/schema.ts";
import { summarize, withThreadId } from "../contract.ts";
import { checkSchemaVersion, readStoredEvent } from "../stored.ts";
import type { ThreadSummary } from "../types.ts";
import { type Line, linesOf, stateOf } from "./disk.ts";
import {
  batchText,
  countingBatches,
  damaged,
  headerText,
  type LoggedBatch,
  type LogHeader,
  parseHeader,
} from "./log.ts";

/** How far a thread was read: up to the end of its last batch that counts. What comes after it is read next time. */
export interface Known extends Pick<Line, "number" | "end"> {
  /** Which file was read, lest a new one of the same name be taken for it. */
  readonly identity: string;
  readonly summary: ThreadSummary;
}

/** The state reached, and the ids of the batches that were read on the way. */
export interface CaughtUp {
  readonly known: Known;
  readonly batches: ReadonlySet<string>;
}

/** Events that were stored together, checked and frozen. */
export interface StoredBatch {
  /** The version that they were stored with; they are migrated already. */
  readonly schemaVersion: number;
  readonly events: readonly DurableEvent[];
}

/** What a summary needs of an event: read without the rest, so that newer threads can be listed too. */
const factsSchema = z.looseObject({
  type: z.string(),
  sequence: z.int(),
  timestamp: z.string(),
  agent: z.string().exactOptional(),
  metadata: jsonObjectSchema.exactOptional(),
});

/**
 * Reads on from `known`, or from the beginning where that is another file or nothing is known.
 *
 * @throws CheckpointError for a damaged file.
 */
export async function catchUp(
  path: string,
  handle: FileHandle,
  threadId: string,
  known: Known | undefined,
): Promise<CaughtUp> {
  const { identity, size } = await stateOf(path, handle);
  const batches = new Set<string>();
  const isSameFile = known !== undefined && known.identity === identity && known.end <= size;
  if (isSameFile && known.end === size) return { known, batches };

  const lines = linesOf(path, handle, isSameFile ? known : START);
  const header = isSameFile ? undefined : await headerOf(path, lines, threadId);
  let { number, end } = isSameFile ? known : START;
  let summary = isSameFile ? known.summary : undefined;
  for await (const batch of countingBatches(path, lines, summary?.version ?? 0)) {
    batches.add(batch.id);
    const schemaVersion = Math.max(batch.schemaVersion, header?.schemaVersion ?? 0);
    for (const [index, raw] of batch.events.entries()) {
      const facts = factsSchema.safeParse(raw);
      if (!facts.success) throw damaged(path, batch.line.number, describeIssues(facts.error));
      checkSequence(path, batch, index, facts.data.sequence);
      summary = summarize(summary, { ...facts.data, threadId }, schemaVersion);
    }
    ({ number, end } = batch.line);
  }
  if (summary === undefined) throw damaged(path, number, "no event follows it");
  return { known: { identity, number, end, summary: deepFreeze(summary) }, batches };
}

/** What is known after a batch of `length` bytes was appended directly after what was known before. */
export function afterAppend(known: Known, length: number, events: readonly DurableEvent[]): Known {
  let { summary } = known;
  for (const event of events) summary = summarize(summary, event);
  return { ...known, number: known.number + 1, end: known.end + length, summary: deepFreeze(summary) };
}

/**
 * The events after `after` up to `upTo`, batch by batch.
 *
 * @throws SchemaVersionError, CheckpointError
 */
export async function* storedBatches(
  path: string,
  handle: FileHandle,
  threadId: string,
  range: { readonly after?: number; readonly upTo?: number },
): AsyncGenerator<StoredBatch, void, undefined> {
  const { after = 0, upTo = Number.POSITIVE_INFINITY } = range;
  const lines = linesOf(path, handle, START);
  const header = await headerOf(path, lines, threadId);
  checkSchemaVersion(threadId, header.schemaVersion);
  for await (const batch of countingBatches(path, lines, 0)) {
    const { schemaVersion, from, line } = batch;
    checkSchemaVersion(threadId, schemaVersion);
    const wanted = batch.events.slice(Math.max(0, after - from), Math.max(0, upTo - from));
    const first = Math.max(0, after - from);
    const events = wanted.map((raw, index) => {
      const where = `${path}, line ${line.number}`;
      const event = readStoredEvent(raw, { threadId, schemaVersion, where });
      checkSequence(path, batch, first + index, event.sequence);
      if (event.threadId !== threadId)
        throw damaged(path, line.number, "it holds an event of another thread");
      return event;
    });
    if (events.length > 0) yield { schemaVersion: Math.max(schemaVersion, header.schemaVersion), events };
    if (from + batch.events.length >= upTo) return;
  }
}

/** The text of a file that holds the first events of another thread. */
export async function* copyOf(
  path: string,
  handle: FileHandle,
  fork: { readonly threadId: string; readonly at: number; readonly newThreadId: string },
): AsyncGenerator<string, void, undefined> {
  yield headerText(fork.newThreadId);
  let version = 0;
  for await (const { events } of storedBatches(path, handle, fork.threadId, { upTo: fork.at })) {
    const copies = events.map((event) => withThreadId(event, fork.newThreadId));
    yield batchText(version, copies).text;
    version += events.length;
  }
}

const START = { number: 1, end: 0 };

async function headerOf(path: string, lines: AsyncIterator<Line>, threadId: string): Promise<LogHeader> {
  const first = await lines.next();
  const header = parseHeader(path, first.value ?? undefined);
  if (header.threadId === threadId) return header;
  throw damaged(path, 1, `it is the header of thread "${header.threadId}", not of "${threadId}"`);
}

function checkSequence(path: string, batch: LoggedBatch, index: number, sequence: number): void {
  const wanted = batch.from + index + 1;
  if (sequence === wanted) return;
  throw damaged(path, batch.line.number, `it holds event ${sequence} in the place of ${wanted}`);
}
