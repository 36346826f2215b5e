/**
 * The one way to OCI: a `fetch` that checks where a request goes, adds what OCI wants, signs last, and heals a 401
 * once. Everything in this package that sends a byte sends it through here.
 */
import { ConfigurationError, ConnectionError } from "@locus-sdk/core";
import { createNodeFetch } from "@locus-sdk/core/http";
import { retryAdvice } from "@locus-sdk/openai";
import { createCredentials } from "../auth/create-credentials.ts";
import type { Credentials, Identity } from "../auth/credentials.ts";
import { authorize } from "../auth/sign.ts";
import { isUnlocated, locate } from "../config/endpoints.ts";
import type { OciOptions } from "../config/options.ts";
import { type OciConfig, resolveOciConfig } from "../config/resolve.ts";
import { failing, identified, unreadable } from "./answers.ts";
import { bodyBytes } from "./body.ts";
import { type ServiceClock, serviceClock } from "./clock.ts";
import { withTimeouts } from "./dispatcher.ts";
import { outgoingHeaders, unknownEncoding } from "./headers.ts";
import { assertSafeUrl } from "./hosts.ts";
import { sharedLimiter } from "./limiter.ts";
import { callerOf, modelIn } from "./pace-key.ts";
import { requestLog } from "./request-log.ts";

/** A WHATWG `fetch` whose requests are authenticated with OCI. */
export type OciFetch = typeof fetch;

/** What the parts of one `fetch` share. */
interface Context {
  readonly config: OciConfig;
  readonly credentials: Credentials;
  readonly clock: ServiceClock;
  /** What the signed requests are sent by. */
  readonly send: typeof fetch;
}

const contexts = new WeakMap<object, Context>();
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * A `fetch` that authenticates with OCI. It takes everything the global one takes, and reads bodies before sending,
 * since a signature covers their bytes. Files are read with the first request.
 *
 * A 401 renews the credentials, corrects the clock, and is sent once more; redirects are refused; hosts outside OCI
 * are refused unless `allowedHosts` names them. `timeoutMs` limits the wait for headers and between pieces of a body.
 *
 * @throws ConfigurationError when the configuration cannot be used.
 * @example
 * ```ts
 * import { createOciFetch } from "@locus-sdk/oci";
 *
 * const fetch = createOciFetch({ profile: "DEFAULT" });
 * const models = await fetch("https://generativeai.us-chicago-1.oci.oraclecloud.com/20231130/models?compartmentId=…");
 * ```
 */
export function createOciFetch(options: OciOptions = {}): OciFetch {
  return createFetch(resolveOciConfig(options));
}

/** As `createOciFetch`, from a configuration that is resolved already. */
export function createFetch(config: OciConfig, given?: Pick<Context, "credentials" | "clock">): OciFetch {
  const clock = given?.clock ?? serviceClock();
  const credentials = given?.credentials ?? createCredentials(config, clock);
  const { timeoutMs } = config;
  const plain = createNodeFetch({
    timeoutMs,
    otherwise: (input, init) => fetch(input, { ...withTimeouts(timeoutMs), ...init }),
  });
  const context: Context = { config, credentials, clock, send: plain };
  const log =
    config.logRequests === false ? undefined : requestLog(config.logger, config.logRequests === "debug");
  const send: OciFetch = async (input, init) => {
    const request = await readRequest(input, init, context);
    if (log === undefined) return (await exchange(request, context)).response;
    const started = performance.now();
    const line = {
      method: request.method,
      target: `${request.url.host}${request.url.pathname}`,
      opcRequestId: request.headers.get("opc-request-id") ?? "",
    };
    const ms = (): number => Math.round(performance.now() - started);
    await log.sent(line, request.headers, request.body?.byteLength ?? 0);
    try {
      const { response, attempts } = await exchange(request, context);
      const opcRequestId = response.headers.get("opc-request-id") ?? line.opcRequestId;
      await log.ended(
        { ...line, opcRequestId, attempts, status: response.status, ms: ms() },
        response.headers,
      );
      return response;
    } catch (error) {
      // The error's name only: its text may quote what was sent.
      await log.ended({ ...line, failure: error instanceof Error ? error.name : "error", ms: ms() });
      throw error;
    }
  };
  contexts.set(send, context);
  return send;
}

/** What a `fetch` of this package goes by; `undefined` for any other. */
export function configOf(fetch: unknown): OciConfig | undefined {
  return typeof fetch === "function" ? contexts.get(fetch)?.config : undefined;
}

/**
 * What can be known to fail before anything is sent: the host, the credentials' files, an expired session. The
 * `openai` client retries whatever its fetch throws, so it is asked beforehand.
 */
export async function preflight(fetch: unknown, url: URL): Promise<void> {
  const context = typeof fetch === "function" ? contexts.get(fetch) : undefined;
  if (context === undefined) return;
  await placeUrl(url, context);
  await context.credentials.current(context.clock.now());
}

/** Headers of requests that have had their turn already. */
const turns = new WeakSet<object>();

