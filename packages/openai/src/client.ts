/** The client of models that Locus makes one for, and the short way over it. */
import { type JsonObject, parseJson } from "@locus-sdk/core";
import { isNodeFetch } from "@locus-sdk/core/http";
import type { OpenAI } from "openai";

/** What the client is made with. */
export type ClientSettings = NonNullable<ConstructorParameters<typeof OpenAI>[0]> & {
  readonly baseURL: string;
  readonly timeout: number;
};

/** Posts a body to a path. Resolves with an answer whose status is good; rejects with what the client would. */
export type Post = (path: string, body: JsonObject, signal: AbortSignal | undefined) => Promise<Response>;

type Sdk = typeof import("openai");
type Built = Awaited<ReturnType<OpenAI["buildRequest"]>> & {
  /** The headers of one more request. */
  readonly headers: () => Headers | Readonly<Record<string, string>>;
};

const posts = new WeakMap<OpenAI, Post>();

/** A client with these settings, which nobody else has: they stay as they are. */
export async function clientWith(settings: ClientSettings): Promise<OpenAI> {
  const sdk = await import("openai");
  const client = new sdk.OpenAI(settings);
  posts.set(client, shortPost(client, settings, sdk));
  return client;
}

/** The short way over a client of `clientWith`; over another one there is none: its owner may have changed it. */
export const shortPostOf = (client: OpenAI): Post | undefined => posts.get(client);

/**
 * The client's own way through a request costs as much as the request. Address and headers follow from the path and from
 * settings that do not change: the client is asked for them once. What goes out is the same, and so are the errors.
 */
function shortPost(client: OpenAI, { fetch = globalThis.fetch }: ClientSettings, sdk: Sdk): Post {
  const known = new Map<string, Built>();
  return async (path, body, signal) => {
    let built = known.get(path);
    if (built === undefined) {
      const request = await client.buildRequest({ method: "post", path, body: {} });
      built = { ...request, headers: headersFor(fetch, request.req.headers) };
      known.set(path, built);
    }
    const { url, req, timeout, headers } = built;
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => controller.abort(), timeout);
    try {
      let response: Response;
      try {
        response = await fetch(url, {
          ...req,
          method: "POST",
          headers: headers(),
          body: JSON.stringify(body),
          signal: controller.signal,
        });
      } catch (thrown) {
        throw failure(thrown, signal, sdk);
      }
      // A good answer's body is watched over by whoever reads it.
      if (!response.ok) throw await refusal(response, sdk);
      return response;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

/** Our own `fetch` leaves them as they are, and looks at them once; one of the caller's may change them, and gets its own. */
function headersFor(
  fetch: typeof globalThis.fetch,
  given: Headers,
): () => Headers | Readonly<Record<string, string>> {
  if (!isNodeFetch(fetch)) return () => new Headers(given);
  const fixed = Object.freeze(Object.fromEntries(given));
  return () => fixed;
}

/** The error for an answer of a failing status. */
async function refusal(response: Response, { APIError }: Sdk): Promise<Error> {
  const { status, headers } = response;
  const text = await response.text().catch((error: unknown) => asError(error).message);
  const told = parseJson(text);
  // Some servers have no envelope around their errors.
  const isBare = typeof told === "object" && told !== null && !("error" in told && told.error !== null);
  const body = isBare ? { error: told } : (told ?? undefined);
  return APIError.generate(status, body, told ? undefined : text, headers);
}

const TIMED_OUT = /timed? ?out/i;

/** The error for a request that no answer came to. */
function failure(thrown: unknown, signal: AbortSignal | undefined, sdk: Sdk): Error {
  if (signal?.aborted === true) return Object.assign(new sdk.APIUserAbortError(), { cause: signal.reason });
  const cause = asError(thrown);
  const isTimeout = cause.name === "AbortError" || TIMED_OUT.test(`${String(cause)} ${String(cause.cause)}`);
  return isTimeout
    ? Object.assign(new sdk.APIConnectionTimeoutError(), { cause })
    : new sdk.APIConnectionError({ cause });
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(JSON.stringify(thrown));
