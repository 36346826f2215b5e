/** The `fetch` of this folder: node:http for plain requests of an untouched Node, `globalThis.fetch` for all else. */
import type { Send } from "./exchange.ts";
import { plainRequest } from "./plain-request.ts";
import { isFixed } from "./request-headers.ts";
import { isUnhindered } from "./runtime.ts";

export interface NodeFetchOptions {
  /**
   * The longest wait for an answer to begin, and for each next piece of it, in ms; as with `fetch`, up to a second more.
   * Default: 300,000.
   */
  readonly timeoutMs?: number;
  /** What requests are given to that are not plain, or of which others want to know. Default: `globalThis.fetch`. */
  readonly otherwise?: typeof fetch;
}

const DEFAULT_TIMEOUT_MS = 300_000;
/** As late as undici may be, whose clock ticks once a second: a caller's own timer comes first, and tells more. */
const GRACE_MS = 1_000;
/** Timers count in 31 bits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Loaded by the first request: what only imports this loads nothing of node:http. */
let send: Send | undefined;

const made = new WeakSet<typeof fetch>();

/** The global one as it is at the time: it may have been replaced. */
const runtimeFetch: typeof fetch = (input, init) => globalThis.fetch(input, init);

/**
 * A `fetch` that sends over node:http, at about a fifth of what Node's own costs, and answers as it does. Connections are
 * kept and shared by all of them.
 *
 * It takes requests with `redirect: "manual"` whose body is text or bytes. Everything else goes to `globalThis.fetch`: other
 * bodies, a `Request`, members such as `dispatcher`, headers of the connection; and everything at all where the runtime is
 * not Node, where `globalThis.fetch` or undici's global dispatcher has been replaced, where undici's requests are traced,
 * and where Node takes its proxies from the environment.
 *
 * Rejects as `fetch` does. Nothing is sent twice.
 *
 * @example
 * ```ts
 * import { createNodeFetch } from "@locus-sdk/core/http";
 *
 * const fetch = createNodeFetch({ timeoutMs: 600_000 });
 * const response = await fetch("http://127.0.0.1:11434/api/version", { redirect: "manual" });
 * ```
 */
export function createNodeFetch(options: NodeFetchOptions = {}): typeof fetch {
  const { otherwise = runtimeFetch } = options;
  const timeoutMs = Math.min((options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + GRACE_MS, LONGEST_TIMEOUT_MS);
  const ours: typeof fetch = async (input, init) => {
    const request = isUnhindered() ? plainRequest(input, init) : undefined;
    if (request === undefined) return otherwise(input, withOwnHeaders(init));
    send ??= (await import("./exchange.ts")).send;
    // Awaited here: a promise that is given back as it is costs three turns.
    return await send(request, timeoutMs);
  };
  made.add(ours);
  return ours;
}

/**
 * Whether a `fetch` is one of `createNodeFetch`. They look at a frozen record of headers once, however many requests it is
 * given with.
 *
 * @example
 * ```ts
 * import { isNodeFetch, nodeFetch } from "@locus-sdk/core/http";
 *
 * isNodeFetch(nodeFetch); // true
 * isNodeFetch(globalThis.fetch); // false
 * ```
 */
export const isNodeFetch = (candidate: typeof fetch): boolean => made.has(candidate);

/** Whoever stands in for us may want to change them, or ask them by `get`: as the clients hand them over. */
function withOwnHeaders(init: RequestInit | undefined): RequestInit | undefined {
  return isFixed(init?.headers) ? { ...init, headers: new Headers(init.headers) } : init;
}

/** `createNodeFetch` without options. */
export const nodeFetch: typeof fetch = createNodeFetch();
