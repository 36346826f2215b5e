/** A streamed answer as an async iterator: request, bytes, frames, parts; one at a time, and closed when left. */
import { LocusError, ModelError, type ModelResponse, type ModelStreamPart } from "@locus-sdk/core";
import { BodyReader } from "../body.ts";
import { cancelled, excerpt } from "../errors.ts";
import { SseParser } from "../sse.ts";
import type { AnswerReader, FrameDecoder, OpenedAnswer } from "./answer.ts";

export interface ChatStreamOptions {
  /** Sends the request; called once, by the first `next()`. */
  readonly open: (signal: AbortSignal) => Promise<OpenedAnswer>;
  readonly signal?: AbortSignal;
  readonly idleTimeoutMs?: number;
}

type Result = IteratorResult<ModelStreamPart, undefined>;
const END: Result = Object.freeze({ done: true, value: undefined });
const OPENING_BRACE = 0x7b;
/** How long a connection is kept for its proper end after `[DONE]`, so that it can be used again. */
const DRAIN_MS = 250;

/**
 * Written by hand rather than as a generator: `next()` serves what is buffered without a step through nested
 * generators, and `return()` takes effect at once, even while a `next()` is waiting for the network.
 */
export class ChatStream implements AsyncIterableIterator<ModelStreamPart, undefined> {
  readonly #options: ChatStreamOptions;
  readonly #abort = new AbortController();
  readonly #onAbort: () => void;
  #parts: ModelStreamPart[] = [];
  #served = 0;
  #body: BodyReader | undefined;
  #sse: SseParser | undefined;
  /** What an error about the answer as a whole tells besides. */
  #told: { readonly hint?: string; readonly requestId?: string } = {};
  #secrets: readonly string[] | undefined;
  #decoder: FrameDecoder | undefined;
  #turn: Promise<Result> = Promise.resolve(END);
  #busy = false;
  #failure: unknown;
  #opened = false;
  #closed = false;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
    this.#onAbort = () => {
      this.#parts = [];
      this.#served = 0;
      this.#abort.abort(options.signal?.reason);
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (!this.#busy) {
      if (this.#served < this.#parts.length) return Promise.resolve(this.#serve());
      this.#busy = true;
      this.#turn = this.#advance();
    } else {
      // Asked again before the last answer came: one after the other.
      const again = (): Promise<Result> => this.next();
      this.#turn = this.#turn.then(again, again);
    }
    return this.#turn;
  }

  return(): Promise<Result> {
    this.#parts = [];
    this.#served = 0;
    this.#failure = undefined;
    if (!this.#closed) {
      this.#close();
      this.#abort.abort();
    }
    return Promise.resolve(END);
  }

  #serve(): Result {
    const value = this.#parts[this.#served];
    if (value === undefined) return END;
    this.#served += 1;
    if (this.#served === this.#parts.length) {
      this.#parts = [];
      this.#served = 0;
    }
    return { done: false, value };
  }

  async #advance(): Promise<Result> {
    try {
      while (this.#served >= this.#parts.length) {
        if (this.#failure !== undefined) throw this.#takeFailure();
        if (this.#closed) return END;
        await this.#fill();
      }
      return this.#serve();
    } finally {
      // Before this promise settles, so that whoever awaits it finds the way free.
      this.#busy = false;
    }
  }

  /** An iterator that has thrown is over. */
  #takeFailure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #fill(): Promise<void> {
    try {
      if (this.#opened) await this.#read();
      else await this.#open();
    } catch (error) {
      // Left by its consumer while it was waiting: that is the end, not a failure.
      if (this.#closed) return;
      this.#close();
      // What came before the failure is served first, wherever the network happened to cut.
      this.#failure = error;
    }
  }

  async #open(): Promise<void> {
    this.#opened = true;
    const { signal, open, idleTimeoutMs } = this.#options;
    if (signal?.aborted === true) throw cancelled(signal);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const { response, context, reader } = await open(this.#abort.signal);
    const { requestId, secrets } = context;
    this.#secrets = secrets;
    this.#body = new BodyReader(response, {
      context: { ...context, signal: this.#abort.signal },
      ...(requestId === undefined ? {} : { requestId }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    });
    if (this.#closed) {
      this.#body.close();
      return;
    }
    const first = await this.#body.read();
    if (first !== undefined && isJson(first)) {
      await this.#readWhole(this.#body, first, reader);
      return;
    }
    const decoder = reader.frames((part) => this.#parts.push(part));
    this.#decoder = decoder;
    this.#told = { hint: reader.hint, ...(requestId === undefined ? {} : { requestId }) };
    this.#sse = new SseParser((data, event) => decoder.push(data, event));
    this.#take(first);
  }

  async #read(): Promise<void> {
    if (this.#body === undefined || this.#decoder === undefined) return;
    let piece: Uint8Array | undefined;
    try {
      piece = await this.#body.read();
    } catch (error) {
      const complete = this.#decoder.finished && !this.#abort.signal.aborted && error instanceof LocusError;
      if (!complete) throw error;
      this.#finish(this.#decoder.end(error));
      return;
    }
    this.#take(piece);
  }

  /** One piece of the body through the parser; `undefined` is its end. */
  #take(piece: Uint8Array | undefined): void {
    const decoder = this.#decoder;
    const sse = this.#sse;
    if (decoder === undefined || sse === undefined) return;
    if (piece !== undefined) {
      sse.push(piece);
      if (!decoder.done) return;
    } else {
      sse.end();
      if (decoder.frames === 0 && sse.stray.trim() !== "") throw this.#notAStream(sse.stray);
    }
    const response = decoder.end();
    if (piece !== undefined) this.#drain();
    this.#finish(response);
  }

  /** Reads a body to its end behind the consumer's back: a connection cut short cannot be used again. */
  #drain(): void {
    const body = this.#body;
    if (body === undefined) return;
    this.#body = undefined;
    const timer = setTimeout(() => body.close(), DRAIN_MS);
    timer.unref();
    body
      .text()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        body.close();
      });
  }

  async #readWhole(body: BodyReader, first: Uint8Array, reader: AnswerReader): Promise<void> {
    const response = reader.whole(await body.text(first));
    for (const part of response.message.content) {
      if (part.type === "text") this.#parts.push({ type: "text_delta", text: part.text });
      if (part.type === "reasoning") this.#parts.push({ type: "reasoning_delta", text: part.text });
    }
    const calls = response.message.content.filter((part) => part.type === "tool_call");
    for (const [index, { id, name, arguments: argumentsDelta }] of calls.entries()) {
      this.#parts.push({
        type: "tool_call_delta",
        index,
        ...(id === "" ? {} : { id }),
        name,
        argumentsDelta,
      });
    }
    this.#finish(response);
  }

  #finish(response: ModelResponse): void {
    this.#parts.push({ type: "finish", response });
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#body?.close();
  }

  #notAStream(text: string): LocusError {
    return new ModelError(
      `the endpoint answered a stream request with something that is not a stream: ${excerpt(text, this.#secrets)}`,
      {
        code: "invalid_response",
        ...this.#told,
      },
    );
  }
}

/** A JSON body begins with a brace, which no event stream does; the content type does not always tell. */
const isJson = (first: Uint8Array): boolean => first.find((byte) => byte > 0x20) === OPENING_BRACE;
