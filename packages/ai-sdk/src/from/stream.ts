/** A streamed answer as an async iterator: call, parts, deltas; one at a time, and closed when left. */
import type { LocusError, ModelStreamPart } from "@locus-sdk/core";
import type { AnswerContext } from "./answer.ts";
import { cancelled, toLocusError } from "./locus-error.ts";
import { type StreamPart, StreamReader } from "./stream-reader.ts";

export interface AnswerStreamOptions {
  readonly provider: string;
  readonly modelId: string;
  readonly signal: AbortSignal | undefined;
  /** Makes the call; called once, by the first `next()`. */
  readonly open: (
    signal: AbortSignal,
  ) => Promise<{ readonly stream: ReadableStream<StreamPart>; readonly context: AnswerContext }>;
}

type Result = IteratorResult<ModelStreamPart, undefined>;
const END: Result = Object.freeze({ done: true, value: undefined });

/** Written by hand rather than as a generator: `return()` takes effect at once, even while a `next()` is waiting. */
export class AnswerStream implements AsyncIterableIterator<ModelStreamPart, undefined> {
  readonly #options: AnswerStreamOptions;
  readonly #abort = new AbortController();
  readonly #onAbort: () => void;
  #parts: ModelStreamPart[] = [];
  #served = 0;
  #source: ReadableStreamDefaultReader<StreamPart> | undefined;
  #reader: StreamReader | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: LocusError | undefined;
  #closed = false;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
    this.#onAbort = () => {
      this.#forget();
      this.#stop(options.signal?.reason);
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
      this.#stop(undefined);
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
    const { signal } = this.#options;
    try {
      if (this.#source === undefined || this.#reader === undefined) await this.#open();
      else await this.#read(this.#source, this.#reader);
    } catch (error) {
      // Left by its consumer while it was waiting: that is the end, not a failure.
      if (this.#closed) return;
      this.#close();
      this.#stop(error);
      const begun = this.#source !== undefined;
      this.#failure =
        signal?.aborted === true ? cancelled(signal) : toLocusError(error, this.#options, begun);
    }
  }

  async #open(): Promise<void> {
    const { signal, open } = this.#options;
    if (signal?.aborted === true) throw cancelled(signal);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const { stream, context } = await open(this.#abort.signal);
    this.#source = stream.getReader();
    this.#reader = new StreamReader(context, (part) => this.#parts.push(part));
    if (this.#closed) this.#stop(undefined);
  }

  async #read(source: ReadableStreamDefaultReader<StreamPart>, reader: StreamReader): Promise<void> {
    const { done, value } = await source.read();
    if (this.#closed) return;
    // A stream that does not heed the signal was cancelled, and looks as if it had ended.
    const { signal } = this.#options;
    if (signal?.aborted === true) throw cancelled(signal);
    if (!done) {
      reader.push(value);
      return;
    }
    this.#parts.push({ type: "finish", response: reader.end() });
    this.#close();
  }

  /** Lets go of the call and of its stream; what they say to that is nobody's concern. */
  #stop(reason: unknown): void {
    this.#abort.abort(reason);
    this.#source?.cancel(reason).then(undefined, () => undefined);
  }

  #close(): void {
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
