/** Collects a text that comes in thousands of small pieces. */

const PIECES = 256;

/**
 * `+=` in a loop builds a chain of one node a piece, which costs the garbage collector more than all of the decoding;
 * joining now and then leaves short pieces behind for nothing to follow.
 */
export class TextBuffer {
  #text = "";
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length === PIECES) this.#join();
  }

  /** Everything so far. */
  read(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += this.#pieces.join("");
    this.#pieces = [];
  }
}
