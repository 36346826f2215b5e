/** A streamed answer as an async iterator: request, bytes, lines, parts; one at a time, and closed when left. */
import { asLocusError, type LocusError, type ModelStreamPart } from "@locus-sdk/core";
import type { AnswerDecoder } from "./decode.ts";
import { cancelled } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { LineSplitter } from "./ndjson.ts";

/** An answer that has begun. */
export interface OpenedAnswer {
  readonly exchange: Exchange;
  readonly decoder: AnswerDecoder;
}

export interface AnswerStreamOptions {
  /** Sends the request; called once, by the first `next()`. What is decoded is given to `emit`. */
  readonly open: (signal: AbortSignal, emit: (part: ModelStreamPart) => void) => Promise<OpenedAnswer>;
  readonly signal?: AbortSignal | undefined;
}

type Result = IteratorResult<ModelStreamPart, undefined>;
const END: Result = Object.freeze({ done: true, value: undefined });

/** Written by hand rather than as a generator: `return()` takes effect at once, even while a `next()` is waiting. */
export class AnswerStream implements AsyncIterableIterator<ModelStreamPart, undefined> {
  readonly #options: AnswerStreamOptions;
  readonly #abort = new AbortController();
  readonly #onAbort: () => void;
  readonly #splitter = new LineSplitter();
  #parts: ModelStreamPart[] = [];
  #served = 0;
  #answer: OpenedAnswer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: LocusError | undefined;
  #closed = false;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
    this.#onAbort = () => {
      this.#forget();
      this.#abort.abort(options.signal?.reason);
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next part; asked again before the last answer came, one after the other. */
  next(): Promise<Result> {
    const turn = this.#turn.then(() => this.#advance());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  return(): Promise<Result> {
    this.#forget();
    this.#failure = undefined;
    if (!this.#closed) {
      this.#close();
      this.#answer?.exchange.close();
      this.#abort.abort();
    }
    return Promise.resolve(END);
  }

  async #advance(): Promise<Result> {
    for (;;) {
      const value = this.#parts[this.#served];
      if (value !== undefined) {
        this.#served += 1;
        return { done: false, value };
      }
      this.#forget();
      // What came before a failure is served first; an iterator that has thrown is over.
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (this.#closed) return END;
      await this.#fill();
    }
  }

  #forget(): void {
    this.#parts = [];
    this.#served = 0;
  }

  async #fill(): Promise<void> {
    try {
      if (this.#answer === undefined) await this.#open();
      else await this.#read(this.#answer);
    } catch (error) {
      // Left by its consumer while it was waiting: that is the end, not a failure.
      if (this.#closed) return;
      this.#close();
      this.#answer?.exchange.close();
      this.#failure = asLocusError(error, "asking an Ollama model failed");
    }
  }

  async #open(): Promise<void> {
    const { signal, open } = this.#options;
    if (signal?.aborted === true) throw cancelled(signal);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#answer = await open(this.#abort.signal, (part) => this.#parts.push(part));
    if (this.#closed) this.#answer.exchange.close();
  }

  async #read({ exchange, decoder }: OpenedAnswer): Promise<void> {
    const piece = await exchange.read();
    if (this.#closed) return;
    for (const line of piece === undefined ? this.#splitter.end() : this.#splitter.push(piece)) {
      decoder.push(line);
    }
    if (piece !== undefined && !decoder.done) return;
    this.#parts.push({ type: "finish", response: decoder.end() });
    this.#close();
    exchange.drain();
  }

  #close(): void {
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
