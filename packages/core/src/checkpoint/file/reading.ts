/** Reads a thread's file: how far it goes, and its events, checked. */
import type { FileHandle } from "node:fs/promises";
import { z } from "zod";
import type { DurableEvent } from "../../events/types.ts";
import { deepFreeze } from "../../json/json.ts";
import { lazily } from "../../lazily.ts";
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
  type ThreadFile,
} from "./log.ts";
import { type Place, snapshotsOf } from "./snapshots.ts";

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
const factsSchema = lazily(() =>
  z.looseObject({
    type: z.string(),
    sequence: z.int(),
    timestamp: z.string(),
    agent: z.string().exactOptional(),
    metadata: jsonObjectSchema.exactOptional(),
  }),
);

/**
 * Reads on from `known`, or from the latest snapshot or the beginning where that is another file or nothing is known.
 *
 * @throws CheckpointError for a damaged file.
 */
export async function catchUp(
  file: ThreadFile,
  handle: FileHandle,
  known: Known | undefined,
): Promise<CaughtUp> {
  const { path, threadId } = file;
  const { identity, size } = await stateOf(path, handle);
  const batches = new Set<string>();
  const isSameFile = known !== undefined && known.identity === identity && known.end <= size;
  if (isSameFile && known.end === size) return { known, batches };

  const from = isSameFile ? known : (await snapshotsOf(file, handle)).at(-1)?.place;
  const header = from === undefined ? await headerOf(file, handle) : undefined;
  let { number, end } = from ?? START;
  let summary = from?.summary;
  const lines = linesAfter(file, handle, from);
  for await (const batch of countingBatches(file, lines, summary?.version ?? 0)) {
    batches.add(batch.id);
    const schemaVersion = Math.max(batch.schemaVersion, header?.schemaVersion ?? 0);
    for (const [index, raw] of batch.events.entries()) {
      const facts = factsSchema().safeParse(raw);
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

/** Whether a batch counts in the file, wherever it stands. */
export async function holdsBatch(file: ThreadFile, handle: FileHandle, id: string): Promise<boolean> {
  for await (const batch of batchesOf(file, handle)) if (batch.id === id) return true;
  return false;
}

/**
 * The events after `after` up to `upTo`, batch by batch; read from `place`, which must not be after them.
 *
 * @throws SchemaVersionError, CheckpointError
 */
export async function* storedBatches(
  file: ThreadFile,
  handle: FileHandle,
  range: { readonly after?: number; readonly upTo?: number },
  place?: Place,
): AsyncGenerator<StoredBatch, void, undefined> {
  const { path, threadId } = file;
  const { after = 0, upTo = Number.POSITIVE_INFINITY } = range;
  const header = await headerOf(file, handle);
  checkSchemaVersion(threadId, header.schemaVersion);
  const lines = linesAfter(file, handle, place);
  for await (const batch of countingBatches(file, lines, place?.summary.version ?? 0)) {
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
  file: ThreadFile,
  handle: FileHandle,
  fork: { readonly at: number; readonly newThreadId: string },
): AsyncGenerator<string, void, undefined> {
  const copy = { threadId: fork.newThreadId, codec: file.codec };
  yield headerText(fork.newThreadId);
  let version = 0;
  for await (const { events } of storedBatches(file, handle, { upTo: fork.at })) {
    const copies = events.map((event) => withThreadId(event, fork.newThreadId));
    yield batchText(copy, version, copies).text;
    version += events.length;
  }
}

/** The text of the same file with everything encrypted as it would be today. */
export async function* rekeyedTexts(
  file: ThreadFile,
  handle: FileHandle,
): AsyncGenerator<string, void, undefined> {
  const first = await linesOf(file.path, handle, START).next();
  yield first.value?.text ?? "";
  for await (const { id, schemaVersion, from, events } of batchesOf(file, handle)) {
    yield batchText(file, from, events, { id, schemaVersion }).text;
  }
}

/** All batches that count, from the beginning, as they were written. */
export function batchesOf(
  file: ThreadFile,
  handle: FileHandle,
): AsyncGenerator<LoggedBatch, void, undefined> {
  return countingBatches(file, linesAfter(file, handle, undefined), 0);
}

const START = { number: 1, end: 0 };

async function headerOf(file: ThreadFile, handle: FileHandle): Promise<LogHeader> {
  const { path, threadId } = file;
  const first = await linesOf(path, handle, START).next();
  const header = parseHeader(path, first.value ?? undefined);
  if (header.threadId === threadId) return header;
  throw damaged(path, 1, `it is the header of thread "${header.threadId}", not of "${threadId}"`);
}

/** The lines after a place, or after the header. */
async function* linesAfter(
  { path }: ThreadFile,
  handle: FileHandle,
  place: Pick<Line, "number" | "end"> | undefined,
): AsyncGenerator<Line, void, undefined> {
  const lines = linesOf(path, handle, place ?? START);
  if (place === undefined) await lines.next();
  yield* lines;
}

function checkSequence(path: string, batch: LoggedBatch, index: number, sequence: number): void {
  const wanted = batch.from + index + 1;
  if (sequence === wanted) return;
  throw damaged(path, batch.line.number, `it holds event ${sequence} in the place of ${wanted}`);
}
