/**
 * Streams of parts, changed on their way. Written by hand and not as generators: a consumer that leaves while a part
 * is being waited for is then heard by the socket at once.
 */
import type { ModelStreamPart } from "@locus-sdk/core";

type Parts = AsyncIterable<ModelStreamPart>;
type Step = IteratorResult<ModelStreamPart, undefined>;
const END: Step = { done: true, value: undefined };

function iterator(next: () => Promise<Step>, leave: () => Promise<unknown> | undefined): Parts {
  const made: AsyncIterableIterator<ModelStreamPart, undefined> = {
    next,
    return: async () => {
      await leave();
      return END;
    },
    [Symbol.asyncIterator]: () => made,
  };
  return made;
}

const step = (result: IteratorResult<ModelStreamPart, unknown>): Step =>
  result.done === true ? END : result;

/** The stream with each part replaced by what `change` makes of it: none, one or several. */
export function flatMapParts(
  parts: Parts,
  change: (part: ModelStreamPart) => readonly ModelStreamPart[],
): Parts {
  const inner = parts[Symbol.asyncIterator]();
  const waiting: ModelStreamPart[] = [];
  return iterator(
    async () => {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) return { done: false, value: next };
        const result = step(await inner.next());
        if (result.done === true) return result;
        waiting.push(...change(result.value));
      }
    },
    () => {
      waiting.length = 0;
      return inner.return?.();
    },
  );
}

/** `first`, or where it fails before its first part what `second` makes of the error, if it makes anything. */
export function orElse(first: Parts, second: (error: unknown) => Parts | undefined): Parts {
  let inner = first[Symbol.asyncIterator]();
  let settled = false;
  return iterator(
    async () => {
      if (settled) return step(await inner.next());
      settled = true;
      try {
        return step(await inner.next());
      } catch (error) {
        const other = second(error);
        if (other === undefined) throw error;
        inner = other[Symbol.asyncIterator]();
        return step(await inner.next());
      }
    },
    () => inner.return?.(),
  );
}
