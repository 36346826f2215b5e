/** A memory store over a backend: what all of them do alike. A backend keeps rows; here they are checked, found and ranked. */
import { ConfigurationError, MemoryError } from "../errors/errors.ts";
import type { JsonValue } from "../json/json.ts";
import { checkOptions, having, readJsonObject } from "../options/check.ts";
import type { MemoryBackend, RowPlace, RowScope } from "./backend.ts";
import {
  checkDelete,
  checkList,
  checkNamespaces,
  checkPlace,
  checkPrefix,
  checkPut,
  itemOf,
  memoryConflict,
  metadataTags,
  readValue,
  wantedTags,
} from "./contract.ts";
import type { Embeddings } from "./embeddings.ts";
import { decodeNamespace, encodeName } from "./namespace.ts";
import { searchedText, termsOf } from "./terms.ts";
import type {
  MemoryItem,
  MemoryListQuery,
  MemoryMatch,
  MemoryNamespace,
  MemoryNamespacesQuery,
  MemoryPutOptions,
  MemorySearchQuery,
  MemoryStore,
} from "./types.ts";

/** Rows read at once. */
const PAGE = 500;

/** What every store takes. */
export interface MemoryStoreOptions {
  /** For search by meaning. Default: none; items are searched by their words. */
  readonly embeddings?: Embeddings | undefined;
}

const EMBEDDINGS = having("embeddings", ["embed"]);

/**
 * A `MemoryStore` over any database that can keep rows: implement `MemoryBackend`, and search, ranking and checks are here.
 *
 * @example
 * ```ts
 * import { BackedMemoryStore, type MemoryBackend } from "@locus-sdk/core/memory";
 *
 * export const overMine = (backend: MemoryBackend): BackedMemoryStore => new BackedMemoryStore(backend);
 * ```
 */
export class BackedMemoryStore implements MemoryStore {
  readonly #backend: MemoryBackend;
  readonly #embeddings: Embeddings | undefined;
  #closed = false;

  constructor(backend: MemoryBackend, options: MemoryStoreOptions = {}) {
    checkOptions("memory store", options, { embeddings: EMBEDDINGS });
    this.#backend = backend;
    this.#embeddings = options.embeddings;
  }

  async put(
    namespace: MemoryNamespace,
    key: string,
    value: JsonValue,
    options: MemoryPutOptions = {},
  ): Promise<MemoryItem> {
    checkPut(options);
    const place = checkPlace({ namespace, key });
    const metadata = readJsonObject("memory metadata", options.metadata ?? {});
    const checked = readValue(value);
    options.signal?.throwIfAborted();
    const now = Date.now();
    const written = await this.#open().write(
      {
        ...place,
        value: JSON.stringify(checked),
        metadata: JSON.stringify(metadata),
        tags: metadataTags(metadata),
        terms: termsOf(searchedText(checked)),
        now,
        expiresAt: options.ttlMs === undefined ? null : now + options.ttlMs,
      },
      options.ifVersion,
    );
    if ("found" in written) throw memoryConflict({ namespace, key }, options.ifVersion ?? 0, written.found);
    if (this.#embeddings !== undefined && written.vectorModel !== this.#embeddings.modelId) {
      const scope = { ...this.#scope(place.namespace, { deep: false }), now };
      // The item is stored. A vector that cannot be had now is made by the next search, or fails it.
      const { ensureVectors } = await import("./search.ts");
      await ensureVectors(this.#backend, this.#embeddings, scope, {
        only: written.row,
        signal: options.signal,
      }).catch(() => undefined);
    }
    return itemOf(written.row);
  }

  async get(namespace: MemoryNamespace, key: string): Promise<MemoryItem | undefined> {
    const row = await this.#open().read(checkPlace({ namespace, key }), Date.now());
    return row === undefined ? undefined : itemOf(row);
  }

  async delete(
    namespace: MemoryNamespace,
    key: string,
    options: { readonly ifVersion?: number | undefined } = {},
  ): Promise<boolean> {
    checkDelete(options);
    const { ifVersion } = options;
    const removed = await this.#open().remove(checkPlace({ namespace, key }), ifVersion, Date.now());
    if (typeof removed === "boolean") return removed;
    throw memoryConflict({ namespace, key }, ifVersion ?? 0, removed.found);
  }

  async *list(
    prefix: MemoryNamespace,
    query: MemoryListQuery = {},
  ): AsyncGenerator<MemoryItem, void, undefined> {
    checkList(query);
    const scope = this.#scope(checkPrefix(prefix), query);
    let after: RowPlace | undefined = query.after === undefined ? undefined : checkPlace(query.after);
    const begins = encodeName(query.prefix ?? "");
    for (let left = query.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
      const limit = Math.min(PAGE, left);
      const rows = await this.#open().page({ ...scope, now: Date.now() }, { prefix: begins, after, limit });
      for (const row of rows) yield itemOf(row);
      if (rows.length < limit) return;
      left -= rows.length;
      after = rows.at(-1);
    }
  }

  async *namespaces(
    prefix: MemoryNamespace,
    query: MemoryNamespacesQuery = {},
  ): AsyncGenerator<MemoryNamespace, void, undefined> {
    checkNamespaces(query);
    const scope = this.#scope(checkPrefix(prefix), {});
    let after = query.after === undefined ? undefined : checkPrefix(query.after);
    for (let left = query.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
      const limit = Math.min(PAGE, left);
      const found = await this.#open().namespaces({ ...scope, now: Date.now() }, { after, limit });
      for (const namespace of found) yield decodeNamespace(namespace);
      if (found.length < limit) return;
      left -= found.length;
      after = found.at(-1);
    }
  }

  async search(prefix: MemoryNamespace, query: MemorySearchQuery): Promise<readonly MemoryMatch[]> {
    const namespace = checkPrefix(prefix);
    const mode = query?.mode ?? (this.#embeddings === undefined ? "text" : "hybrid");
    if (mode !== "text" && this.#embeddings === undefined) {
      throw new ConfigurationError(`memory search: mode "${mode}" takes a store with embeddings`, {
        hint: 'Make the store with { embeddings }, or search with mode: "text".',
      });
    }
    const scope = this.#scope(namespace, query ?? {});
    const backend = this.#open();
    // Many a store is only written and read.
    const { searchRows } = await import("./search.ts");
    return searchRows(backend, this.#embeddings, scope, { ...query, mode });
  }

  vacuum(): Promise<number> {
    return this.#open().vacuum(Date.now());
  }

  /** Closes what the store itself opened. A closed store rejects every call. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#backend.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): MemoryBackend {
    if (!this.#closed) return this.#backend;
    throw new MemoryError("the memory store is closed");
  }

  #scope(namespace: string, { metadata, deep = true }: Pick<MemoryListQuery, "metadata" | "deep">): RowScope {
    return { namespace, deep, tags: wantedTags(metadata), now: Date.now() };
  }
}
