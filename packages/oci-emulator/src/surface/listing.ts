// A list that is read page by page: in the order of adding, without a copy or a search from its beginning.

/** Which page. Cursors are ids, and are not part of the page. */
export interface PageQuery<Item> {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly descending: boolean;
  /** Which items count; default all. */
  readonly where?: (item: Item) => boolean;
}

export interface ListingPage<Item> {
  readonly items: readonly Item[];
  /** Whether there are more in the direction of reading. */
  readonly hasMore: boolean;
}

interface Entry<Item> {
  readonly position: number;
  readonly item: Item;
}

export class Listing<Item extends { readonly id: string }> {
  readonly #byId = new Map<string, Entry<Item>>();
  /** Ordered by position: cursors are found by halving. */
  readonly #entries: Entry<Item>[] = [];
  #added = 0;

  get size(): number {
    return this.#entries.length;
  }

  get(id: string): Item | undefined {
    return this.#byId.get(id)?.item;
  }

  add(item: Item): void {
    const entry = { position: this.#added, item };
    this.#added += 1;
    this.#byId.set(item.id, entry);
    this.#entries.push(entry);
  }

  delete(id: string): Item | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    this.#byId.delete(id);
    this.#entries.splice(this.#indexOf(entry), 1);
    return entry.item;
  }

  *values(): Generator<Item, void> {
    for (const { item } of this.#entries) yield item;
  }

  /** A page, or the cursor that names no item. */
  page(query: PageQuery<Item>): ListingPage<Item> | { readonly unknown: "after" | "before" } {
    const { limit, descending, where = () => true } = query;
    const after = query.after === undefined ? undefined : this.#byId.get(query.after);
    if (after === undefined && query.after !== undefined) return { unknown: "after" };
    const before = query.before === undefined ? undefined : this.#byId.get(query.before);
    if (before === undefined && query.before !== undefined) return { unknown: "before" };

    const step = descending ? -1 : 1;
    const [first, end] = descending ? [this.size - 1, -1] : [0, this.size];
    const from = after === undefined ? first : this.#indexOf(after) + step;
    const to = before === undefined ? end : this.#indexOf(before);
    if (before !== undefined && after === undefined) {
      // The page before an item is the one that ends there.
      const { items, hasMore } = this.#walk(to - step, first - step, -step, limit, where);
      return { items: items.toReversed(), hasMore };
    }
    return this.#walk(from, to, step, limit, where);
  }

  #walk(
    from: number,
    to: number,
    step: number,
    limit: number,
    where: (item: Item) => boolean,
  ): ListingPage<Item> {
    const items: Item[] = [];
    for (let index = from; (to - index) * step > 0; index += step) {
      const item = this.#entries[index]?.item;
      if (item === undefined || !where(item)) continue;
      if (items.length === limit) return { items, hasMore: true };
      items.push(item);
    }
    return { items, hasMore: false };
  }

  #indexOf({ position }: Entry<Item>): number {
    let low = 0;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
