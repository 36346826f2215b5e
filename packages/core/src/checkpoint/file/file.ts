/** Threads in a directory, one append-only file each, safe under any number of processes and any kill. */
import { resolve } from "node:path";
import { CheckpointError } from "../../errors/errors.ts";
import type { DurableEvent } from "../../events/types.ts";
import { payloadCodec } from "../encryption.ts";
import { LEASE_MS } from "../lifetime.ts";
import type {
  AppendOptions,
  Checkpointer,
  LeaseAttempt,
  StoredThread,
  ThreadQuery,
  ThreadSummary,
  VacuumReport,
} from "../types.ts";
import { checkFileOptions, type FileCheckpointerOptions, SNAPSHOT_EVERY } from "./options.ts";
import type { ThreadFiles, ThreadFilesParts } from "./thread-files.ts";

export type { FileCheckpointerOptions } from "./options.ts";

/**
 * Keeps threads as files: a line of JSON for each append, never rewritten. An append costs the same on a long
 * thread as on a short one; the first one of a process to an existing thread reads what came since its last snapshot.
 *
 * The directory must be on a local disk: network file systems do not append in one piece, nor keep leases.
 *
 * @example
 * ```ts
 * import { FileCheckpointer } from "@locus-sdk/core";
 *
 * const checkpointer = new FileCheckpointer({ directory: ".locus/threads" });
 * ```
 */
export class FileCheckpointer implements Checkpointer {
  readonly snapshotEvery: number;
  readonly #parts: ThreadFilesParts;
  #loading: Promise<ThreadFiles> | undefined;
  #closed = false;

  /** @throws ConfigurationError for an empty directory name, an unknown option, a value out of range, a key that is none. */
  constructor(options: FileCheckpointerOptions) {
    checkFileOptions(options);
    this.snapshotEvery = options.snapshotEvery ?? SNAPSHOT_EVERY;
    this.#parts = {
      directory: resolve(options.directory),
      fsync: options.fsync ?? true,
      leaseMs: options.leaseMs ?? LEASE_MS,
      ttlMs: options.ttlMs,
      codec: payloadCodec(options.encryption),
    };
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    await (await this.#files()).append(threadId, expectedVersion, events, options);
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    return await (await this.#files()).read(threadId, options);
  }

  async *events(
    threadId: string,
    options: { readonly after?: number; readonly upTo?: number } = {},
  ): AsyncGenerator<DurableEvent, void, undefined> {
    yield* (await this.#files()).events(threadId, options);
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    yield* (await this.#files()).list(query);
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    await (await this.#files()).fork(threadId, at, newThreadId);
  }

  async delete(threadId: string): Promise<boolean> {
    return await (await this.#files()).delete(threadId);
  }

  async acquire(threadId: string): Promise<LeaseAttempt> {
    return await (await this.#files()).acquire(threadId);
  }

  /** Removes threads that outlived `ttlMs`; with `rekey`, writes anew what is not under the current key. */
  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    return await (await this.#files()).vacuum(options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // After what was asked for before.
    (await this.#loading)?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What works on files is loaded with the first of them. One promise for all, so that they are begun in the order of the calls. */
  #files(): Promise<ThreadFiles> {
    if (this.#closed) return Promise.reject(new CheckpointError("the FileCheckpointer is closed"));
    this.#loading ??= import("./thread-files.ts").then(({ ThreadFiles }) => new ThreadFiles(this.#parts));
    return this.#loading;
  }
}
