/** The headers of plain requests: those of which `fetch` would make the same, checked, and once where they cannot change. */

/** Headers of a request, but for its length. */
export interface RequestHeaders {
  /** Names in lower case, with those that `fetch` adds by itself. */
  readonly all: Readonly<Record<string, string>>;
  readonly isAscii: boolean;
}

/** About the connection rather than the request. `fetch` refuses some of them, and has its own way with the others. */
const HOP_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ASCII = /^[\t\x20-\x7e]*$/;
const LATIN1 = /^[\t\x20-\x7e\x80-\xff]*$/;
const SPACE_AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/** A client sends the same ones with every request: looking at them takes longer than all else that is done to a request. */
const known = new WeakMap<object, RequestHeaders>();

/**
 * What `init.headers` says, or `undefined` where one of them is `fetch`'s own business.
 *
 * @throws TypeError for what no header may hold, without quoting it.
 */
export function requestHeaders(given: unknown): RequestHeaders | undefined {
  const before = typeof given === "object" && given !== null ? known.get(given) : undefined;
  if (before !== undefined) return before;
  const named = read(given);
  if (named === undefined) return undefined;
  named.accept ??= "*/*";
  named["user-agent"] ??= "node";
  // Most answers are a few hundred bytes, or come word by word: they are sooner sent than packed and unpacked.
  named["accept-encoding"] ??= "identity";
  const headers = { all: named, isAscii: Object.values(named).every((value) => ASCII.test(value)) };
  if (isFixed(given)) known.set(given, headers);
  return headers;
}

/** Whether a look at them now tells what they will be: a frozen record of values, none of which is read by a getter. */
export function isFixed(given: unknown): given is Readonly<Record<string, string>> {
  if (typeof given !== "object" || given === null || !Object.isFrozen(given)) return false;
  return (
    Object.getPrototypeOf(given) === Object.prototype &&
    Object.values(Object.getOwnPropertyDescriptors(given)).every(({ value }) => typeof value === "string")
  );
}

function read(given: unknown): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  if (given === undefined) return headers;
  if (typeof given !== "object" || given === null) return undefined;
  const isChecked = given instanceof Headers;
  const entries: Iterable<unknown> = isIterable(given) ? given : Object.entries(given);
  for (const entry of entries) {
    if (!isPair(entry)) return undefined;
    const name = isChecked ? entry[0] : entry[0].toLowerCase();
    if (HOP_HEADERS.has(name)) return undefined;
    const value = sendable(name, isChecked ? entry[1] : entry[1].replace(SPACE_AROUND, ""));
    // A name of Object's own, like `__proto__`, would not be a header here.
    if (name in headers && !Object.hasOwn(headers, name)) return undefined;
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value;

const isPair = (entry: unknown): entry is readonly [string, string] =>
  Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && typeof entry[1] === "string";

// Headers' own errors quote the value, which may be a key.
function sendable(name: string, value: string): string {
  if (!NAME.test(name)) throw new TypeError(`invalid header name ${JSON.stringify(name)}`);
  if (!LATIN1.test(value)) {
    throw new TypeError(
      `invalid header value: header "${name}" holds a line break or another character that no header may hold`,
    );
  }
  return value;
}
