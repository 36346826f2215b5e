/** What a file checkpointer does, once it is first asked for something. */
import { join } from "node:path";
import { CheckpointError } from "../../errors/errors.ts";
import type { DurableEvent } from "../../events/types.ts";
import {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  checkThreadId,
  conflictError,
  forkExistsError,
  matchesMetadata,
  missingError,
  selectThreadIds,
} from "../contract.ts";
import type { PayloadCodec } from "../encryption.ts";
import { checkSchemaVersion } from "../stored.ts";
import type {
  AppendOptions,
  LeaseAttempt,
  StoredThread,
  ThreadQuery,
  ThreadSummary,
  VacuumReport,
} from "../types.ts";
import { threadIdsIn } from "./directory.ts";
import { createWhole, ensureDirectory, openExisting, type Texts } from "./disk.ts";
import { KnownThreads } from "./known.ts";
import { acquireLease, checkFence } from "./leases.ts";
import { storedThread } from "./load.ts";
import type { ThreadFile } from "./log.ts";
import { fileNameOf } from "./name.ts";
import { copyOf, storedBatches } from "./reading.ts";
import { replaceFile } from "./replace.ts";
import { vacuumDirectory } from "./vacuum.ts";
import { appendBatch, firstTexts, tryToKeep } from "./writing.ts";

/** Where the threads are, and how they are kept. */
export interface ThreadFilesParts {
  readonly directory: string;
  readonly fsync: boolean;
  readonly leaseMs: number;
  readonly ttlMs: number | undefined;
  readonly codec: PayloadCodec;
}

/** The threads in a directory: a checkpointer but for its options. */
export class ThreadFiles {
  readonly #directory: string;
  readonly #fsync: boolean;
  readonly #leaseMs: number;
  readonly #ttlMs: number | undefined;
  readonly #codec: PayloadCodec;
  readonly #known: KnownThreads;
  #closed = false;

  constructor({ directory, fsync, leaseMs, ttlMs, codec }: ThreadFilesParts) {
    this.#directory = directory;
    this.#fsync = fsync;
    this.#leaseMs = leaseMs;
    this.#ttlMs = ttlMs;
    this.#codec = codec;
    this.#known = new KnownThreads(ttlMs);
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    checkBatch(threadId, expectedVersion, events);
    const file = this.#fileOf(threadId);
    await checkFence(file.path, threadId, options.fence);
    const handle = await openExisting(file.path, "append");
    let isDone = false;
    try {
      const known = handle === undefined ? undefined : await this.#known.catchUp(file, handle);
      if (handle === undefined || known === undefined || this.#known.hasOutlived(known)) {
        if (expectedVersion !== 0) throw conflictError(threadId, expectedVersion, 0);
        if (events.length === 0) return;
        const { texts, place } = firstTexts(file, events);
        isDone = await this.#begin(file, () => texts);
        if (isDone) await tryToKeep(file, place, options.snapshot);
      } else {
        const { version, schemaVersion } = known.summary;
        checkSchemaVersion(threadId, schemaVersion);
        if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
        if (events.length === 0) return;
        const written = await appendBatch(file, handle, known, events, this.#fsync);
        isDone = written !== "elsewhere";
        if (written !== "elsewhere") {
          if (written.known !== undefined) this.#known.remember(threadId, written.known);
          await tryToKeep(file, written.place, options.snapshot);
        }
      }
    } finally {
      await handle?.close();
    }
    // Someone else began the thread or replaced its file in the meantime, and is told of as the winner, if that is so.
    if (!isDone) await this.append(threadId, expectedVersion, events, options);
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    const file = this.#fileOf(threadId);
    const handle = await this.#known.open(file);
    if (handle === undefined) return undefined;
    try {
      return await storedThread(file, handle, options);
    } finally {
      await handle.close();
    }
  }

  async *events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    checkRange(options);
    const file = this.#fileOf(threadId);
    const handle = await this.#known.open(file);
    if (handle === undefined) return;
    try {
      for await (const batch of storedBatches(file, handle, options)) yield* batch.events;
    } finally {
      await handle.close();
    }
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    this.#requireOpen();
    checkQuery(query);
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    for (const threadId of selectThreadIds(await threadIdsIn(this.#directory), query)) {
      const summary = await this.#known.look(this.#fileOf(threadId));
      if (summary === undefined || !matchesMetadata(summary.metadata, query.metadata)) continue;
      yield summary;
      left -= 1;
      if (left <= 0) return;
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    const file = this.#fileOf(threadId);
    const handle = await this.#known.open(file);
    if (handle === undefined) throw missingError(threadId);
    try {
      checkFork(threadId, (await this.#known.catchUp(file, handle)).summary, at, newThreadId);
      if ((await this.#known.look(this.#fileOf(newThreadId))) !== undefined)
        throw forkExistsError(newThreadId);
      // From the file as it is open here: a thread deleted meanwhile is copied all the same, never in part.
      const texts = (): Texts => copyOf(file, handle, { at, newThreadId });
      if (!(await this.#begin(this.#fileOf(newThreadId), texts))) throw forkExistsError(newThreadId);
    } finally {
      await handle.close();
    }
  }

  async delete(threadId: string): Promise<boolean> {
    const file = this.#fileOf(threadId);
    // Without a time to live nothing is read: a damaged thread can be deleted, too.
    if (this.#ttlMs !== undefined && (await this.#known.look(file)) === undefined) return false;
    this.#known.forget(threadId);
    return (await replaceFile(file.path, this.#fsync, async () => "removed")) === "removed";
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    const { path } = this.#fileOf(threadId);
    await ensureDirectory(this.#directory, this.#fsync);
    return await acquireLease(path, this.#leaseMs);
  }

  async vacuum({ rekey = false }: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    this.#requireOpen();
    return await vacuumDirectory({
      directory: this.#directory,
      fileOf: (threadId) => this.#fileOf(threadId),
      ttlMs: this.#ttlMs,
      rekey,
      fsync: this.#fsync,
    });
  }

  close(): void {
    this.#closed = true;
    this.#known.clear();
  }

  #requireOpen(): void {
    if (this.#closed) throw new CheckpointError("the FileCheckpointer is closed");
  }

  #fileOf(threadId: string): ThreadFile {
    this.#requireOpen();
    checkThreadId(threadId);
    return { path: join(this.#directory, fileNameOf(threadId)), threadId, codec: this.#codec };
  }

  /** Makes the thread's file, in the place of one that outlived its time. `false` where there is one. */
  async #begin(file: ThreadFile, texts: () => Texts): Promise<boolean> {
    await ensureDirectory(this.#directory, this.#fsync);
    if (await createWhole(file.path, texts(), this.#fsync)) return true;
    if (this.#ttlMs === undefined) return false;
    const outcome = await replaceFile(file.path, this.#fsync, async (handle) => {
      return this.#known.hasOutlived(await this.#known.catchUp(file, handle)) ? { texts: texts() } : "kept";
    });
    return outcome === "replaced";
  }
}
