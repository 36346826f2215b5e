/** Memory in this process: for tests, and for agents whose memory may end with it. */

import { compareThreadIds as compareText } from "../checkpoint/contract.ts";
import { BackedMemoryStore, type MemoryStoreOptions } from "./backed.ts";
import type {
  EmbeddedRow,
  MemoryBackend,
  MemoryRow,
  RowDraft,
  RowPlace,
  RowScope,
  TextCandidates,
  VectorKind,
  Written,
} from "./backend.ts";
import { placeId } from "./rank.ts";

interface Entry {
  readonly row: MemoryRow;
  readonly tags: string;
  readonly terms: readonly string[];
  readonly vector?: VectorKind & { readonly bytes: Uint8Array };
}

/**
 * Keeps items in memory, as many as there are. A search looks at every item of its namespaces.
 *
 * @example
 * ```ts
 * import { InMemoryStore } from "@locus-sdk/core";
 *
 * const store = new InMemoryStore();
 * await store.put(["users", "ada"], "diet", { text: "Ada is vegetarian." }, { ttlMs: 90 * 86_400_000 });
 * ```
 */
export class InMemoryStore extends BackedMemoryStore {
  constructor(options: MemoryStoreOptions = {}) {
    super(new Rows(), options);
  }
}

/** The rows of one store. */
export class Rows implements MemoryBackend {
  /** By `placeId`: as those have U+0000 between namespace and key, their order is that of the places. */
  readonly #entries = new Map<string, Entry>();
  #ordered: readonly string[] | undefined;

  write(draft: RowDraft, ifVersion: number | undefined): Promise<Written | { readonly found: number }> {
    const id = placeId(draft);
    const before = this.#live(id, draft.now);
    const found = before?.row.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== found) return Promise.resolve({ found });
    const { namespace, key, value, metadata, tags, terms, now, expiresAt } = draft;
    const row: MemoryRow = Object.freeze({
      namespace,
      key,
      value,
      metadata,
      version: found + 1,
      createdAt: before?.row.createdAt ?? now,
      updatedAt: now,
      expiresAt,
    });
    const vector = before?.row.value === value ? before.vector : undefined;
    this.#keep(id, { row, tags, terms, ...(vector === undefined ? {} : { vector }) });
    return Promise.resolve({ row, vectorModel: vector?.model ?? null });
  }

  read(place: RowPlace, now: number): Promise<MemoryRow | undefined> {
    return Promise.resolve(this.#live(placeId(place), now)?.row);
  }

  remove(
    place: RowPlace,
    ifVersion: number | undefined,
    now: number,
  ): Promise<boolean | { readonly found: number }> {
    const id = placeId(place);
    const found = this.#live(id, now)?.row.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== found) return Promise.resolve({ found });
    this.#drop(id);
    return Promise.resolve(found > 0);
  }

  page(
    scope: RowScope,
    {
      prefix,
      after,
      limit,
    }: { readonly prefix: string; readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const entries = take(limit, this.#in(scope, after), ({ row }) => row.key.startsWith(prefix));
    return Promise.resolve(entries.map(({ row }) => row));
  }

  namespaces(
    scope: RowScope,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const { row } of this.#in(scope)) {
      if (after === undefined || compareText(row.namespace, after) > 0) names.add(row.namespace);
      if (names.size === limit) break;
    }
    return Promise.resolve([...names]);
  }

  candidates(scope: RowScope, terms: readonly string[]): Promise<TextCandidates> {
    const entries = [...this.#in(scope)];
    const frequencies = new Map<string, number>();
    const wanted = new Set(terms);
    const found = entries.filter((entry) => {
      const has = new Set(entry.terms.filter((term) => wanted.has(term)));
      for (const term of has) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
      return has.size > 0;
    });
    const words = entries.reduce((sum, entry) => sum + entry.terms.length, 0);
    return Promise.resolve({
      rows: found.map(({ row, terms: own }) => [row, own] as const),
      statistics: { total: entries.length, averageWords: words / Math.max(entries.length, 1), frequencies },
    });
  }

  unembedded(
    scope: RowScope,
    kind: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const lacks = ({ terms, vector }: Entry): boolean => terms.length > 0 && !isOf(vector, kind);
    return Promise.resolve(take(limit, this.#in(scope, after), lacks).map(({ row }) => row));
  }

  setVectors(kind: VectorKind, rows: readonly EmbeddedRow[]): Promise<void> {
    for (const row of rows) {
      const id = placeId(row);
      const entry = this.#entries.get(id);
      if (entry?.row.version !== row.version) continue;
      this.#keep(id, { ...entry, vector: { ...kind, bytes: row.vector } });
    }
    return Promise.resolve();
  }

  vectors(
    scope: RowScope,
    kind: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly (RowPlace & { readonly vector: Uint8Array })[]> {
    const found = take(limit, this.#in(scope, after), ({ vector }) => isOf(vector, kind));
    return Promise.resolve(
      found.flatMap(({ row: { namespace, key }, vector }) =>
        vector === undefined ? [] : [{ namespace, key, vector: vector.bytes }],
      ),
    );
  }

  vacuum(now: number): Promise<number> {
    const before = this.#entries.size;
    for (const [id, { row }] of this.#entries) if (!isLive(row, now)) this.#drop(id);
    return Promise.resolve(before - this.#entries.size);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #live(id: string, now: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && isLive(entry.row, now) ? entry : undefined;
  }

  #keep(id: string, entry: Entry): void {
    if (!this.#entries.has(id)) this.#ordered = undefined;
    this.#entries.set(id, entry);
  }

  #drop(id: string): void {
    if (this.#entries.delete(id)) this.#ordered = undefined;
  }

  /** In order, behind `after`. */
  *#in({ namespace, deep, tags, now }: RowScope, after?: RowPlace): Generator<Entry> {
    this.#ordered ??= [...this.#entries.keys()].sort(compareText);
    const ids = this.#ordered;
    const from = after === undefined ? "" : placeId(after);
    const begin = compareText(from, namespace) > 0 ? from : namespace;
    for (let index = firstFrom(ids, begin); index < ids.length; index++) {
      const id = ids[index] ?? "";
      if (!id.startsWith(namespace)) return;
      const entry = this.#entries.get(id);
      if (entry === undefined || id === from || !isLive(entry.row, now)) continue;
      if (!deep && entry.row.namespace !== namespace) continue;
      if (tags.every((tag) => entry.tags.includes(tag))) yield entry;
    }
  }
}

/** The first `limit` of `entries` that fit. */
function take(limit: number, entries: Iterable<Entry>, fits: (entry: Entry) => boolean): readonly Entry[] {
  const taken: Entry[] = [];
  for (const entry of entries) {
    if (taken.length === limit) break;
    if (fits(entry)) taken.push(entry);
  }
  return taken;
}

/** Where the first text that is not before `begin` is, in texts in order. */
function firstFrom(ids: readonly string[], begin: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(ids[middle] ?? "", begin) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isLive({ expiresAt }: MemoryRow, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}

function isOf(vector: VectorKind | undefined, { model, dimensions }: VectorKind): boolean {
  return vector?.model === model && vector.dimensions === dimensions;
}
