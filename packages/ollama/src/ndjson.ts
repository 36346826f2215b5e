/** Cuts a body into its lines, wherever the network cut it. */
import { ModelError } from "@locus-sdk/core";

/** No line of an answer comes near this; a body without line ends would fill the memory. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Collects pieces of bytes and hands out whole lines of text; empty ones are left out. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #pieces: string[] = [];
  #length = 0;

  /** The lines that end in `piece`. */
  push(piece: Uint8Array): readonly string[] {
    return this.#take(this.#decoder.decode(piece, { stream: true }));
  }

  /** What stands behind the last line end: a last line may lack its own. */
  end(): readonly string[] {
    return this.#take(`${this.#decoder.decode()}\n`);
  }

  #take(text: string): readonly string[] {
    const last = text.lastIndexOf("\n");
    if (last < 0) {
      this.#keep(text);
      return [];
    }
    const whole = this.#pieces.join("") + text.slice(0, last);
    this.#pieces = [];
    this.#length = 0;
    this.#keep(text.slice(last + 1));
    return whole.split("\n").filter((line) => line.trim() !== "");
  }

  #keep(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length > LONGEST_LINE) {
      throw new ModelError(`the server sent a line of more than ${LONGEST_LINE} characters`, {
        code: "invalid_response",
      });
    }
  }
}
