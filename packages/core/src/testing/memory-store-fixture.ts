/** What the memory suite is given of a store, and the embedding it searches by: words of one topic point one way. */
import type { EmbedCall, Embeddings } from "../memory/embeddings.ts";
import { termsOf } from "../memory/terms.ts";
import type { MemoryItem, MemoryStore } from "../memory/types.ts";

/** One storage, empty, for one test. */
export interface MemoryStoreFixture {
  /** A store over the storage, as another process would open it beside the others. The suite closes it. */
  readonly open: (options: { readonly embeddings?: Embeddings }) => MemoryStore | Promise<MemoryStore>;
  /** Clears away what the fixture made. Stores are closed before. */
  readonly dispose?: () => void | Promise<void>;
}

export interface DescribeMemoryStoreOptions {
  /** Per test, in milliseconds. Default 30,000, for stores across a network. */
  readonly timeoutMs?: number;
}

/** The store of the test that runs. */
export interface SuiteMemory {
  readonly open: (options?: { readonly embeddings?: Embeddings }) => Promise<MemoryStore>;
}

const TOPICS: readonly (readonly string[])[] = [
  ["dog", "puppy", "pet", "leash", "bark"],
  ["eat", "vegetarian", "food", "dinner", "meat", "restaurant"],
  ["train", "travel", "journey", "ticket", "railway"],
  ["code", "typescript", "program", "compiler"],
];

/** Deterministic: a direction a topic, and a little of another for everything else. Counts what it was asked for. */
export class TopicEmbeddings implements Embeddings {
  readonly modelId: string;
  readonly calls: { readonly texts: readonly string[]; readonly kind: EmbedCall["kind"] }[] = [];
  /** Thrown instead of an answer, while it is set. */
  error: Error | undefined;
  readonly #extra: number;

  /** `extra` numbers more at the end of each vector. */
  constructor(modelId = "topics-1", extra = 0) {
    this.modelId = modelId;
    this.#extra = extra;
  }

  async embed(texts: readonly string[], { kind }: EmbedCall): Promise<readonly (readonly number[])[]> {
    if (this.error !== undefined) throw this.error;
    this.calls.push({ texts, kind });
    return texts.map((text) => {
      const terms = termsOf(text);
      const along = TOPICS.map((topic) => terms.filter((term) => topic.includes(term)).length);
      return [...along, 0.1, ...Array.from({ length: this.#extra }, () => 0)];
    });
  }

  /** How often texts of that kind were embedded. */
  count(kind: EmbedCall["kind"]): number {
    return this.calls.filter((call) => call.kind === kind).reduce((sum, { texts }) => sum + texts.length, 0);
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function keysOf(items: AsyncIterable<MemoryItem>): Promise<readonly string[]> {
  return (await collect(items)).map(({ key }) => key);
}

/** A clock that a test sets, while timers go on as ever. */
export function clockOf(vi: typeof import("vitest").vi): {
  readonly pass: (ms: number) => void;
  readonly stop: () => void;
} {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 0, 1) });
  return {
    pass: (ms) => {
      vi.setSystemTime(Date.now() + ms);
    },
    stop: () => {
      vi.useRealTimers();
    },
  };
}
