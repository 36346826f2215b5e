/** Clears up: threads that outlived their time, snapshots out of use, what a crash left, what is under another key. */
import type { VacuumReport } from "@locus-sdk/core";
import { isExpired } from "../shared/options.ts";
import { factsPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace, versionsInUse } from "../shared/snapshots.ts";
import { type Head, livingThread, parseHead } from "./head.ts";
import { leftOf } from "./leases.ts";
import { batchPlace, committedBatches, type OpenThread, parseBatch, snapshotsOf } from "./parts.ts";
import { ABANDONED_MS } from "./patience.ts";
import { removeGeneration } from "./remove.ts";
import type { DocumentThreads } from "./threads.ts";
import type { Documents, ListedPart, PartRef } from "./types.ts";

/** So long is known who held a lease of a thread that does not exist. */
const LEASE_KEPT_MS = 86_400_000;

export async function vacuum(threads: DocumentThreads, isRekeyed: boolean): Promise<VacuumReport> {
  const report = { deletedThreads: 0, rekeyed: 0 };
  const { documents, heads, settings } = threads;
  for await (const { key, text } of documents.heads({ from: "", before: "~", order: "asc", labels: [] })) {
    const { threadId } = parseHead(text, key);
    // Read again, one by one: a list may be old by the time that its end is reached.
    const { head, tag } = await heads.read(threadId);
    if (head.thread !== undefined && livingThread(head, settings.ttlMs) === undefined) {
      const { thread, ...rest } = head;
      if (!isExpired(thread.touchedAt, settings.ttlMs) || !(await heads.swap({ key, tag }, rest))) continue;
      await removeGeneration(documents, key, thread.generation);
      report.deletedThreads += 1;
    } else if (head.thread !== undefined) {
      const open = { key, threadId, thread: head.thread };
      await unlessGone(threads, open, async () => {
        await removeSnapshots(documents, open);
        if (isRekeyed) report.rekeyed += await rekeyThread(threads, open);
      });
    } else await forgetLease(threads, key, head, tag);
  }
  await removeAbandoned(threads);
  return report;
}

/** What becomes of a thread that is deleted in the meantime is nobody's concern. */
async function unlessGone(
  { heads }: DocumentThreads,
  { threadId, thread }: OpenThread,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { head } = await heads.read(threadId);
    if (head.thread?.generation === thread.generation) throw error;
  }
}

async function forgetLease(
  { heads }: DocumentThreads,
  key: string,
  head: Head,
  tag: string | undefined,
): Promise<void> {
  const { lease, threadId } = head;
  if (lease === undefined || leftOf(lease, heads.now()) > 0) return;
  // Fences are no earlier than the time they were given at.
  if (heads.now() - Math.max(lease.expiresAt, lease.fence) < LEASE_KEPT_MS) return;
  await heads.swap({ key, tag }, { threadId });
}

async function removeSnapshots(documents: Documents, open: OpenThread): Promise<void> {
  const links = await snapshotsOf(documents, open, Number.MAX_SAFE_INTEGER);
  const used = versionsInUse(links);
  for (const { version, part } of links) if (!used.has(version)) await documents.removePart(part);
}

/** Parts of generations that are no thread's, and batches that no head came to name. */
async function removeAbandoned(threads: DocumentThreads): Promise<void> {
  const { documents, heads } = threads;
  const before = heads.now() - ABANDONED_MS;
  let current:
    | { readonly generation: string; readonly committed: ReadonlySet<string> | undefined }
    | undefined;
  for await (const part of documents.allParts()) {
    if (part.writtenAt > before) continue;
    if (current?.generation !== part.generation) {
      current = { generation: part.generation, committed: await committedNonces(threads, part) };
    }
    const isUsed =
      current.committed !== undefined && (part.kind === "snapshot" || current.committed.has(part.nonce));
    if (!isUsed) await documents.removePart(part);
  }
}

/** Of the batches of a part's thread; `undefined` where that is no more. */
async function committedNonces(
  threads: DocumentThreads,
  { key, generation }: ListedPart,
): Promise<ReadonlySet<string> | undefined> {
  const { documents } = threads;
  const document = await documents.readHead(key);
  const head = document === undefined ? undefined : parseHead(document.text, key);
  if (head?.thread === undefined || head.thread.generation !== generation) return undefined;
  const open = { key, threadId: head.threadId, thread: head.thread };
  let nonces: ReadonlySet<string> | undefined;
  await unlessGone(threads, open, async () => {
    const batches = await committedBatches(documents, open, 0, Number.MAX_SAFE_INTEGER);
    nonces = new Set(batches.map(({ nonce }) => nonce));
  });
  return nonces;
}

/** Payloads that are not as they would be written today are written anew, at their places. */
async function rekeyThread(
  { documents, heads, settings }: DocumentThreads,
  open: OpenThread,
): Promise<number> {
  const { codec } = settings;
  const { threadId } = open;
  let rekeyed = 0;
  const renew = async (
    part: PartRef,
    payload: string,
    place: string,
    textOf: (payload: string) => string,
  ): Promise<void> => {
    if (codec.isCurrent(payload)) return;
    await documents.writePart(part, textOf(movePayload(codec, payload, place, place)));
    rekeyed += 1;
  };
  for (const part of await committedBatches(documents, open, 0, Number.MAX_SAFE_INTEGER)) {
    const text = await documents.readPart(part);
    if (text === undefined) continue;
    const { schemaVersion, payload } = parseBatch(text, threadId, part);
    await renew(part, payload, batchPlace(threadId, part), (anew) =>
      JSON.stringify({ schemaVersion, payload: anew }),
    );
  }
  for (const { part, version } of await snapshotsOf(documents, open, Number.MAX_SAFE_INTEGER)) {
    const payload = await documents.readPart(part);
    if (payload !== undefined) await renew(part, payload, snapshotPlace(threadId, version), (anew) => anew);
  }
  for (;;) {
    const { head, tag, key } = await heads.read(threadId);
    const { thread } = head;
    if (thread === undefined || thread.generation !== open.thread.generation) return rekeyed;
    if (codec.isCurrent(thread.facts)) return rekeyed;
    const facts = movePayload(codec, thread.facts, factsPlace(threadId), factsPlace(threadId));
    if (await heads.swap({ key, tag }, { ...head, thread: { ...thread, facts } })) return rekeyed + 1;
  }
}
