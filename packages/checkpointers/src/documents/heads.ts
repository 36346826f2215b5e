/** Heads as they are read and swapped, and remembered until somebody else turns out to have changed them. */
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { type Head, headText, parseHead } from "./head.ts";
import { keyOf } from "./key.ts";
import { labelsOf } from "./labels.ts";
import type { Documents } from "./types.ts";

/** A head, and the tag that it had; a thread without one has neither lease nor events. */
export interface TaggedHead {
  readonly key: string;
  readonly head: Head;
  readonly tag: string | undefined;
}

/** So many heads are remembered; the others are read again when they come up. */
const MAX_KNOWN = 1_000;

export class Heads {
  readonly #documents: Documents;
  readonly #codec: PayloadCodec;
  /** In order of use: the first is the least recently used. */
  readonly #known = new Map<string, TaggedHead>();

  constructor(documents: Documents, codec: PayloadCodec) {
    this.#documents = documents;
    this.#codec = codec;
  }

  now(): number {
    return this.#documents.now();
  }

  /** As it is stored. */
  async read(threadId: string): Promise<TaggedHead> {
    const key = keyOf(threadId);
    const document = await this.#documents.readHead(key);
    if (document === undefined) {
      this.#known.delete(key);
      return { key, head: { threadId }, tag: undefined };
    }
    const found = { key, head: parseHead(document.text, key), tag: document.tag };
    this.#remember(found);
    return found;
  }

  /** As this instance last saw it. */
  known(threadId: string): TaggedHead | undefined {
    return this.#known.get(keyOf(threadId));
  }

  /** Whether it was still what `before` says, and is `head` now. */
  async swap(before: Pick<TaggedHead, "key" | "tag">, head: Head): Promise<boolean> {
    return (await this.trySwap(before, head)).isDone;
  }

  /** As `swap`; `isUncertain` where it may have been this very swap that changed it. */
  async trySwap(
    { key, tag }: Pick<TaggedHead, "key" | "tag">,
    head: Head,
  ): Promise<{ readonly isDone: boolean; readonly isUncertain: boolean }> {
    this.#known.delete(key);
    const isEmpty = head.thread === undefined && head.lease === undefined;
    if (isEmpty && tag === undefined) return { isDone: true, isUncertain: false };
    const outcome =
      isEmpty && tag !== undefined
        ? await this.#documents.removeHead(key, tag)
        : await this.#documents.writeHead(key, headText(head), tag, labelsOf(this.#codec, head));
    if (outcome.tag === undefined) return { isDone: false, isUncertain: outcome.isUncertain };
    if (!isEmpty) this.#remember({ key, head, tag: outcome.tag });
    return { isDone: true, isUncertain: false };
  }

  #remember(found: TaggedHead): void {
    this.#known.delete(found.key);
    this.#known.set(found.key, found);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
