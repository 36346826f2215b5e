/** What a client is configured with that no text may hold: its keys, its headers, and what its address carries. */

/** A client's credentials, wherever they are. */
export interface ClientSecrets {
  readonly keys?: readonly (string | undefined)[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An address: its user, its password and the values of its query. */
  readonly url?: string | undefined;
}

/** Shorter ones are found in ordinary words: what was redacted of them would tell no less. */
const LEAST_CHARS = 6;

/** Headers whose values are nobody's secret. Any other may hold a key, whatever it is called. */
const PUBLIC_HEADER =
  /^(?:accept(?:-.*)?|content-.*|user-agent|referer|http-referer|x-title|anthropic-(?:beta|version|dangerous-.*)|openai-(?:beta|organization|project)|x-stainless-.*)$/i;

/**
 * The secrets among `secrets`, longest first, also as JSON and URLs spell them: for `redactSecrets` and `redactError`.
 *
 * @example
 * ```ts
 * import { knownSecrets } from "@locus-sdk/core";
 *
 * knownSecrets({ keys: ["key-4711"], headers: { authorization: "Bearer abcdef" } }); // ["key-4711", "abcdef"]
 * ```
 */
export function knownSecrets({ keys = [], headers = {}, url }: ClientSecrets): readonly string[] {
  const address = url === undefined ? null : URL.parse(url);
  const values = [
    ...keys,
    ...Object.entries(headers).flatMap(([name, value]) => (PUBLIC_HEADER.test(name) ? [] : [value])),
    ...(address === null ? [] : [address.password, address.username, ...address.searchParams.values()]),
  ];
  const spellings = values.flatMap((value = "") => {
    const bare = unescaped(value.trim().replace(/^(?:Bearer|Basic)\s+/i, ""));
    return [bare, JSON.stringify(bare).slice(1, -1), escaped(bare)];
  });
  const known = new Set(spellings.filter(({ length }) => length >= LEAST_CHARS));
  return [...known].sort((one, other) => other.length - one.length);
}

/** An address gives its parts as they are escaped in it. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function escaped(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value;
  }
}
