/** The socket's side of a body: takes pieces as they come, and holds the socket while nobody asks for them. */
import type { Readable } from "node:stream";

/** As much comes ahead of a reader: small answers whole, so that their connection is free at once; large ones wait. */
export const AHEAD_BYTES: number = 64 * 1024;

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export class BodyPipe {
  readonly #stream: Readable;
  readonly #signal: AbortSignal | undefined;
  readonly #letGo: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #readers: Waiting<Buffer | undefined>[] = [];
  #whole: Waiting<readonly Buffer[]> | undefined;

  /** `letGo` is called when the body is not wanted to its end. */
  constructor(stream: Readable, signal: AbortSignal | undefined, letGo: () => void) {
    this.#stream = stream;
    this.#signal = signal;
    this.#letGo = letGo;
    stream.on("data", (piece: Buffer) => this.#take(piece));
    stream.once("end", () => this.#end());
  }

  /** Lets what has come and nobody wants run past, so that its connection is free. */
  drain(): void {
    this.#stream.resume();
  }

  /** Whether it is the reader that nothing moves for, who may take his time. */
  get isHeld(): boolean {
    return this.#stream.isPaused();
  }

  /** The next piece, or `undefined` at the end. */
  read(): Promise<Buffer | undefined> {
    this.#heed();
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bytes -= piece.byteLength;
      if (this.#bytes < AHEAD_BYTES && this.isHeld) this.#stream.resume();
      return Promise.resolve(piece);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** All that is still to come, when it has come. */
  rest(): Promise<readonly Buffer[]> {
    this.#heed();
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#isOver) return Promise.resolve(this.#handOver());
    return new Promise((resolve, reject) => {
      this.#whole = { resolve, reject };
      this.#stream.resume();
    });
  }

  /** Ends it without its end; what has come is still served, unless the reader is the one who gave up. */
  fail(error: unknown, { drop }: { readonly drop: boolean }): void {
    if (drop) this.#handOver();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = { error };
    this.#whole?.reject(error);
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }

  /** The reader goes. */
  cancel(): void {
    this.#handOver();
    if (this.#isOver) return;
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader.resolve(undefined);
    this.#letGo();
  }

  /** Nobody listens to the signal any more when all has come; what has not been read is aborted all the same. */
  #heed(): void {
    if (this.#signal?.aborted !== true || this.#pieces.length === 0) return;
    this.#handOver();
    this.#isOver = true;
    this.#failure = { error: this.#signal.reason };
  }

  #take(piece: Buffer): void {
    if (this.#isOver || piece.byteLength === 0) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
    if (this.#bytes >= AHEAD_BYTES && this.#whole === undefined) this.#stream.pause();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#whole?.resolve(this.#handOver());
    for (const reader of this.#readers.splice(0)) reader.resolve(undefined);
  }

  #handOver(): readonly Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }
}
