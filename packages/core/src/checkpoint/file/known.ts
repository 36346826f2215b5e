/** How far threads were read by this process: what is new in a file is read, and not the whole of it again. */
import type { FileHandle } from "node:fs/promises";
import { hasOutlived } from "../lifetime.ts";
import type { ThreadSummary } from "../types.ts";
import { openExisting } from "./disk.ts";
import type { ThreadFile } from "./log.ts";
import { catchUp, type Known } from "./reading.ts";

/** So many threads are remembered; the others are read again when they come up. */
const MAX_KNOWN = 1_000;

export class KnownThreads {
  readonly #ttlMs: number | undefined;
  /** In order of use: the first is the least recently used. */
  readonly #known = new Map<string, Known>();

  constructor(ttlMs: number | undefined) {
    this.#ttlMs = ttlMs;
  }

  /** Reads what is new in a file since it was last seen. */
  async catchUp(file: ThreadFile, handle: FileHandle): Promise<Known> {
    const { known } = await catchUp(file, handle, this.#known.get(file.threadId));
    this.remember(file.threadId, known);
    return known;
  }

  /** What a list says of a thread; `undefined` where there is none. */
  async look(file: ThreadFile): Promise<ThreadSummary | undefined> {
    const handle = await this.open(file);
    if (handle === undefined) return undefined;
    try {
      return (await this.catchUp(file, handle)).summary;
    } finally {
      await handle.close();
    }
  }

  /** The file of a thread that is there, and has not outlived its time. */
  async open(file: ThreadFile): Promise<FileHandle | undefined> {
    const handle = await openExisting(file.path, "read");
    if (handle === undefined || this.#ttlMs === undefined) return handle;
    let isThere = false;
    try {
      isThere = !this.hasOutlived(await this.catchUp(file, handle));
    } finally {
      if (!isThere) await handle.close();
    }
    return isThere ? handle : undefined;
  }

  hasOutlived({ summary }: Known): boolean {
    return hasOutlived(summary, this.#ttlMs);
  }

  remember(threadId: string, known: Known): void {
    this.#known.delete(threadId);
    this.#known.set(threadId, known);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  forget(threadId: string): void {
    this.#known.delete(threadId);
  }

  clear(): void {
    this.#known.clear();
  }
}
