/** Heads and parts as objects: `threads/{key}` and `parts/{key}/{generation}/…`, below a prefix. */
import { isKey } from "../documents/key.ts";
import { padded, parsePartName, partName, partPrefix } from "../documents/names.ts";
import { insist } from "../documents/patience.ts";
import type {
  Documents,
  HeadDocument,
  KeyRange,
  ListedPart,
  PartRef,
  SwapOutcome,
} from "../documents/types.ts";
import type { Bucket } from "./bucket.ts";

/** Heads that are read at once for a list. */
const AT_ONCE = 8;

export class ObjectDocuments implements Documents {
  readonly #bucket: Bucket;
  readonly #heads: string;
  readonly #parts: string;

  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#heads = `${prefix}threads/`;
    this.#parts = `${prefix}parts/`;
  }

  now(): number {
    return this.#bucket.now();
  }

  async readHead(key: string): Promise<HeadDocument | undefined> {
    const found = await this.#bucket.get(`${this.#heads}${key}`);
    return found === undefined ? undefined : { key, text: found.text, tag: found.etag };
  }

  async writeHead(key: string, text: string, tag: string | undefined): Promise<SwapOutcome> {
    const condition = tag === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: tag };
    const outcome = await this.#bucket.put(`${this.#heads}${key}`, text, condition);
    return outcome.etag === undefined
      ? { tag: undefined, isUncertain: outcome.isUncertain }
      : { tag: outcome.etag };
  }

  async removeHead(key: string, tag: string): Promise<SwapOutcome> {
    const { isDone, isUncertain } = await this.#bucket.delete(`${this.#heads}${key}`, { ifMatch: tag });
    return isDone ? { tag } : { tag: undefined, isUncertain };
  }

  /** Backwards, all their names are read before: the service lists forwards alone. */
  async *heads({ from, before, order }: KeyRange): AsyncGenerator<HeadDocument, void, undefined> {
    const range = { prefix: this.#heads, start: `${this.#heads}${from}`, end: `${this.#heads}${before}` };
    if (order === "asc") {
      yield* this.#read(this.#bucket.list(range));
      return;
    }
    const names: { readonly name: string }[] = [];
    for await (const object of this.#bucket.list(range)) names.push(object);
    yield* this.#read(names.reverse());
  }

  async writePart(part: PartRef, text: string): Promise<void> {
    await insist(async () => (await this.#bucket.put(this.#nameOf(part), text)).etag !== undefined);
  }

  async readPart(part: PartRef): Promise<string | undefined> {
    return (await this.#bucket.get(this.#nameOf(part)))?.text;
  }

  async removePart(part: PartRef): Promise<void> {
    await this.#bucket.delete(this.#nameOf(part));
  }

  parts(of: Parameters<Documents["parts"]>[0]): AsyncGenerator<ListedPart, void, undefined> {
    const prefix = `${this.#parts}${of.key}/${partPrefix(of)}`;
    return this.#listed({ prefix, start: `${prefix}${padded(of.from)}` });
  }

  allParts(): AsyncGenerator<ListedPart, void, undefined> {
    return this.#listed({ prefix: this.#parts });
  }

  async *#listed(range: Parameters<Bucket["list"]>[0]): AsyncGenerator<ListedPart, void, undefined> {
    for await (const { name, timeCreated } of this.#bucket.list(range)) {
      const [, key = "", rest = ""] = /^([^/]+)\/(.+)$/.exec(name.slice(this.#parts.length)) ?? [];
      const part = parsePartName(rest, key);
      // Whatever else somebody puts there is not ours.
      if (part !== undefined && isKey(key)) yield { ...part, writtenAt: Date.parse(timeCreated) };
    }
  }

  /** Those that were deleted since they were listed are left out. */
  async *#read(
    names: AsyncIterable<{ readonly name: string }> | Iterable<{ readonly name: string }>,
  ): AsyncGenerator<HeadDocument, void, undefined> {
    const asked: Promise<HeadDocument | undefined>[] = [];
    for await (const { name } of names) {
      const key = name.slice(this.#heads.length);
      // Of a store whose prefix begins with this one's, say.
      if (!isKey(key)) continue;
      const reading = this.readHead(key);
      // It may fail before its turn comes, or when nobody waits for it any more.
      reading.catch(() => undefined);
      asked.push(reading);
      if (asked.length < AT_ONCE) continue;
      const head = await asked.shift();
      if (head !== undefined) yield head;
    }
    for (const reading of asked) {
      const head = await reading;
      if (head !== undefined) yield head;
    }
  }

  #nameOf(part: PartRef): string {
    return `${this.#parts}${part.key}/${partName(part)}`;
  }
}
