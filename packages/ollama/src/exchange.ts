/** One request and its answer's bytes: aborting and silence end it wherever it stands, and the socket closes. */
import { IncompleteStreamError, type LocusError, TimeoutError } from "@locus-sdk/core";
import type { Ollama } from "ollama/browser";
import { cancelled, errorFromAnswer, retryAfterMs, toLocusError } from "./errors.ts";
import type { Connection } from "./options.ts";

/** As much as is read of an answer that tells of an error. */
const ERROR_BYTES = 64 * 1024;
/** How long a connection is kept for its proper end after the last line, so that it can be used again. */
const DRAIN_MS = 250;

/**
 * Sends through the `ollama` client, which knows routes, headers and its own version, and reads the body itself: the
 * client's reader drops lines it cannot parse, prints, and cannot be cancelled before the answer has begun.
 */
export class Exchange {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = new AbortController();
  readonly #onAbort: () => void;
  #streamed = false;
  #answer: Response | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #failure: LocusError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
    this.#onAbort = () => {
      if (signal !== undefined) this.#fail(cancelled(signal));
    };
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Sends what `call` asks of the client, whose answer is a stream. Resolves once it has a good status, to be read. */
  async open(call: (client: Ollama) => Promise<unknown>): Promise<void> {
    this.#streamed = true;
    await this.#send(call);
  }

  /** What the client makes of an answer that is one piece of JSON. */
  async ask<T>(call: (client: Ollama) => Promise<T>): Promise<T> {
    const answer = await this.#send(call);
    this.close();
    return answer;
  }

  async #send<T>(call: (client: Ollama) => Promise<T>): Promise<T> {
    const { url, headers } = this.#connection;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      // Without the face for Node, which takes an image's text for a path and sends the file it finds there.
      const { Ollama } = await import("ollama/browser");
      const client = new Ollama({ host: url, headers, fetch: (input, init) => this.#fetch(input, init) });
      return await call(client);
    } catch (error) {
      const failure = this.#failure ?? toLocusError(error, this.#connection);
      this.close();
      throw failure;
    }
  }

  /** The next piece of the body, or `undefined` at its end. Rejects with a `LocusError`. */
  async read(): Promise<Uint8Array | undefined> {
    const { modelId, timeoutMs } = this.#connection;
    this.#watch(
      () =>
        new IncompleteStreamError(
          `ollama model "${modelId}" sent nothing for ${timeoutMs} ms in the middle of its answer`,
          { code: "stream_stalled", hint: "Raise `timeoutMs`, or try again." },
        ),
    );
    try {
      this.#reader ??= this.#answer?.body?.getReader();
      const piece = await this.#reader?.read();
      if (this.#failure !== undefined) throw this.#failure;
      return piece?.value;
    } catch (error) {
      throw this.#failure ?? this.#broken(error);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Lets go: whatever has not been read is not wanted, and the socket closes. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#timer);
    this.#reader?.cancel().catch(() => undefined);
    this.#abort.abort();
  }

  /** Reads a body that has said its last to its end, behind everybody's back: a connection cut short is lost. */
  drain(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const timer = setTimeout(() => this.close(), DRAIN_MS);
    timer.unref();
    const rest = async (): Promise<void> => {
      while ((await this.#reader?.read())?.done === false);
    };
    rest()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        this.close();
      });
  }

  /** The `fetch` that the client is given. */
  async #fetch(input: Parameters<typeof fetch>[0], init: Parameters<typeof fetch>[1]): Promise<Response> {
    const { modelId, timeoutMs } = this.#connection;
    this.#watch(
      () =>
        new TimeoutError(`ollama model "${modelId}" did not answer within ${timeoutMs} ms`, {
          hint: "The model may still be loading: raise `timeoutMs`, or keep it loaded with `keepAlive`.",
        }),
    );
    const response = await this.#connection.fetch(input, {
      ...init,
      signal: this.#abort.signal,
      // A redirect would take the headers and the conversation along.
      redirect: "manual",
    });
    if (response.ok) {
      if (this.#streamed) {
        clearTimeout(this.#timer);
        // The client makes a reader of its own only when its iterator is asked, which nobody does.
        this.#answer = response;
      }
      return response;
    }
    const wait = retryAfterMs(response.headers);
    throw errorFromAnswer(await beginning(response), this.#connection, {
      status: response.status,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }

  #watch(error: () => LocusError): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(error()), this.#connection.timeoutMs);
    // The socket keeps the process alive while there is something to wait for.
    this.#timer.unref();
  }

  #fail(error: LocusError): void {
    this.#failure ??= error;
    this.close();
  }

  #broken(error: unknown): LocusError {
    const mapped = toLocusError(error, this.#connection);
    return new IncompleteStreamError(
      `the answer of ollama model "${this.#connection.modelId}" broke off: ${mapped.message}`,
      {
        cause: mapped,
        hint: "The part that came is not an answer. Nothing was sent again; try again.",
      },
    );
  }
}

/** The text at the beginning of a body. */
async function beginning(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
    text += decoder.decode(piece.value, { stream: true });
    if (text.length < ERROR_BYTES) continue;
    await reader?.cancel();
    break;
  }
  return text;
}
