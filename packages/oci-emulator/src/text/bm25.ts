// Okapi BM25, kept up to date text by text: relevance without a model, for reranking and for search.

const k1 = 1.2;
const b = 0.75;

/** The words of a text, in lower case. */
const words = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Texts by key. What a query costs depends on the texts that hold its words, not on all of them. */
export class Bm25Index<Key> {
  readonly #lengths = new Map<Key, number>();
  readonly #holders = new Map<string, Map<Key, number>>();
  #words = 0;

  add(key: Key, text: string): void {
    const found = words(text);
    this.#lengths.set(key, found.length);
    this.#words += found.length;
    for (const word of found) {
      const holders = this.#holders.get(word) ?? new Map<Key, number>();
      holders.set(key, (holders.get(key) ?? 0) + 1);
      this.#holders.set(word, holders);
    }
  }

  /** Takes a key out; `text` is what it was added with. */
  remove(key: Key, text: string): void {
    const length = this.#lengths.get(key);
    if (length === undefined) return;
    this.#lengths.delete(key);
    this.#words -= length;
    for (const word of new Set(words(text))) {
      const holders = this.#holders.get(word);
      holders?.delete(key);
      if (holders?.size === 0) this.#holders.delete(word);
    }
  }

  /** Scores, brought into the range from 0 to 1, of the texts that hold a word of the query. */
  scores(query: string): ReadonlyMap<Key, number> {
    const count = this.#lengths.size;
    const average = this.#words / Math.max(count, 1) || 1;
    const sums = new Map<Key, number>();
    for (const term of new Set(words(query))) {
      const holders = this.#holders.get(term);
      if (holders === undefined) continue;
      const weight = Math.log(1 + (count - holders.size + 0.5) / (holders.size + 0.5));
      for (const [key, times] of holders) {
        const norm = times + k1 * (1 - b + (b * (this.#lengths.get(key) ?? 0)) / average);
        sums.set(key, (sums.get(key) ?? 0) + (weight * times * (k1 + 1)) / norm);
      }
    }
    return new Map([...sums].map(([key, sum]) => [key, Number((sum / (sum + 1)).toFixed(6))]));
  }
}
