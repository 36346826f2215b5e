/** What PostgreSQL's text and jsonb cannot hold, written so that they can: reversibly, and in the same order. */
import { createHash } from "node:crypto";

/** A thread's key: ids may be longer than what an index takes. */
export const digestOf = (threadId: string): Buffer => createHash("sha256").update(threadId, "utf8").digest();

/**
 * An id as PostgreSQL can hold it: NUL becomes two characters, and so does the one that marks it. Order and prefixes are
 * those of the ids.
 */
export const idText = (id: string): string =>
  id.replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");

/** The id that `idText` made a text of. */
export const idOf = (text: string): string =>
  text.replaceAll("\u0001\u0001", "\0").replaceAll("\u0001\u0002", "\u0001");

/** JSON for a jsonb column, which takes neither NUL nor half a surrogate pair: these become a mark and four digits. */
export const jsonbText = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u(0000|0001|d[89a-f][0-9a-f]{2})|.)/g, (written, code?: string) =>
    code === undefined ? written : `\\u0001${code}`,
  );

/** The JSON text that `jsonbText` marked. */
export const jsonOf = (jsonb: string): string =>
  jsonb.replace(/\\(?:u0001([0-9a-f]{4})|.)/g, (written, code?: string) =>
    code === undefined ? written : `\\u${code}`,
  );

/** Characters of an id that are in the index which orders threads. */
export const HEAD_LENGTH = 500;

/** The first characters of an id's text, as `left(id, 500)` counts them. */
export const headOf = (text: string): string =>
  Array.from(text.slice(0, HEAD_LENGTH * 2))
    .slice(0, HEAD_LENGTH)
    .join("");

/** The first text that comes after all that begin with `prefix`; `undefined` where there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // Surrogates are no characters of their own.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return points.map((point) => String.fromCodePoint(point)).join("");
  }
  return undefined;
}
