/** What a database does for a memory store: rows in, rows out. Everything else is `BackedMemoryStore`. */
import type { TextStatistics } from "./rank.ts";

/** Names as `encodeNamespace` and `encodeName` write them; compared by code points, which is the order of UTF-8 bytes. */
export interface RowPlace {
  readonly namespace: string;
  readonly key: string;
}

/** An item as it is stored. Times are epoch milliseconds. */
export interface MemoryRow extends RowPlace {
  /** JSON text. */
  readonly value: string;
  /** JSON text. */
  readonly metadata: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
}

/** What a `put` writes. */
export interface RowDraft extends RowPlace {
  readonly value: string;
  readonly metadata: string;
  /** See `metadataTags`. */
  readonly tags: string;
  /** The words it is found by: letters, digits and marks. None: it is not searched. */
  readonly terms: readonly string[];
  readonly now: number;
  readonly expiresAt: number | null;
}

/** Which rows are meant. A row with `expiresAt <= now` is not there, for any method but `vacuum`. */
export interface RowScope {
  /** The namespace, and with `deep` all whose text begins with it. */
  readonly namespace: string;
  readonly deep: boolean;
  /** Every one of them is in the row's `tags`. */
  readonly tags: readonly string[];
  readonly now: number;
}

/** Candidates of a search by words, as many as asked for, and what their ranking takes. */
export interface TextCandidates {
  readonly rows: readonly (readonly [MemoryRow, readonly string[]])[];
  /** Over the whole scope. */
  readonly statistics: TextStatistics;
}

/** The vectors of one model and one length. */
export interface VectorKind {
  readonly model: string;
  readonly dimensions: number;
}

/** The vector of that version of a row. */
export interface EmbeddedRow extends RowPlace {
  readonly version: number;
  readonly vector: Uint8Array;
}

/** A row that was written, and the model of the vector that it still has. */
export interface Written {
  readonly row: MemoryRow;
  readonly vectorModel: string | null;
}

/** Where rows are kept. Methods reject with a `MemoryError` where the database fails. */
export interface MemoryBackend {
  /**
   * Writes the row in one step, if `ifVersion` is absent or the version of the row that is there now (0: none). A new row has
   * version 1 and is created now; another value than before has no vector.
   */
  write(draft: RowDraft, ifVersion: number | undefined): Promise<Written | { readonly found: number }>;
  read(place: RowPlace, now: number): Promise<MemoryRow | undefined>;
  /** Deletes in one step, under the same condition; `true` where there was a row. */
  remove(
    place: RowPlace,
    ifVersion: number | undefined,
    now: number,
  ): Promise<boolean | { readonly found: number }>;
  /** Rows in order of namespace and key, whose keys begin with `prefix`. */
  page(
    scope: RowScope,
    options: { readonly prefix: string; readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]>;
  /** Different namespaces of rows, in order, after `after`. */
  namespaces(
    scope: RowScope,
    options: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Up to `limit` rows that have one of the words, the likeliest. */
  candidates(scope: RowScope, terms: readonly string[], limit: number): Promise<TextCandidates>;
  /** Rows with words and without a vector of the kind, in order. */
  unembedded(
    scope: RowScope,
    kind: VectorKind,
    options: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]>;
  /** Keeps vectors, in one step; that of a row which has another version by now is left out. */
  setVectors(kind: VectorKind, rows: readonly EmbeddedRow[]): Promise<void>;
  /** Vectors of the kind, in order. */
  vectors(
    scope: RowScope,
    kind: VectorKind,
    options: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly (RowPlace & { readonly vector: Uint8Array })[]>;
  /** Deletes what has expired; resolves to how many there were. */
  vacuum(now: number): Promise<number>;
  close(): Promise<void>;
}
