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

/** The same stream with `change` made to each part. */
export function mapParts(parts: Parts, change: (part: ModelStreamPart) => ModelStreamPart): Parts {
  const inner = parts[Symbol.asyncIterator]();
  return iterator(
    async () => {
      const result = step(await inner.next());
      return result.done === true ? result : { done: false, value: change(result.value) };
    },
    () => inner.return?.(),
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
