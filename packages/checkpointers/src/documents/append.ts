/** The way of an append: a batch under a name of its own, then the swap of the head, then a snapshot. */
import { type DurableEvent, LocusError, type SnapshotDraft } from "@locus-sdk/core";
import { checkSchemaVersion, conflictError } from "@locus-sdk/core/checkpoint";
import { encodeSnapshot } from "../shared/snapshots.ts";
import { lastOf, livingThread, newGeneration, newNonce, type ThreadHead, threadAfter } from "./head.ts";
import type { TaggedHead } from "./heads.ts";
import { checkFence } from "./leases.ts";
import { batchText, isCommitted, type OpenThread, snapshotPart, snapshotsOf } from "./parts.ts";
import { confirmParts, Patience } from "./patience.ts";
import { removeGeneration } from "./remove.ts";
import type { DocumentThreads } from "./threads.ts";
import type { PartRef } from "./types.ts";

/** @returns The thread as it is then; `undefined` for no events. */
export async function appendBatch(
  threads: DocumentThreads,
  threadId: string,
  expectedVersion: number,
  events: readonly DurableEvent[],
  fence: number | undefined,
): Promise<OpenThread | undefined> {
  const { documents, heads, settings } = threads;
  const [first, ...others] = events;
  let found = first === undefined ? undefined : heads.known(threadId);
  let part: PartRef | undefined;
  let patience = new Patience(documents);
  for (let isUncertain = false; ; found = undefined) {
    const isFresh = found === undefined;
    const { head, tag, key }: TaggedHead = found ?? (await heads.read(threadId));
    const thread = livingThread(head, settings.ttlMs);
    if (isUncertain && part !== undefined && thread !== undefined) {
      // A swap whose answer was lost may have been done, and others may have come after it.
      const open = { key, threadId, thread };
      if (await isCommitted(documents, open, part)) return open;
    }
    try {
      checkFence(head, fence);
      if (thread !== undefined) checkSchemaVersion(threadId, thread.schemaVersion);
      const version = thread?.version ?? 0;
      if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
    } catch (refusal) {
      if (!isFresh) continue;
      if (part !== undefined) await documents.removePart(part).catch(() => undefined);
      throw refusal;
    }
    if (first === undefined) return undefined;

    if (part === undefined || !follows(part, thread)) {
      // What was written for a thread that is gone by now is of no use; nobody would find it.
      if (part !== undefined) await documents.removePart(part).catch(() => undefined);
      part = partAfter(key, thread, events, first.sequence);
      patience = new Patience(documents);
      await documents.writePart(part, batchText(settings.codec, part, events));
    }
    patience.check(threadId);
    const next = threadAfter(settings.codec, thread, [first, ...others], part);
    const outcome = await heads.trySwap({ key, tag }, { ...head, thread: next });
    if (!outcome.isDone) {
      isUncertain ||= outcome.isUncertain;
      continue;
    }
    if (patience.isOver) await confirmParts(threads, { key, threadId, thread: next }, expectedVersion, head);
    const outlived = head.thread?.generation;
    if (outlived !== undefined && outlived !== next.generation) {
      await removeGeneration(documents, key, outlived);
    }
    return { key, threadId, thread: next };
  }
}

function partAfter(
  key: string,
  thread: ThreadHead | undefined,
  events: readonly DurableEvent[],
  first: number,
): PartRef {
  const generation = thread?.generation ?? newGeneration();
  const last = first + events.length - 1;
  return { key, generation, kind: "events", first, last, nonce: newNonce(), previous: lastOf(thread) };
}

const follows = (part: PartRef, thread: ThreadHead | undefined): boolean =>
  part.previous === lastOf(thread) && (thread === undefined || thread.generation === part.generation);

/**
 * Written once its events are, so that there never is one of events that do not count. Where it fails, the thread is read from
 * its events.
 */
export async function storeSnapshot(
  { documents, settings }: DocumentThreads,
  open: OpenThread,
  draft: SnapshotDraft,
): Promise<void> {
  try {
    const links = draft.base === undefined ? [] : await snapshotsOf(documents, open, draft.base.version);
    const stored = new Set(links.map(({ version }) => version));
    const { payload, ...link } = encodeSnapshot(settings.codec, draft, (version) => stored.has(version));
    await documents.writePart(snapshotPart(open, link), payload);
  } catch (error) {
    if (!(error instanceof LocusError)) throw error;
  }
}
