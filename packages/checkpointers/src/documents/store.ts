/** A checkpointer over any store of documents that can compare and swap one of them. */
import {
  type AppendOptions,
  CheckpointError,
  type Checkpointer,
  type DurableEvent,
  type LeaseAttempt,
  type StoredThread,
  type ThreadQuery,
  type ThreadSummary,
  type VacuumReport,
} from "@locus-sdk/core";
import {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  checkSchemaVersion,
  checkThreadId,
  matchesMetadata,
  missingError,
} from "@locus-sdk/core/checkpoint";
import type { StoreSettings } from "../shared/options.ts";
import { missingEventError } from "../shared/records.ts";
import { checkSnapshot } from "../shared/snapshots.ts";
import { storedThread } from "../shared/threads.ts";
import { appendBatch, storeSnapshot } from "./append.ts";
import { forkThread } from "./fork.ts";
import { livingThread, summaryOf } from "./head.ts";
import { Heads } from "./heads.ts";
import { queryLabels } from "./labels.ts";
import { acquireLease } from "./leases.ts";
import { headsInOrder } from "./list.ts";
import { committedBatches, decodeBatch, newestState, type OpenThread, readAhead } from "./parts.ts";
import { removeGeneration } from "./remove.ts";
import type { DocumentThreads } from "./threads.ts";
import type { Documents } from "./types.ts";
import { vacuum } from "./vacuum.ts";

interface Range {
  readonly after?: number;
  readonly upTo?: number;
}

/**
 * An append writes its batch under a name of its own, and then swaps the thread's small head for one that says that the batch
 * is the last: that swap is the append. Whatever comes between the two leaves the thread as it was.
 */
export class DocumentCheckpointer implements Checkpointer {
  readonly snapshotEvery: number;
  readonly #threads: DocumentThreads;
  #isClosed = false;

  constructor(documents: Documents, settings: StoreSettings) {
    this.snapshotEvery = settings.snapshotEvery;
    this.#threads = { documents, settings, heads: new Heads(documents, settings.codec) };
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    this.#checkOpen();
    checkBatch(threadId, expectedVersion, events);
    checkSnapshot(threadId, expectedVersion + events.length, options.snapshot);
    const stored = await appendBatch(this.#threads, threadId, expectedVersion, events, options.fence);
    if (stored !== undefined && options.snapshot !== undefined) {
      await storeSnapshot(this.#threads, stored, options.snapshot);
    }
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    this.#checkOpen();
    checkRange(options);
    const open = await this.#open(threadId);
    if (open === undefined) return undefined;
    const { documents, settings } = this.#threads;
    const { schemaVersion } = open.thread;
    const version = Math.min(options.upTo ?? open.thread.version, open.thread.version);
    const state = await newestState(documents, settings.codec, open, version);
    const events: DurableEvent[] = [];
    for await (const batch of this.#batches(open, state?.version ?? 0, version)) events.push(...batch);
    return storedThread({ threadId, schemaVersion, version, state, events });
  }

  async *events(threadId: string, options: Range = {}): AsyncGenerator<DurableEvent, void, undefined> {
    this.#checkOpen();
    checkRange(options);
    const open = await this.#open(threadId);
    if (open === undefined) return;
    const upTo = Math.min(options.upTo ?? open.thread.version, open.thread.version);
    for await (const batch of this.#batches(open, options.after ?? 0, upTo)) yield* batch;
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    this.#checkOpen();
    checkQuery(query);
    const { documents, settings } = this.#threads;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    for await (const head of headsInOrder(documents, query, queryLabels(query.metadata))) {
      const thread = livingThread(head, settings.ttlMs);
      if (thread === undefined) continue;
      const summary = summaryOf(settings.codec, head.threadId, thread);
      if (!matchesMetadata(summary.metadata, query.metadata)) continue;
      yield summary;
      left -= 1;
      if (left <= 0) return;
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    this.#checkOpen();
    const source = await this.#open(threadId, { isSchemaChecked: false });
    if (source === undefined) throw missingError(threadId);
    checkFork(threadId, source.thread, at, newThreadId);
    await forkThread(this.#threads, source, at, newThreadId);
  }

  async delete(threadId: string): Promise<boolean> {
    this.#checkOpen();
    checkThreadId(threadId);
    const { heads, settings } = this.#threads;
    const { documents } = this.#threads;
    let gone: string | undefined;
    for (;;) {
      const { head, tag, key } = await heads.read(threadId);
      const thread = livingThread(head, settings.ttlMs);
      // Whatever is there after a swap whose answer was lost: that thread is not there any more.
      if (gone === undefined || thread?.generation === gone) {
        if (thread === undefined) return false;
        const { thread: _thread, ...rest } = head;
        const outcome = await heads.trySwap({ key, tag }, rest);
        if (outcome.isDone || outcome.isUncertain) gone = thread.generation;
        if (!outcome.isDone || gone === undefined) continue;
      }
      await removeGeneration(documents, key, gone);
      return true;
    }
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    this.#checkOpen();
    checkThreadId(threadId);
    return await acquireLease(this.#threads.heads, threadId, this.#threads.settings.leaseMs);
  }

  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    this.#checkOpen();
    return await vacuum(this.#threads, options.rekey ?? false);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(
    threadId: string,
    { isSchemaChecked = true }: { readonly isSchemaChecked?: boolean } = {},
  ): Promise<OpenThread | undefined> {
    checkThreadId(threadId);
    const { head, key } = await this.#threads.heads.read(threadId);
    const thread = livingThread(head, this.#threads.settings.ttlMs);
    if (thread === undefined) return undefined;
    if (isSchemaChecked) checkSchemaVersion(threadId, thread.schemaVersion);
    return { key, threadId, thread };
  }

  /** The events after `after` up to `upTo`, as they were stored together. */
  async *#batches(
    open: OpenThread,
    after: number,
    upTo: number,
  ): AsyncGenerator<readonly DurableEvent[], void, undefined> {
    const { documents, settings } = this.#threads;
    const parts = await committedBatches(documents, open, after, upTo);
    for await (const { part, text } of readAhead(documents, parts)) {
      if (text === undefined) throw missingEventError(open.threadId, part.first);
      const events = decodeBatch(settings.codec, open.threadId, part, text);
      yield events.slice(Math.max(0, after + 1 - part.first), upTo + 1 - part.first);
    }
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    throw new CheckpointError("the checkpointer is closed", { code: "checkpoint_closed" });
  }
}
