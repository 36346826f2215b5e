/** The contract of a memory store: JSON under a namespace and a key, across threads, found again by name, words or meaning. */
import type { JsonObject, JsonPrimitive, JsonValue } from "../json/json.ts";

/** Names from the widest to the narrowest, such as `["users", "ada"]`. Each is its own: no joining makes two the same. */
export type MemoryNamespace = readonly string[];

/** Where an item is. An item itself fits. */
export interface MemoryPlace {
  readonly namespace: MemoryNamespace;
  readonly key: string;
}

/** What is stored under a namespace and a key. Frozen. */
export interface MemoryItem extends MemoryPlace {
  readonly value: JsonValue;
  readonly metadata: JsonObject;
  /** 1 when it is new, one more with each `put`. An item that was deleted or has expired begins at 1 again. */
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC: of the last `put`. */
  readonly updatedAt: string;
  /** ISO 8601, UTC; absent where it stays. */
  readonly expiresAt?: string;
}

export interface MemoryPutOptions {
  /** Milliseconds after which the item is gone: a whole number from 1, up to 100 years. Default: it stays. */
  readonly ttlMs?: number | undefined;
  /** Write only if the item has this version now; 0: only if there is none. Default: write in any case. */
  readonly ifVersion?: number | undefined;
  /** Replaces what the item had. Default: none. */
  readonly metadata?: JsonObject | undefined;
  /** Ends the wait for the item's vector, where the store makes one. */
  readonly signal?: AbortSignal | undefined;
}

/** Which items; conditions are joined by "and". */
interface MemoryFilter {
  /** Members that the item's metadata must have, with exactly these values. */
  readonly metadata?: Readonly<Record<string, JsonPrimitive>> | undefined;
  /** Whether namespaces below the given one are meant as well. Default `true`. */
  readonly deep?: boolean | undefined;
}

export interface MemoryListQuery extends MemoryFilter {
  /** Keys that begin with it. */
  readonly prefix?: string | undefined;
  /** At most so many; a whole number from 1. Default: all. */
  readonly limit?: number | undefined;
  /** The last item of the page before; it need not exist any more. */
  readonly after?: MemoryPlace | undefined;
}

export interface MemoryNamespacesQuery {
  /** At most so many; a whole number from 1. Default: all. */
  readonly limit?: number | undefined;
  /** The last namespace of the page before. */
  readonly after?: MemoryNamespace | undefined;
}

/** By the words of the query, by its meaning, or by both. */
export type MemorySearchMode = "text" | "semantic" | "hybrid";

export interface MemorySearchQuery extends MemoryFilter {
  /** In plain words; the first 10,000 characters count. */
  readonly query: string;
  /** Default: `"hybrid"` where the store has embeddings, else `"text"`. */
  readonly mode?: MemorySearchMode | undefined;
  /** At most so many; 1 to 1,000. Default 10. */
  readonly limit?: number | undefined;
  /** What each way of matching must come to, to count at all; see `MemoryMatch.matched`. Default: anything. */
  readonly minScore?:
    | { readonly text?: number | undefined; readonly semantic?: number | undefined }
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An item that was found, and how. */
export interface MemoryMatch {
  readonly item: MemoryItem;
  /**
   * What the matches are ordered by, 0 to 1: `matched.text`, `matched.semantic`, or in hybrid search the reciprocal rank
   * fusion of both, 1 for what is first in both.
   */
  readonly score: number;
  readonly matched: {
    /** BM25, as a share of what a text of average length reaches that has all weighty words of the query; 0 to 1. */
    readonly text?: number;
    /** Cosine of the two vectors; above 0, up to 1. */
    readonly semantic?: number;
  };
}

/**
 * Keeps items across threads, agents and processes. A namespace has at least one name; names and keys are non-empty,
 * well-formed Unicode, whatever characters they hold, and together at most 2,000 bytes in UTF-8. Different ones are
 * different, also where only case or normalization sets them apart. Everything handed out is frozen.
 *
 * Where a method takes a namespace *prefix*, it means that namespace and all below it; `[]` is all there are. Order is
 * Unicode code point order, of namespaces name by name, then of keys. Whoever reads a list while others write sees every
 * item that stays, once.
 *
 * What is searched of a value is the text and the numbers in it, the first 100,000 characters. Search by meaning takes a
 * store with `Embeddings`; vectors of one model are never compared with those of another, they are made anew.
 *
 * All methods reject with a `MemoryError` when the store fails. `describeMemoryStore` in `@locus-sdk/core/testing` checks
 * all of this.
 *
 * @example
 * ```ts
 * import { InMemoryStore, type MemoryStore } from "@locus-sdk/core";
 *
 * const store: MemoryStore = new InMemoryStore();
 * await store.put(["users", "ada"], "diet", { text: "Ada is vegetarian." });
 * for (const { item, score } of await store.search(["users", "ada"], { query: "vegetarian dishes" })) {
 *   console.log(item.key, item.value, score > 0);
 * }
 * ```
 */
export interface MemoryStore {
  /**
   * Writes an item and resolves to it, durable. Of two writers with the same `ifVersion` exactly one succeeds.
   *
   * @throws MemoryConflictError where the item has another version than `ifVersion`.
   */
  put(
    namespace: MemoryNamespace,
    key: string,
    value: JsonValue,
    options?: MemoryPutOptions,
  ): Promise<MemoryItem>;
  /** The item, or `undefined` where there is none or its time is over. */
  get(namespace: MemoryNamespace, key: string): Promise<MemoryItem | undefined>;
  /**
   * Whether there was one.
   *
   * @throws MemoryConflictError where the item has another version than `ifVersion`; none has version 0.
   */
  delete(
    namespace: MemoryNamespace,
    key: string,
    options?: { readonly ifVersion?: number | undefined },
  ): Promise<boolean>;
  /** Items in order, read piece by piece. */
  list(prefix: MemoryNamespace, query?: MemoryListQuery): AsyncIterable<MemoryItem>;
  /** The namespaces that have items, in order. */
  namespaces(prefix: MemoryNamespace, query?: MemoryNamespacesQuery): AsyncIterable<MemoryNamespace>;
  /**
   * Items that match, best first.
   *
   * @throws ConfigurationError for a search by meaning in a store without embeddings.
   */
  search(prefix: MemoryNamespace, query: MemorySearchQuery): Promise<readonly MemoryMatch[]>;
  /** Clears away items whose time is over, which nobody sees any more; resolves to how many there were. */
  vacuum?(): Promise<number>;
  close?(): Promise<void>;
}
