/** The stream that a wrapper hands out: opened by its first `next()`, perhaps in several tries, then the model's own. */
import { linkedController } from "../../async/abort.ts";
import { CancelledError } from "../../errors/errors.ts";
import type { ModelStreamPart } from "../types.ts";

type Result = IteratorResult<ModelStreamPart, undefined>;
export const END: Result = Object.freeze({ done: true, value: undefined });

/** A model's stream whose first part, or end, has come. */
export interface BegunStream {
  readonly first: IteratorResult<ModelStreamPart, unknown>;
  readonly parts: AsyncIterator<ModelStreamPart, unknown>;
  /** What is handed out in the place of a part. Default: the part itself. */
  readonly map?: (part: ModelStreamPart) => ModelStreamPart;
  /** Called once, when the stream has ended, failed or been left. */
  readonly onEnd?: () => void;
}

/** What opening a stream has to do with. */
export interface Opening {
  /** Aborts with the caller's signal and when the consumer leaves: for waits between tries, and for the model itself. */
  readonly signal: AbortSignal;
  /** Waits for the first part of a stream, and closes it when the consumer leaves meanwhile. */
  readonly begin: (stream: AsyncIterable<ModelStreamPart>) => Promise<BegunStream>;
}

/** What a consumer that has left its stream is told by, where anybody still listens. */
export const leftStream = (): CancelledError => new CancelledError("the stream was left by its consumer");

/** By hand rather than as a generator: `return()` reaches the model at once, even while a `next()` is waiting. */
export class OpenedStream implements AsyncIterableIterator<ModelStreamPart, undefined> {
  readonly #signal: AbortSignal | undefined;
  readonly #open: (opening: Opening) => Promise<BegunStream>;
  #opening: Promise<Result> | undefined;
  #leave: AbortController | undefined;
  /** Lets go of the caller's signal. */
  #release: () => void = () => undefined;
  /** Ends the wait for the first part. */
  #left: () => void = () => undefined;
  /** The stream that is being opened, or is open. */
  #parts: AsyncIterator<ModelStreamPart, unknown> | undefined;
  #begun: BegunStream | undefined;
  #over = false;

  /** Nothing happens before the first `next()`. */
  constructor(signal: AbortSignal | undefined, open: (opening: Opening) => Promise<BegunStream>) {
    this.#signal = signal;
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#over) return Promise.resolve(END);
    if (this.#begun !== undefined) return this.#follow(this.#begun);
    if (this.#opening === undefined) {
      this.#opening = this.#start();
      return this.#opening;
    }
    // Asked again before the first part came: one after the other.
    const again = (): Promise<Result> => this.next();
    return this.#opening.then(again, again);
  }

  async return(): Promise<Result> {
    if (this.#over) return END;
    this.#over = true;
    const isOpening = this.#opening !== undefined && this.#begun === undefined;
    this.#leave?.abort(leftStream());
    this.#left();
    try {
      const leave = async (): Promise<unknown> => this.#parts?.return?.();
      // A model that is still to begin has been told by its signal; one that does not listen is not waited for.
      if (isOpening) leave().catch(() => undefined);
      else await leave();
    } finally {
      this.#finish(this.#begun);
    }
    return END;
  }

  async #start(): Promise<Result> {
    const { controller, release } = linkedController(this.#signal === undefined ? [] : [this.#signal]);
    this.#leave = controller;
    this.#release = release;
    try {
      const begun = await this.#open({
        signal: controller.signal,
        begin: (stream) => this.#begin(stream),
      });
      // Left meanwhile, and closed by that.
      if (this.#over) this.#finish(begun);
      else this.#begun = begun;
      return this.#hand(begun, begun.first);
    } catch (error) {
      // Left by its consumer while it was waiting: that is the end, not a failure.
      if (this.#over) return END;
      this.#over = true;
      release();
      throw error;
    }
  }

  async #begin(stream: AsyncIterable<ModelStreamPart>): Promise<BegunStream> {
    if (this.#over) throw leftStream();
    const parts = stream[Symbol.asyncIterator]();
    this.#parts = parts;
    const left = new Promise<never>((_resolve, reject) => {
      this.#left = () => reject(leftStream());
    });
    return { parts, first: await Promise.race([parts.next(), left]) };
  }

  async #follow(begun: BegunStream): Promise<Result> {
    try {
      return this.#hand(begun, await begun.parts.next());
    } catch (error) {
      // Left by its consumer meanwhile, which aborted the model: that is the end, not a failure.
      if (this.#over) return END;
      this.#end(begun);
      throw error;
    }
  }

  #hand({ map }: BegunStream, part: IteratorResult<ModelStreamPart, unknown>): Result {
    if (part.done === true) {
      if (this.#begun !== undefined) this.#end(this.#begun);
      return END;
    }
    return map === undefined ? part : { done: false, value: map(part.value) };
  }

  #end(begun: BegunStream): void {
    if (this.#over) return;
    this.#over = true;
    this.#finish(begun);
  }

  #finish(begun: BegunStream | undefined): void {
    this.#release();
    begun?.onEnd?.();
  }
}
