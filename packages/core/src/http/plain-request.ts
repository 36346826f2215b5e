/** Which requests are plain enough to be sent by node:http alone: those that the vendors' clients make. */
import { requestHeaders } from "./request-headers.ts";
import { type Target, targetOf } from "./target.ts";

/** A request whose every part is known. */
export interface PlainRequest {
  readonly target: Target;
  readonly method: string;
  /** Names in lower case; `host` and `connection` are added on the way. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);
const BODILESS = new Set(["GET", "HEAD"]);
const KNOWN_MEMBERS = new Set(["method", "headers", "body", "signal", "redirect"]);

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
  const target = targetOf(input);
  if (target === undefined) return undefined;
  const method = methodOf(init.method);
  const { body, signal } = init;
  if (method === undefined || !isPlainBody(body) || !isSignal(signal)) return undefined;
  if (body !== undefined && body !== null && BODILESS.has(method)) return undefined;
  const given = requestHeaders(init.headers);
  if (given === undefined) return undefined;
  if (target.hasCredentials) throw new TypeError("a URL with credentials in it cannot be fetched");
  signal?.throwIfAborted();
  // node:http writes text and headers as one text, in the encoding of the body: a header's must then be ASCII.
  const bytes = typeof body !== "string" || given.isAscii ? body : Buffer.from(body);
  const headers = { ...given.all, ...bodyHeaders(given.all, method, body) };
  return { target, method, headers, body: bytes ?? undefined, signal: signal ?? undefined };
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

/** What `fetch` tells of a body by itself. */
function bodyHeaders(
  given: Readonly<Record<string, string>>,
  method: string,
  body: string | Uint8Array | null | undefined,
): Readonly<Record<string, string>> {
  if (typeof body === "string") {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    return given["content-type"] === undefined
      ? { "content-type": "text/plain;charset=UTF-8", ...length }
      : length;
  }
  if (body !== undefined && body !== null) return { "content-length": String(body.byteLength) };
  return method === "POST" || method === "PUT" || method === "PATCH" ? { "content-length": "0" } : {};
}
