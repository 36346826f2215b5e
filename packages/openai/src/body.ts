/** Reads a response's body so that aborting and silence end it, and the socket closes. */
import { IncompleteStreamError, type LocusError } from "@locus-sdk/core";
import { type BodySource, bodySource } from "@locus-sdk/core/http";
import { cancelled, type ErrorContext, toLocusError } from "./errors.ts";

export interface BodyReaderOptions {
  readonly context: ErrorContext;
  readonly requestId?: string;
  /** The longest silence between two pieces of the body; without it the runtime's own limit holds. */
  readonly idleTimeoutMs?: number;
}

const decoder = new TextDecoder();

/** The body of one answer. After an answer has begun nothing is sent again: what breaks here is an error. */
export class BodyReader {
  readonly #source: BodySource | undefined;
  readonly #options: BodyReaderOptions;
  readonly #onAbort: () => void;
  #failure: LocusError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  constructor(response: Response, options: BodyReaderOptions) {
    this.#source = bodySource(response) ?? streamSource(response.body);
    this.#options = options;
    const { signal } = options.context;
    this.#onAbort = () => this.#fail(cancelled(signal));
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The next piece, or `undefined` at the end. Rejects with a `LocusError`. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#reading = true;
    this.#watch();
    try {
      const piece = await this.#source?.read();
      // Cancelling ends the body as if it were complete: the reason has to be asked for.
      if (this.#failure !== undefined) throw this.#failure;
      return piece;
    } catch (error) {
      throw this.#failure ?? this.#broken(error);
    } finally {
      this.#reading = false;
    }
  }

  /** The rest of the body as text. */
  async text(begin: Uint8Array = new Uint8Array()): Promise<string> {
    const pieces = begin.byteLength === 0 ? [] : [begin];
    for (let piece = await this.read(); piece !== undefined; piece = await this.read()) pieces.push(piece);
    // Most answers come in one.
    return decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  }

  /** Lets go: whatever has not been read is not wanted, and the socket may close. */
  close(): void {
    this.#options.context.signal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#timer);
    this.#source?.cancel();
  }

  /** One timer for the whole body, wound up again at every read; a slow consumer is not a silent server. */
  #watch(): void {
    const { idleTimeoutMs } = this.#options;
    if (this.#timer !== undefined) {
      this.#timer.refresh();
    } else if (idleTimeoutMs !== undefined) {
      this.#timer = setTimeout(() => {
        if (this.#reading) this.#fail(this.#stalled(idleTimeoutMs));
      }, idleTimeoutMs);
      // The socket keeps the process alive while there is something to wait for.
      this.#timer.unref();
    }
  }

  #fail(error: LocusError): void {
    this.#failure ??= error;
    this.close();
  }

  #stalled(idleTimeoutMs: number): LocusError {
    const { context } = this.#options;
    return new IncompleteStreamError(
      `${context.provider} model "${context.modelId}" sent nothing for ${idleTimeoutMs} ms in the middle of its answer`,
      { ...this.#remote(), code: "stream_stalled", hint: "Raise `timeoutMs`, or try again." },
    );
  }

  #broken(error: unknown): LocusError {
    const { context } = this.#options;
    const mapped = toLocusError(error, context);
    if (context.signal?.aborted === true) return mapped;
    return new IncompleteStreamError(
      `the answer of ${context.provider} model "${context.modelId}" broke off: ${mapped.message}`,
      {
        ...this.#remote(),
        cause: mapped,
        hint: "The part that came is not an answer. Nothing was sent again; try again.",
      },
    );
  }

  #remote(): { readonly requestId?: string } {
    return this.#options.requestId === undefined ? {} : { requestId: this.#options.requestId };
  }
}

/** The bodies of all other answers: a stream is read through its reader. */
function streamSource(body: ReadableStream<Uint8Array> | null): BodySource | undefined {
  const reader = body?.getReader();
  return (
    reader && {
      read: async () => (await reader.read()).value,
      cancel: () => void reader.cancel().catch(() => undefined),
    }
  );
}
