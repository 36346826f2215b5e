/** Copies the beginning of a thread, part by part; the new thread is there once its head is. */
import { type DurableEvent, SCHEMA_VERSION } from "@locus-sdk/core";
import { type EventFacts, forkExistsError, withThreadId } from "@locus-sdk/core/checkpoint";
import { missingEventError, movePayload, nextFacts } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { livingThread, newGeneration, newNonce, type ThreadHead } from "./head.ts";
import { keyOf } from "./key.ts";
import {
  batchText,
  committedBatches,
  decodeBatch,
  type OpenThread,
  readAhead,
  snapshotPart,
  snapshotsOf,
} from "./parts.ts";
import { confirmParts, Patience } from "./patience.ts";
import { removeGeneration } from "./remove.ts";
import type { DocumentThreads } from "./threads.ts";
import { NONE, type PartRef } from "./types.ts";

/** @throws CheckpointConflictError where `newThreadId` exists. */
export async function forkThread(
  threads: DocumentThreads,
  source: OpenThread,
  at: number,
  newThreadId: string,
): Promise<void> {
  const { documents, heads, settings } = threads;
  const there = await heads.read(newThreadId);
  if (livingThread(there.head, settings.ttlMs) !== undefined) throw forkExistsError(newThreadId);
  const key = keyOf(newThreadId);
  const generation = newGeneration();
  const patience = new Patience(documents);
  let isStored = false;
  try {
    const thread = await copyBatches(threads, source, at, { key, generation, threadId: newThreadId });
    await copySnapshots(threads, source, at, { key, threadId: newThreadId, thread });
    isStored = await begin(threads, patience, newThreadId, thread);
  } finally {
    if (!isStored) await removeGeneration(documents, key, generation);
  }
  if (!isStored) throw forkExistsError(newThreadId);
}

/** Whether it is the thread of that id now. */
async function begin(
  threads: DocumentThreads,
  patience: Patience,
  threadId: string,
  thread: ThreadHead,
): Promise<boolean> {
  const { documents, heads, settings } = threads;
  for (;;) {
    const { head, tag, key } = await heads.read(threadId);
    if (head.thread?.generation === thread.generation) {
      const { thread: _ours, ...before } = head;
      await confirmParts(threads, { key, threadId, thread }, 0, before);
      return true;
    }
    if (livingThread(head, settings.ttlMs) !== undefined) return false;
    patience.check(threadId);
    if (!(await heads.swap({ key, tag }, { ...head, thread }))) continue;
    // Its parts are many and were written one by one: whatever the clocks say, they are looked for.
    await confirmParts(threads, { key, threadId, thread }, 0, head);
    if (head.thread !== undefined) await removeGeneration(documents, key, head.thread.generation);
    return true;
  }
}

/** What a list says of the fork comes along. Its time to live counts from now, however old its last event is. */
async function copyBatches(
  { documents, settings }: DocumentThreads,
  source: OpenThread,
  at: number,
  copy: { readonly key: string; readonly generation: string; readonly threadId: string },
): Promise<ThreadHead> {
  const { codec } = settings;
  const { key, generation, threadId } = copy;
  const told: EventFacts[] = [];
  let previous = NONE;
  let final: DurableEvent | undefined;
  const parts = await committedBatches(documents, source, 0, at);
  for await (const { part, text } of readAhead(documents, parts)) {
    if (text === undefined) throw missingEventError(source.threadId, part.first);
    const events = decodeBatch(codec, source.threadId, part, text)
      .slice(0, at + 1 - part.first)
      .map((event) => withThreadId(event, threadId));
    const last = part.first + events.length - 1;
    const copied: PartRef = { ...part, key, generation, last, nonce: newNonce(), previous };
    await documents.writePart(copied, batchText(codec, copied, events));
    previous = copied.nonce;
    final = events.at(-1);
    for (const event of events) if (event.type === "run_start") told.push(event);
  }
  if (final === undefined || final.sequence !== at) throw missingEventError(source.threadId, at);
  return {
    generation,
    version: at,
    schemaVersion: SCHEMA_VERSION,
    createdAt: source.thread.createdAt,
    updatedAt: final.timestamp,
    touchedAt: Date.now(),
    facts: nextFacts(codec, threadId, undefined, told),
    last: previous,
  };
}

async function copySnapshots(
  { documents, settings }: DocumentThreads,
  source: OpenThread,
  at: number,
  copy: OpenThread,
): Promise<void> {
  const links = await snapshotsOf(documents, source, at);
  for await (const { part, text } of readAhead(
    documents,
    links.map((link) => link.part),
  )) {
    if (text === undefined) continue;
    const [from, to] = [snapshotPlace(source.threadId, part.last), snapshotPlace(copy.threadId, part.last)];
    const link = { version: part.last, ...(part.first === 0 ? {} : { base: part.first }) };
    await documents.writePart(snapshotPart(copy, link), movePayload(settings.codec, text, from, to));
  }
}
