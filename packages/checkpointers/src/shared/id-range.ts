/** Which thread ids a query may concern, as a range of UTF-8 bytes: their order is that of code points. */
import type { ThreadQuery } from "@locus-sdk/core";

/** From the first (inclusive) to the last (exclusive). */
export interface IdRange {
  readonly from: Uint8Array;
  readonly before: Uint8Array;
}

/** No UTF-8 text begins with it, or comes after it. */
const BEYOND = Uint8Array.of(0xff);
const NEXT = Uint8Array.of(0);

/**
 * The range that prefix, cursor and order leave. A prefix that ends with half a surrogate pair is no UTF-8: the range is then
 * wider, so ids that come of it are still to be compared with the prefix.
 */
export function idRange(query: Pick<ThreadQuery, "prefix" | "after" | "order">): IdRange {
  const prefix = wellFormedPart(query.prefix ?? "");
  let from: Uint8Array = prefix;
  let before: Uint8Array = prefix.length === 0 ? BEYOND : successorOf(prefix);
  if (query.after !== undefined) {
    const after = Buffer.from(query.after, "utf8");
    if (query.order === "desc") before = Buffer.compare(after, before) < 0 ? after : before;
    else {
      // The first text after another is the same with a zero byte added.
      const next = Buffer.concat([after, NEXT]);
      from = Buffer.compare(next, from) > 0 ? next : from;
    }
  }
  return { from, before };
}

function wellFormedPart(text: string): Buffer {
  const end = text.search(/\p{Surrogate}/u);
  return Buffer.from(end < 0 ? text : text.slice(0, end), "utf8");
}

/** The first bytes after all that begin with `prefix`. UTF-8 has no byte 0xff, so the last one can always grow. */
function successorOf(prefix: Buffer): Buffer {
  const successor = Buffer.from(prefix);
  const last = successor.length - 1;
  successor[last] = (successor[last] ?? 0) + 1;
  return successor;
}
