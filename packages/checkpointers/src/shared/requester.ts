/** Requests to a service that keeps threads: in time, tried again where that may help, and never for a silent answer. */
import { CheckpointError, ConfigurationError, LocusError, messageOf } from "@locus-sdk/core";

/** A `fetch` as these stores use it. */
export type FetchFunction = (input: string, init: RequestInit) => Promise<Response>;
/** Sent along with every request. A function is asked anew for each attempt, so that a token may be renewed. */
export type RequestHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface RequesterOptions {
  /** How errors name the other side: "the checkpoint service", say. */
  readonly service: string;
  readonly fetch?: FetchFunction | undefined;
  readonly headers?: RequestHeaders | undefined;
  /** For the answer to begin, and between two pieces of it. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent besides once an earlier attempt may have been carried out. */
  readonly headersOfRepeats?: Readonly<Record<string, string>>;
}

interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
  /** An earlier attempt may have been carried out although its answer was lost. */
  readonly isUncertain: boolean;
}
export interface Answer extends AnswerHead {
  readonly text: string;
}
export interface StreamedAnswer extends AnswerHead {
  /** To be read to its end, or left by `return`: then the request is aborted. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

const RETRIED_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** By these the service says that it did nothing. */
const UNTOUCHED_STATUS: ReadonlySet<number> = new Set([429]);
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
const MAX_RETRY_AFTER_MS = 30_000;

/** Sends requests that may all be repeated: what a lost answer leaves open is the caller's to find out. */
export class Requester {
  readonly #options: RequesterOptions;
  readonly #fetch: FetchFunction;

  /** @throws ConfigurationError for limits that are none. */
  constructor(options: RequesterOptions) {
    const { timeoutMs, maxRetries } = options;
    if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 2 ** 31 - 1) {
      throw new ConfigurationError(`timeoutMs ${timeoutMs} is not a whole number from 1 to 2147483647`);
    }
    if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
      throw new ConfigurationError(`maxRetries ${maxRetries} is not a whole number from 0`);
    }
    this.#options = options;
    this.#fetch = options.fetch ?? (async (input, init) => await fetch(input, init));
  }

  /** The whole answer, of any status that trying again does not change. */
  async text(request: OutgoingRequest): Promise<Answer> {
    return await this.#insist(request, async (head, chunks) => {
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
      return { ...head, text: text + decoder.decode() };
    });
  }

  /** An answer whose body is read as it comes. Once it has begun, nothing is tried again. */
  async stream(request: OutgoingRequest): Promise<StreamedAnswer> {
    return await this.#insist(request, async (head, chunks) => ({ ...head, chunks }));
  }

  async #insist<T>(
    request: OutgoingRequest,
    take: (head: AnswerHead, chunks: StreamedAnswer["chunks"]) => Promise<T>,
  ): Promise<T> {
    let isUncertain = false;
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt > this.#options.maxRetries;
      const headers = await this.#headers(request, isUncertain);
      let waitMs = Math.random() * Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (attempt - 1));
      const deadline = new Deadline(this.#options.timeoutMs);
      try {
        const response = await this.#send(request, headers, deadline);
        const failure = (error: unknown): CheckpointError => this.#failure(request, error, deadline);
        const chunks = chunksOf(response, deadline, failure);
        const { status } = response;
        if (isLast || !RETRIED_STATUS.has(status)) {
          return await take({ status, headers: response.headers, isUncertain }, chunks);
        }
        isUncertain ||= !UNTOUCHED_STATUS.has(status);
        waitMs = Math.max(waitMs, retryAfterMs(response.headers));
        await response.body?.cancel();
      } catch (error) {
        // A fetch that signs refuses what no other attempt would change: a host, a credential.
        const isRefused = error instanceof LocusError && !error.retryable;
        if (isLast || isRefused) throw this.#failure(request, error, deadline);
        isUncertain = true;
      } finally {
        deadline.pause();
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #send(
    request: OutgoingRequest,
    headers: Record<string, string>,
    deadline: Deadline,
  ): Promise<Response> {
    const { method, url, body } = request;
    deadline.restart();
    const init = { method, headers, redirect: "manual", signal: deadline.signal } as const;
    return await this.#fetch(url, body === undefined ? init : { ...init, body });
  }

  async #headers(request: OutgoingRequest, isRepeat: boolean): Promise<Record<string, string>> {
    const { headers = {}, service } = this.#options;
    const repeats = isRepeat ? request.headersOfRepeats : undefined;
    try {
      return {
        ...(typeof headers === "function" ? await headers() : headers),
        ...request.headers,
        ...repeats,
      };
    } catch (error) {
      throw new CheckpointError(`the headers for ${service} could not be had: ${messageOf(error)}`, {
        cause: error,
        hint: "The function given as `headers` failed.",
      });
    }
  }

  #failure(request: OutgoingRequest, error: unknown, deadline: Deadline): CheckpointError {
    if (error instanceof CheckpointError) return error;
    const where = `${this.#options.service} at ${new URL(request.url).origin}`;
    if (deadline.signal.aborted) {
      return new CheckpointError(`${where} did not answer for ${this.#options.timeoutMs} ms`, {
        code: "checkpoint_timeout",
        retryable: true,
        cause: error,
        hint: "Whether the request was carried out is not known. Read the thread before writing again.",
      });
    }
    if (error instanceof LocusError && !error.retryable) {
      const { code, hint } = error;
      const options = { code, cause: error, ...(hint === undefined ? {} : { hint }) };
      return new CheckpointError(`nothing was sent to ${where}: ${error.message}`, options);
    }
    const why = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
    return new CheckpointError(`${where} could not be reached: ${messageOf(error)}${why}`, {
      code: "checkpoint_connection",
      retryable: true,
      cause: error,
      hint: "Check that it runs and that the address is right.",
    });
  }
}

/** Aborts its signal when nothing comes for so long. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.#ms);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }
}

/** The timer runs only while a piece is waited for: who reads slowly is not cut off. */
async function* chunksOf(
  response: Response,
  deadline: Deadline,
  failure: (error: unknown) => CheckpointError,
): StreamedAnswer["chunks"] {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      deadline.restart();
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw failure(error);
      });
      deadline.pause();
      if (done) return;
      yield value;
    }
  } finally {
    deadline.pause();
    await reader.cancel().catch(() => undefined);
  }
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get("retry-after") ?? 0);
  return Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1_000)) : 0;
}
