/** Server-sent events out of bytes, however the network cut them. */

/** How much of what is not an event is kept, to say what came instead of a stream. */
const STRAY_CHARS = 2000;

/**
 * Collects the data of events from pieces of a `text/event-stream`: LF, CRLF and CR, comments, several data lines, a byte
 * order mark, characters and lines split anywhere. It keeps the line it is in and nothing else. Names of events are not
 * read: an event of this API tells its type in its data.
 */
export class SseReader {
  readonly #decoder = new TextDecoder();
  /** Pieces of an unfinished line; joined once, or a line that comes byte by byte would cost its square. */
  #partial: string[] = [];
  #data: string[] = [];
  #afterCr = false;
  #stray = "";

  /** The beginning of what came outside any event: an HTML page, say. */
  get stray(): string {
    return this.#stray;
  }

  /** The data of the events that `bytes` complete. */
  push(bytes: Uint8Array): readonly string[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The stream is over: what is left without its blank line. */
  end(): readonly string[] {
    return this.#take(`${this.#decoder.decode()}\n\n`);
  }

  #take(text: string): readonly string[] {
    const events: string[] = [];
    // The second half of a line break that the network cut in two.
    let start = this.#afterCr && text.startsWith("\n") ? 1 : 0;
    if (text !== "") this.#afterCr = text.endsWith("\r");
    const breaks = /\r\n|\n|\r/g;
    breaks.lastIndex = start;
    for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
      this.#partial.push(text.slice(start, found.index));
      start = found.index + found[0].length;
      const line = this.#partial.join("");
      this.#partial = [];
      if (line === "" && this.#data.length > 0) {
        events.push(this.#data.join("\n"));
        this.#data = [];
      } else this.#line(line);
    }
    if (start < text.length) this.#partial.push(text.slice(start));
    return events;
  }

  #line(line: string): void {
    if (line.startsWith("data:")) this.#data.push(line.slice(line.charCodeAt(5) === 32 ? 6 : 5));
    else if (line !== "" && !/^(?::|(?:event|id|retry|data)(?::|$))/.test(line)) {
      if (this.#stray.length < STRAY_CHARS) this.#stray += `${line.slice(0, STRAY_CHARS)}\n`;
    }
  }
}
