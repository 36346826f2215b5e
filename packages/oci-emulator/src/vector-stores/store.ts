// Vector stores and what became of the files put into them, kept by compartment.
import type { EmulatorClock } from "../clock.ts";
import type { FileStore } from "../files/store.ts";
import { Listing } from "../surface/listing.ts";
import { type Ingestion, type StoreDetails, VectorStore } from "./vector-store.ts";

/** How vector stores come to be and take files in. */
export interface VectorStoreOptions {
  /** How long a new store is `in_progress`, in milliseconds on the emulator's clock; default 0. */
  readonly createMs?: number;
  /** How long a file in a store is `in_progress`, in milliseconds on the emulator's clock; default 0. */
  readonly ingestMs?: number;
  /** Whether the ingestion of a file of this name fails with `server_error`; default never. */
  readonly fail?: (filename: string) => boolean;
}

/** Nothing is thrown away to make room for more. */
const maxStores = 10_000;

export class VectorStores {
  readonly #clock: EmulatorClock;
  readonly #files: FileStore;
  readonly #ingestion: Ingestion;
  readonly #byId = new Map<string, VectorStore>();
  readonly #compartments = new Map<string, Listing<VectorStore>>();

  constructor(clock: EmulatorClock, files: FileStore, options: VectorStoreOptions = {}) {
    this.#clock = clock;
    this.#files = files;
    const { createMs = 0, ingestMs = 0, fail = () => false } = options;
    this.#ingestion = { createMs, ingestMs, fails: fail };
    files.whenGone((id) => {
      for (const store of this.#byId.values()) store.remove(id);
    });
  }

  /** All stores, oldest first, up to date. */
  get all(): readonly VectorStore[] {
    return [...this.#byId.values()].map((store) => this.#current(store));
  }

  get isFull(): boolean {
    return this.#byId.size >= maxStores;
  }

  create(compartmentId: string, details: StoreDetails, nowMs: number): VectorStore {
    const store = new VectorStore(compartmentId, details, this.#ingestion, nowMs);
    this.#byId.set(store.id, store);
    this.in(compartmentId).add(store);
    return store;
  }

  /** A store of this compartment, or of any if none is named; up to date with the clock. */
  get(id: string, compartmentId?: string): VectorStore | undefined {
    const found = this.#byId.get(id);
    if (found === undefined || (compartmentId ?? found.compartmentId) !== found.compartmentId)
      return undefined;
    return this.#current(found);
  }

  /** The stores of a compartment. */
  in(compartmentId: string): Listing<VectorStore> {
    const known = this.#compartments.get(compartmentId);
    if (known !== undefined) return known;
    const listing = new Listing<VectorStore>();
    this.#compartments.set(compartmentId, listing);
    return listing;
  }

  delete(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    this.#compartments.get(found.compartmentId)?.delete(id);
  }

  clear(): void {
    this.#byId.clear();
    this.#compartments.clear();
  }

  #current(store: VectorStore): VectorStore {
    this.#files.expire();
    store.settle(this.#clock.now().getTime());
    return store;
  }
}
