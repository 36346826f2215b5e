// One vector store: its files, the batches they came in, and the index they are searched by.
import { newId } from "../answers/complete.ts";
import { Listing } from "../surface/listing.ts";
import { Bm25Index } from "../text/bm25.ts";
import { type Filter, passes } from "./filters.ts";
import {
  type Chunk,
  count,
  emptyTally,
  ingest,
  type NewStoreFile,
  type StoreFile,
  setStatus,
  type Tally,
  uncount,
} from "./store-files.ts";

const dayMs = 24 * 3_600_000;

/** What a store's owner may change about it. */
export interface StoreDetails {
  readonly name: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Life after the last activity, in days; for ever if `undefined`. */
  readonly expiresAfterDays: number | undefined;
}

/** How long things take, and what fails. */
export interface Ingestion {
  readonly createMs: number;
  readonly ingestMs: number;
  fails(filename: string): boolean;
}

export interface Batch {
  readonly id: string;
  readonly createdMs: number;
  readonly files: Listing<StoreFile>;
  readonly tally: Tally;
  cancelled: boolean;
}

export interface SearchResult {
  readonly chunk: Chunk;
  /** From 0 to 1. */
  readonly score: number;
}

export interface SearchQuery {
  readonly query: string;
  readonly max: number;
  readonly filter?: Filter | undefined;
  readonly scoreThreshold?: number | undefined;
}

export class VectorStore {
  readonly id: string = `vs_${newId()}`;
  readonly compartmentId: string;
  readonly createdMs: number;
  readonly files: Listing<StoreFile> = new Listing();
  readonly batches: Listing<Batch> = new Listing();
  readonly tally: Tally = emptyTally();
  details: StoreDetails;
  usageBytes = 0;
  lastActiveMs: number;
  readonly #ingestion: Ingestion;
  readonly #index = new Bm25Index<Chunk>();
  readonly #pending = new Set<StoreFile>();
  /** No pending file is ready before. */
  #nextReadyMs = Number.POSITIVE_INFINITY;
  #isReady = false;

  constructor(compartmentId: string, details: StoreDetails, ingestion: Ingestion, nowMs: number) {
    this.compartmentId = compartmentId;
    this.details = details;
    this.createdMs = nowMs;
    this.lastActiveMs = nowMs;
    this.#ingestion = ingestion;
    this.settle(nowMs);
  }

  get expiresMs(): number | undefined {
    const { expiresAfterDays } = this.details;
    return expiresAfterDays === undefined ? undefined : this.lastActiveMs + expiresAfterDays * dayMs;
  }

  statusAt(nowMs: number): "in_progress" | "completed" | "expired" {
    if (this.expiresMs !== undefined && this.expiresMs <= nowMs) return "expired";
    return this.#isReady ? "completed" : "in_progress";
  }

  /** Puts a file in; one that is there already stays as it is. */
  add(given: NewStoreFile, nowMs: number): StoreFile {
    const known = this.files.get(given.source.id);
    if (known !== undefined) return known;
    const file: StoreFile = {
      ...given,
      id: given.source.id,
      createdMs: nowMs,
      readyMs: Math.max(nowMs, this.createdMs + this.#ingestion.createMs) + this.#ingestion.ingestMs,
      tallies: new Set(),
      status: "in_progress",
      lastError: null,
      chunks: [],
    };
    this.files.add(file);
    count(file, this.tally);
    this.#pending.add(file);
    this.#nextReadyMs = Math.min(this.#nextReadyMs, file.readyMs);
    this.settle(nowMs);
    return file;
  }

  remove(fileId: string): void {
    const file = this.files.delete(fileId);
    if (file === undefined) return;
    for (const batch of this.batches.values()) batch.files.delete(fileId);
    this.#pending.delete(file);
    if (file.status === "completed") this.usageBytes -= file.source.bytes.byteLength;
    for (const chunk of file.chunks) this.#index.remove(chunk, chunk.text);
    uncount(file);
  }

  addBatch(given: readonly NewStoreFile[], nowMs: number): Batch {
    const batch: Batch = {
      id: `vsfb_${newId()}`,
      createdMs: nowMs,
      files: new Listing(),
      tally: emptyTally(),
      cancelled: false,
    };
    for (const one of given) {
      const file = this.add(one, nowMs);
      if (batch.files.get(file.id) !== undefined) continue;
      batch.files.add(file);
      count(file, batch.tally);
    }
    this.batches.add(batch);
    return batch;
  }

  /** Stops what is still in progress. */
  cancel(batch: Batch): void {
    for (const file of batch.files.values()) {
      if (file.status !== "in_progress") continue;
      this.#pending.delete(file);
      setStatus(file, "cancelled");
      batch.cancelled = true;
    }
  }

  /** Makes of the store and its files what they are by now; it stays so even if the clock goes back. */
  settle(nowMs: number): void {
    this.#isReady ||= nowMs >= this.createdMs + this.#ingestion.createMs;
    if (nowMs < this.#nextReadyMs) return;
    this.#nextReadyMs = Number.POSITIVE_INFINITY;
    for (const file of this.#pending) {
      if (nowMs < file.readyMs) {
        this.#nextReadyMs = Math.min(this.#nextReadyMs, file.readyMs);
        continue;
      }
      this.#pending.delete(file);
      ingest(file, (filename) => this.#ingestion.fails(filename));
      if (file.status === "completed") this.usageBytes += file.source.bytes.byteLength;
      for (const chunk of file.chunks) this.#index.add(chunk, chunk.text);
    }
  }

  /** The best chunks of completed files that hold a word of the query, best first. */
  search({ query, max, filter, scoreThreshold = 0 }: SearchQuery): readonly SearchResult[] {
    const passed = new Map<StoreFile, boolean>();
    const accepted = (file: StoreFile): boolean => {
      if (filter === undefined) return true;
      const known = passed.get(file) ?? passes(filter, file.attributes);
      passed.set(file, known);
      return known;
    };
    return [...this.#index.scores(query)]
      .filter(([{ file }, score]) => score >= scoreThreshold && accepted(file))
      .map(([chunk, score]) => ({ chunk, score }))
      .toSorted((left, right) => right.score - left.score)
      .slice(0, max);
  }
}
