/** Threads in a directory, one append-only file each, safe under any number of processes and any kill. */
import type { FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigurationError } from "../../errors/errors.ts";
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
import { checkSchemaVersion } from "../stored.ts";
import type { Checkpointer, StoredThread, ThreadQuery, ThreadSummary } from "../types.ts";
import { threadIdsIn } from "./directory.ts";
import {
  appendOnce,
  createWhole,
  ensureDirectory,
  openExisting,
  removeFile,
  stateOf,
  syncFile,
} from "./disk.ts";
import { batchText, headerText } from "./log.ts";
import { fileNameOf } from "./name.ts";
import { afterAppend, catchUp, copyOf, type Known, storedBatches } from "./reading.ts";

export interface FileCheckpointerOptions {
  /** Made where it does not exist, for its owner only. One directory may serve many processes of one machine. */
  readonly directory: string;
  /** Whether an append waits until the disk has it, and so survives a power cut. Default `true`. */
  readonly fsync?: boolean;
}

/** So many threads are remembered by how far they were read; the others are read again when they come up. */
const MAX_KNOWN = 1_000;

/**
 * Keeps threads as files: a line of JSON for each append, never rewritten. An append costs the same on a long
 * thread as on a short one; the first one of a process to an existing thread reads it once.
 *
 * The directory must be on a local disk: network file systems do not append in one piece.
 *
 * @example
 * ```ts
 * import { FileCheckpointer } from "@locus-sdk/core";
 *
 * const checkpointer = new FileCheckpointer({ directory: ".locus/threads" });
 * ```
 */
export class FileCheckpointer implements Checkpointer {
  readonly #directory: string;
  readonly #fsync: boolean;
  /** In order of use: the first is the least recently used. */
  readonly #known = new Map<string, Known>();

  /** @throws ConfigurationError for an empty directory name. */
  constructor(options: FileCheckpointerOptions) {
    if (typeof options.directory !== "string" || options.directory === "") {
      throw new ConfigurationError("FileCheckpointer needs the directory to keep its threads in");
    }
    this.#directory = resolve(options.directory);
    this.#fsync = options.fsync ?? true;
  }

  async append(threadId: string, expectedVersion: number, events: readonly DurableEvent[]): Promise<void> {
    checkBatch(threadId, expectedVersion, events);
    const path = this.#pathOf(threadId);
    const handle = await openExisting(path, "append");
    if (handle !== undefined) {
      try {
        await this.#appendTo(path, handle, threadId, expectedVersion, events);
      } finally {
        await handle.close();
      }
      return;
    }
    if (expectedVersion !== 0) throw conflictError(threadId, expectedVersion, 0);
    if (events.length === 0) return;
    await ensureDirectory(this.#directory, this.#fsync);
    const texts = [headerText(threadId), batchText(0, events).text];
    if (await createWhole(path, texts, this.#fsync)) return;
    // Someone else made the file in the meantime, and is told of as the winner.
    await this.append(threadId, expectedVersion, events);
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    checkRange(options);
    const events: DurableEvent[] = [];
    let schemaVersion: number | undefined;
    for await (const batch of this.#batches(threadId, options)) {
      schemaVersion = batch.schemaVersion;
      for (const event of batch.events) events.push(event);
    }
    if (schemaVersion === undefined) return undefined;
    return Object.freeze({ threadId, schemaVersion, version: events.length, events: Object.freeze(events) });
  }

  async *events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    checkRange(options);
    for await (const batch of this.#batches(threadId, options)) yield* batch.events;
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    checkQuery(query);
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    for (const threadId of selectThreadIds(await threadIdsIn(this.#directory), query)) {
      const summary = await this.#look(threadId);
      if (summary === undefined || !matchesMetadata(summary.metadata, query.metadata)) continue;
      yield summary;
      left -= 1;
      if (left <= 0) return;
    }
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    checkThreadId(threadId);
    const path = this.#pathOf(threadId);
    const handle = await openExisting(path, "read");
    if (handle === undefined) throw missingError(threadId);
    try {
      const { summary } = await this.#catchUp(path, handle, threadId);
      checkFork(threadId, summary, at, newThreadId);
      if ((await this.#look(newThreadId)) !== undefined) throw forkExistsError(newThreadId);
      // From the file as it is open here: a thread deleted meanwhile is copied all the same, never in part.
      const texts = copyOf(path, handle, { threadId, at, newThreadId });
      const isNew = await createWhole(this.#pathOf(newThreadId), texts, this.#fsync);
      if (!isNew) throw forkExistsError(newThreadId);
    } finally {
      await handle.close();
    }
  }

  async delete(threadId: string): Promise<boolean> {
    checkThreadId(threadId);
    this.#known.delete(threadId);
    return await removeFile(this.#pathOf(threadId), this.#fsync);
  }

  #pathOf(threadId: string): string {
    return join(this.#directory, fileNameOf(threadId));
  }

  async #appendTo(
    path: string,
    handle: FileHandle,
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
  ): Promise<void> {
    const known = await this.#catchUp(path, handle, threadId);
    const { version, schemaVersion } = known.summary;
    checkSchemaVersion(threadId, schemaVersion);
    if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
    if (events.length === 0) return;

    const { id, text } = batchText(expectedVersion, events);
    const length = await appendOnce(path, handle, text);
    const { size } = await stateOf(path, handle);
    if (size === known.end + length) {
      if (this.#fsync) await syncFile(path, handle);
      this.#remember(threadId, afterAppend(known, length, events));
      return;
    }
    const found = await catchUp(path, handle, threadId, known);
    this.#remember(threadId, found.known);
    if (!found.batches.has(id)) throw conflictError(threadId, expectedVersion, found.known.summary.version);
    if (this.#fsync) await syncFile(path, handle);
  }

  /** What a list says of a thread; `undefined` where there is none. */
  async #look(threadId: string): Promise<ThreadSummary | undefined> {
    checkThreadId(threadId);
    const path = this.#pathOf(threadId);
    const handle = await openExisting(path, "read");
    if (handle === undefined) return undefined;
    try {
      return (await this.#catchUp(path, handle, threadId)).summary;
    } finally {
      await handle.close();
    }
  }

  /** Reads what is new in a file since this instance last saw it. */
  async #catchUp(path: string, handle: FileHandle, threadId: string): Promise<Known> {
    const { known } = await catchUp(path, handle, threadId, this.#known.get(threadId));
    this.#remember(threadId, known);
    return known;
  }

  async *#batches(
    threadId: string,
    range: { readonly after?: number; readonly upTo?: number },
  ): ReturnType<typeof storedBatches> {
    checkThreadId(threadId);
    const path = this.#pathOf(threadId);
    const handle = await openExisting(path, "read");
    if (handle === undefined) return;
    try {
      yield* storedBatches(path, handle, threadId, range);
    } finally {
      await handle.close();
    }
  }

  #remember(threadId: string, known: Known): void {
    this.#known.delete(threadId);
    this.#known.set(threadId, known);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
