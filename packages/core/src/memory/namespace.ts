/** Namespaces as text: no two have the same, their order is kept, and a prefix of names is a prefix of text. Pure. */

/**
 * Ends each name. U+0001 and not U+0000, which PostgreSQL and C strings cannot hold; the characters up to U+0002 are
 * written as two, in their order.
 */
const END = "\u0001";
const ESCAPE = "\u0002";

/** A name or key as text that every store can hold, with its order kept. */
export function encodeName(name: string): string {
  // The escape first, so that none of those that are put in is escaped again.
  return name
    .replaceAll(ESCAPE, `${ESCAPE}\u0004`)
    .replaceAll("\u0000", `${ESCAPE}\u0002`)
    .replaceAll(END, `${ESCAPE}\u0003`);
}

/** What `encodeName` was given. */
export function decodeName(text: string): string {
  let name = "";
  let from = 0;
  for (let at = text.indexOf(ESCAPE); at !== -1; at = text.indexOf(ESCAPE, from)) {
    name += text.slice(from, at) + String.fromCharCode(text.charCodeAt(at + 1) - 2);
    from = at + 2;
  }
  return name + text.slice(from);
}

/**
 * A namespace as text. Injective, whatever the names hold; compared by code points (UTF-8 bytes), texts are in the order of
 * their namespaces name by name; and a namespace's text begins with that of every namespace above it, and of no other.
 *
 * @example
 * ```ts
 * import { encodeNamespace } from "@locus-sdk/core";
 *
 * encodeNamespace(["a", "b/c"]) === encodeNamespace(["a/b", "c"]); // false
 * ```
 */
export function encodeNamespace(namespace: readonly string[]): string {
  return namespace.map((name) => encodeName(name) + END).join("");
}

/** What `encodeNamespace` was given. */
export function decodeNamespace(text: string): readonly string[] {
  return Object.freeze(text.split(END).slice(0, -1).map(decodeName));
}

/**
 * The first text behind all that are of a namespace or below it: those are the texts from its own up to this, exclusive.
 * `undefined` where everything is meant.
 */
export function endOfNamespace(encoded: string): string | undefined {
  return encoded === "" ? undefined : encoded.slice(0, -1) + ESCAPE;
}
