// Files as they were uploaded, kept by project until they are deleted or expire.
import { newId } from "../answers/complete.ts";
import type { EmulatorClock } from "../clock.ts";
import { Listing } from "../surface/listing.ts";

export interface StoredFile {
  readonly id: string;
  readonly scope: string;
  readonly filename: string;
  readonly purpose: string;
  /** The content type of the upload. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly createdMs: number;
  readonly expiresMs: number | undefined;
}

export type NewFile = Omit<StoredFile, "id" | "createdMs" | "expiresMs"> & {
  readonly expiresAfterSeconds: number | undefined;
};

export class FileStore {
  readonly #clock: EmulatorClock;
  readonly #maxBytes: number;
  readonly #byId = new Map<string, StoredFile>();
  readonly #scopes = new Map<string, Listing<StoredFile>>();
  readonly #watchers: ((id: string) => void)[] = [];
  #bytes = 0;
  /** Nothing expires before. */
  #nextExpiryMs = Number.POSITIVE_INFINITY;

  constructor(clock: EmulatorClock, maxBytes: number = 2 * 1024 ** 3) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** All files, oldest first. */
  get all(): Iterable<StoredFile> {
    this.expire();
    return this.#byId.values();
  }

  /** Whether so many bytes more are too many to keep. Nothing is thrown away to make room. */
  isFullFor(bytes: number): boolean {
    this.expire();
    return this.#bytes + bytes > this.#maxBytes;
  }

  add({ expiresAfterSeconds, ...file }: NewFile): StoredFile {
    const createdMs = this.#clock.now().getTime();
    const expiresMs = expiresAfterSeconds === undefined ? undefined : createdMs + expiresAfterSeconds * 1000;
    const stored: StoredFile = { ...file, id: `file-${newId()}`, createdMs, expiresMs };
    this.#byId.set(stored.id, stored);
    this.in(file.scope).add(stored);
    this.#bytes += file.bytes.byteLength;
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresMs ?? Number.POSITIVE_INFINITY);
    return stored;
  }

  /** A file of this scope. */
  get(id: string, scope: string): StoredFile | undefined {
    this.expire();
    const found = this.#byId.get(id);
    return found?.scope === scope ? found : undefined;
  }

  /** The files of a scope. */
  in(scope: string): Listing<StoredFile> {
    this.expire();
    const known = this.#scopes.get(scope);
    if (known !== undefined) return known;
    const listing = new Listing<StoredFile>();
    this.#scopes.set(scope, listing);
    return listing;
  }

  delete(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    this.#scopes.get(found.scope)?.delete(id);
    this.#bytes -= found.bytes.byteLength;
    for (const watcher of this.#watchers) watcher(id);
  }

  /** Deletes all files of a scope. */
  deleteScope(scope: string): void {
    for (const file of this.#byId.values()) if (file.scope === scope) this.delete(file.id);
    this.#scopes.delete(scope);
  }

  /** Calls `watcher` with the id of every file that is deleted or expires. */
  whenGone(watcher: (id: string) => void): void {
    this.#watchers.push(watcher);
  }

  /** Deletes what has expired by now. */
  expire(): void {
    const nowMs = this.#clock.now().getTime();
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const { id, expiresMs } of this.#byId.values()) {
      if (expiresMs === undefined) continue;
      if (expiresMs <= nowMs) this.delete(id);
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresMs);
    }
  }

  clear(): void {
    this.#byId.clear();
    this.#scopes.clear();
    this.#bytes = 0;
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
  }
}
