/** Which requests are plain enough to be sent by node:http alone: those that the vendors' clients make. */

/** A request whose every part is known. */
export interface PlainRequest {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case; `host` and `connection` are added on the way. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);
const BODILESS = new Set(["GET", "HEAD"]);
const KNOWN_MEMBERS = new Set(["method", "headers", "body", "signal", "redirect"]);
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

/**
 * The request that `fetch(input, init)` would make, or `undefined` where only `fetch` itself knows how.
 *
 * @throws TypeError for credentials in the URL and for headers that cannot be sent, without quoting either; the signal's
 *   reason where it has aborted.
 */
export function plainRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): PlainRequest | undefined {
  if (init?.redirect !== "manual" || !hasKnownMembers(init)) return undefined;
  const url = typeof input === "string" ? URL.parse(input) : input instanceof URL ? new URL(input) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const method = methodOf(init.method);
  const { body, signal } = init;
  if (method === undefined || !isPlainBody(body) || !isSignal(signal)) return undefined;
  if (body !== undefined && body !== null && BODILESS.has(method)) return undefined;
  const headers = headersOf(init.headers);
  if (headers === undefined) return undefined;
  if (url.username !== "" || url.password !== "")
    throw new TypeError("a URL with credentials in it cannot be fetched");
  signal?.throwIfAborted();
  url.hash = "";
  describeBody(headers, method, body);
  // node:http writes text and headers as one text, in the encoding of the body: a header's must then be ASCII.
  const isText = typeof body !== "string" || Object.values(headers).every((value) => ASCII.test(value));
  const bytes = isText ? body : Buffer.from(body);
  return { url, method, headers, body: bytes ?? undefined, signal: signal ?? undefined };
}

function hasKnownMembers(init: RequestInit): boolean {
  for (const name in init) {
    if (!KNOWN_MEMBERS.has(name) && Reflect.get(init, name) !== undefined) return false;
  }
  return true;
}

/** As `fetch` normalizes it; `patch` in small letters is another method to it. */
function methodOf(given: unknown): string | undefined {
  if (given === undefined) return "GET";
  if (typeof given !== "string") return undefined;
  const method = given.toUpperCase();
  if (METHODS.has(method)) return method;
  return given === "PATCH" ? given : undefined;
}

const isPlainBody = (body: unknown): body is string | Uint8Array | null | undefined =>
  typeof body === "string" || body === undefined || body === null || body instanceof Uint8Array;

const isSignal = (signal: unknown): signal is AbortSignal | null | undefined =>
  signal === undefined || signal === null || signal instanceof AbortSignal;

/** What `init.headers` says, or `undefined` where one of them is `fetch`'s own business. */
function headersOf(given: unknown): Record<string, string> | undefined {
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

/** Adds what `fetch` tells of a request by itself. */
function describeBody(
  headers: Record<string, string>,
  method: string,
  body: string | Uint8Array | null | undefined,
): void {
  if (body !== undefined && body !== null) {
    if (typeof body === "string") headers["content-type"] ??= "text/plain;charset=UTF-8";
    headers["content-length"] = String(typeof body === "string" ? Buffer.byteLength(body) : body.byteLength);
  } else if (method === "POST" || method === "PUT" || method === "PATCH") {
    headers["content-length"] = "0";
  }
  headers.accept ??= "*/*";
  headers["user-agent"] ??= "node";
  // Most answers are a few hundred bytes, or come word by word: they are sooner sent than packed and unpacked.
  headers["accept-encoding"] ??= "identity";
}