/** What tells whose turn a request has to wait for. */
interface Turn {
  readonly url: URL;
  /** The very object that `fetch` will be given: by it the request is known again. */
  readonly headers: object;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until the request with these headers may be sent; `fetch` would wait too, but by then the callers' timers run,
 * and waiting for one's turn is not waiting for an answer. Rejects with the signal's reason when it aborts.
 */
export async function takeTurn(fetch: unknown, { url: given, headers, body, signal }: Turn): Promise<void> {
  const context = typeof fetch === "function" ? contexts.get(fetch) : undefined;
  if (context === undefined || !sharedLimiter.active || typeof body !== "string") return;
  const url = await placeUrl(given, context);
  const request = { url, body: new TextEncoder().encode(body) };
  await paced(request, context, (key) => sharedLimiter.enter(key, signal));
  turns.add(headers);
}

/** Where a URL of a configuration really is: in the region of the principal, where that had to be asked for. */
export async function placed(fetch: OciFetch, url: string): Promise<string> {
  const context = contexts.get(fetch);
  return context === undefined ? url : (await placeUrl(new URL(url), context)).href;
}

interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether it has waited for its turn already. */
  readonly hadTurn: boolean;
  /** Members of fetch's second argument that are none of ours: `dispatcher`, `keepalive`. */
  readonly rest: RequestInit;
}

/** The URL a request really goes to, which is one that credentials may be sent to. */
async function placeUrl(given: URL, { config, credentials }: Context): Promise<URL> {
  const url =
    isUnlocated(given) && credentials.region !== undefined
      ? locate(given, await credentials.region())
      : given;
  assertSafeUrl(url, { allowedHosts: config.allowedHosts, bearer: credentials.authType === "genai_api_key" });
  return url;
}

async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  context: Context,
): Promise<OutgoingRequest> {
  const { method, headers: given, body: givenBody, signal: givenSignal, ...rest } = init ?? {};
  const request = input instanceof Request ? input : undefined;
  const target = typeof input === "string" || input instanceof URL ? input.toString() : input.url;
  const url = await placeUrl(parseUrl(target), context);
  const signal = givenSignal ?? request?.signal ?? undefined;
  signal?.throwIfAborted();
  const headers = outgoingHeaders(readHeaders(given ?? request?.headers), context.config);
  const { bytes, contentType } = await bodyBytes(givenBody ?? request?.body);
  if (contentType !== undefined && !headers.has("content-type")) headers.set("content-type", contentType);
  return {
    method: (method ?? request?.method ?? "GET").toUpperCase(),
    url,
    headers,
    body: bytes,
    signal,
    hadTurn: typeof given === "object" && turns.delete(given),
    rest,
  };
}

// The errors of URL and Headers quote what they were given, which may hold a password or a key.
function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new ConfigurationError("a request to OCI needs an absolute URL");
  const url = new URL(text);
  url.hash = "";
  // A lone "?" goes over the wire, but `search` does not tell of it, and the signature would not cover it.
  if (url.search === "") url.search = "";
  return url;
}

function readHeaders(given: RequestInit["headers"]): Headers {
  try {
    return new Headers(given);
  } catch {
    throw new ConfigurationError("a request to OCI has a header whose name or value no header may have");
  }
}

type Exchanged = { readonly response: Response; readonly attempts: number };

/** One request there and back, at the pace that all callers of its model keep. */
async function exchange(request: OutgoingRequest, context: Context): Promise<Exchanged> {
  if (sharedLimiter.active && !request.hadTurn)
    await paced(request, context, (key) => sharedLimiter.enter(key, request.signal));
  const sentAt = performance.now();
  const exchanged = await sendHealing(request, context);
  const { status, headers } = exchanged.response;
  if (status === 429 || sharedLimiter.active) {
    const { retryAfterMs } = retryAdvice(headers);
    await paced(request, context, (key) => sharedLimiter.learn(key, sentAt, status, retryAfterMs));
  }
  return exchanged;
}

/** Sends, and once more where a 401 may be healed: by other credentials, or by a corrected clock. */
async function sendHealing(request: OutgoingRequest, context: Context): Promise<Exchanged> {
  const { credentials, clock } = context;
  const identity = await credentials.current(clock.now());
  const first = await sendOnce(request, identity, context);
  if (first.status !== 401) return { response: first, attempts: 1 };
  clock.learn(first.headers.get("date"));
  await first.body?.cancel();
  const renewed = await credentials.renew(identity, clock.now());
  return { response: await sendOnce(request, renewed, context), attempts: 2 };
}

/** Does something with the key that requests share a pace by: whose they are, where they go, and which model they ask. */
async function paced(
  request: Pick<OutgoingRequest, "url" | "body">,
  { config, credentials }: Context,
  act: (key: string) => void | Promise<void>,
): Promise<void> {
  const model = modelIn(request.body);
  if (model !== undefined) await act(`${callerOf(config, credentials)} ${request.url.origin} ${model}`);
}

async function sendOnce(request: OutgoingRequest, identity: Identity, context: Context): Promise<Response> {
  const { method, url, body, signal, rest } = request;
  const headers = new Headers(request.headers);
  authorize({ method, url, headers, body }, identity, context.clock.now());
  signal?.throwIfAborted();
  const response = await context.send(url, {
    ...rest,
    method,
    headers,
    body: body ?? null,
    signal: signal ?? null,
    redirect: "manual",
  });
  if (REDIRECTS.has(response.status)) {
    await response.body?.cancel();
    throw new ConnectionError(
      `${url.host} answered with a redirect (${response.status}), which is not followed`,
      {
        code: "redirect_refused",
        retryable: false,
        status: response.status,
        hint: "Credentials are never sent on to another address. Use the address of the service itself as endpoint.",
      },
    );
  }
  const encoding = unknownEncoding(response.headers);
  if (encoding !== undefined) return unreadable(response, encoding);
  return response.ok ? identified(response) : failing(response, headers.get("authorization") ?? "");
}
