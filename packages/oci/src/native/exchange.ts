/** One native operation there and back: composed, signed, sent again where that may help, and failures typed. */
import {
  isRecord,
  type JsonObject,
  type LocusError,
  parseJson,
  type RetryNotice,
  retryingCall,
  TimeoutError,
} from "@locus-sdk/core";
import { BodyReader, cancelled, type ErrorContext, requestIdOf, toLocusError } from "@locus-sdk/openai";
import type { OciConfig } from "../config/resolve.ts";
import { mapOciError } from "../errors.ts";
import { createFetch, type OciFetch, takeTurn } from "../http/signed-fetch.ts";
import { FailedAnswer } from "./answer-error.ts";
import { FailedTry } from "./retry.ts";
import { compartmentOf, servingMode } from "./serving-mode.ts";
import { type ComposedRequest, callVendor, type NativeOperation } from "./vendor-client.ts";

/** Upper bound of a wait that the service does not ask for. */
const LONGEST_WAIT_MS = 8_000;

/** What a caller brings to one operation. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

/** An answer with a good status, its body unread. */
export interface NativeAnswer {
  readonly response: Response;
  readonly requestId?: string;
}

/** What is known once the configuration has been read. */
interface Way {
  readonly config: OciConfig;
  readonly fetch: OciFetch;
  readonly compartmentId: string;
}

/** The way to the native API for one model. It reads its configuration with the first call, and keeps it. */
export class NativeExchange {
  readonly modelId: string;
  readonly #resolve: () => OciConfig;
  #way: Way | undefined;

  constructor(modelId: string, resolve: () => OciConfig) {
    this.modelId = modelId;
    this.#resolve = resolve;
  }

  /** For whom errors are made. */
  context(signal?: AbortSignal): ErrorContext {
    return { provider: "oci", modelId: this.modelId, ...(signal === undefined ? {} : { signal }) };
  }

  /** The typed error for whatever went wrong on the way. */
  error(thrown: unknown, signal?: AbortSignal): LocusError {
    const context = this.context(signal);
    const mapped = mapOciError(() => this.#way?.config)(thrown, context);
    // The advice to use the native API, which this is: what was refused is something else.
    return mapped.code === "native_only" ? toLocusError(thrown, context) : mapped;
  }

  /** The longest silence within an answer. */
  get idleTimeoutMs(): number {
    return this.#connect().config.timeoutMs;
  }

  /**
   * Performs `operation`. The serving mode is added where the operation has one, the compartment always. Rejects with
   * what failed as it came (`FailedAnswer`, or what `fetch` threw): the caller may know a cure, and calls `error`.
   */
  async call(
    operation: NativeOperation,
    details: JsonObject,
    { signal, onRetry }: CallOptions,
  ): Promise<NativeAnswer> {
    if (signal?.aborted === true) throw cancelled(signal);
    const way = this.#connect();
    const whole = {
      compartmentId: way.compartmentId,
      ...(operation === "applyGuardrails" ? {} : { servingMode: servingMode(this.modelId) }),
      ...details,
    };
    const response = await callVendor(operation, whole, way.config.endpoint, (request) =>
      this.#send(request, way, signal, onRetry),
    );
    const requestId = requestIdOf(response.headers);
    return { response, ...(requestId === undefined ? {} : { requestId }) };
  }

  /** As `call`, with the body read and parsed. */
  async json(
    operation: NativeOperation,
    details: JsonObject,
    options: CallOptions,
  ): Promise<{
    readonly body: unknown;
    readonly requestId?: string;
  }> {
    try {
      const { response, ...rest } = await this.call(operation, details, options);
      return { body: parseJson(await this.text(response, options.signal)), ...rest };
    } catch (thrown) {
      throw this.error(thrown, options.signal);
    }
  }

  /** The body of an answer as text; aborting, silence and a broken connection end it with a typed error. */
  async text(response: Response, signal: AbortSignal | undefined): Promise<string> {
    const requestId = requestIdOf(response.headers);
    const body = new BodyReader(response, {
      context: this.context(signal),
      idleTimeoutMs: this.idleTimeoutMs,
      ...(requestId === undefined ? {} : { requestId }),
    });
    try {
      return await body.text();
    } finally {
      body.close();
    }
  }

  #connect(): Way {
    if (this.#way === undefined) {
      const config = this.#resolve();
      this.#way = { config, fetch: createFetch(config), compartmentId: compartmentOf(config) };
    }
    return this.#way;
  }

  /** Sends until there is a good answer or no hope. After a good status nothing is sent again. */
  async #send(
    request: ComposedRequest,
    way: Way,
    signal: AbortSignal | undefined,
    onRetry: CallOptions["onRetry"],
  ): Promise<Response> {
    const send = async (): Promise<Response> => {
      try {
        const response = await sendOnce(request, way, signal);
        if (response.ok) return response;
        throw new FailedAnswer(response.status, response.headers, await this.#body(response, signal));
      } catch (thrown) {
        throw new FailedTry(thrown, this.error(thrown, signal));
      }
    };
    const { maxRetries } = way.config;
    return retryingCall(send, { signal, onRetry, maxRetries, capMs: LONGEST_WAIT_MS }).catch(
      (error: unknown) => {
        throw error instanceof FailedTry ? error.cause : error;
      },
    );
  }

  /** What a failing answer says; a body that cannot be read does not hide the status. */
  async #body(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
    const text = await this.text(response, signal).catch(() => "");
    const parsed = parseJson(text);
    return isRecord(parsed) ? parsed : text;
  }
}

/** One try, which ends when the caller gives up or the headers do not come in time. Its time begins with its turn. */
async function sendOnce(
  { url, method, headers, body }: ComposedRequest,
  { config, fetch }: Way,
  signal: AbortSignal | undefined,
): Promise<Response> {
  await takeTurn(fetch, { url: new URL(url), headers, body, signal });
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => {
    controller.abort(
      new TimeoutError(`OCI did not answer within ${config.timeoutMs} ms`, {
        hint: "Raise `timeoutMs`. The request is not repeated: its generation may be under way, and paid.",
      }),
    );
  }, config.timeoutMs);
  if (signal?.aborted === true) follow();
  else signal?.addEventListener("abort", follow, { once: true });
  try {
    return await fetch(url, { method, headers, body, signal: controller.signal });
  } finally {
    clearTimeout(timer);
    // The body has a reader of its own, which hears the signal.
    signal?.removeEventListener("abort", follow);
  }
}
