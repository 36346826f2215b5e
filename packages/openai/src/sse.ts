/** Server-sent events out of bytes, however the network cut them. */

/** Takes one event: its data lines joined, and its name where it had one. */
export type SseHandler = (data: string, event: string | undefined) => void;

/** How much of what is not an event is kept, to say what came instead of a stream. */
const STRAY_CHARS = 2_000;
const FIELDS: readonly string[] = ["data", "event", "id", "retry"];
const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

/**
 * A push parser for `text/event-stream`: LF, CRLF and CR, comments, `data:` with and without its space, several data
 * lines, a byte order mark, characters and lines split anywhere. An event that the end of the stream cuts off before
 * its blank line is delivered by `end()`. It keeps the line it is in and nothing else.
 */
export class SseParser {
  readonly #onEvent: SseHandler;
  // Byte order marks are left in by the decoder, which would drop one at the start of every call, and dropped here.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Pieces of an unfinished line; joined once, or a line that comes byte by byte would cost its square. */
  #partial: string[] = [];
  #data: string | undefined;
  #event: string | undefined;
  #started = false;
  #splitCharacter = false;
  #afterCr = false;
  #stray = "";

  constructor(onEvent: SseHandler) {
    this.#onEvent = onEvent;
  }

  /** The beginning of what came outside any event: an HTML page, say. */
  get stray(): string {
    return this.#stray;
  }

  push(bytes: Uint8Array): void {
    const last = bytes[bytes.length - 1];
    if (last === undefined) return;
    // Decoding in one go is several times faster than streaming, and right unless a character may be cut in two.
    const whole = last < 0x80 && !this.#splitCharacter;
    this.#splitCharacter = !whole;
    this.#feed(whole ? this.#decoder.decode(bytes) : this.#decoder.decode(bytes, { stream: true }));
    if (!whole && last < 0x80) {
      this.#feed(this.#decoder.decode());
      this.#splitCharacter = false;
    }
  }

  /** The stream is over: what is left is delivered. */
  end(): void {
    if (this.#splitCharacter) this.#feed(this.#decoder.decode());
    if (this.#partial.length > 0) {
      const line = this.#partial.join("");
      this.#partial = [];
      // A field cut off in the middle of its name is no stray text.
      if (!FIELDS.some((field) => field.startsWith(line))) this.#line(line);
    }
    this.#dispatch();
  }

  #feed(text: string): void {
    let start = 0;
    if (!this.#started && text !== "") {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) start = 1;
    }
    if (this.#afterCr && text !== "") {
      this.#afterCr = false;
      if (text.charCodeAt(0) === LF) start = 1;
    }
    if (text.includes("\r", start)) this.#splitAtAny(text, start);
    else this.#splitAtLf(text, start);
  }

  // Two loops rather than one that asks at every line: the optimizer would move the search for CR into it.
  #splitAtLf(text: string, from: number): void {
    let start = from;
    for (let end = text.indexOf("\n", start); end >= 0; end = text.indexOf("\n", start)) {
      if (end === start && this.#partial.length === 0) this.#dispatch();
      else this.#endLine(text.slice(start, end));
      start = end + 1;
    }
    if (start < text.length) this.#partial.push(text.slice(start));
  }

  #splitAtAny(text: string, from: number): void {
    let start = from;
    for (let end = nextBreak(text, start); end >= 0; end = nextBreak(text, start)) {
      this.#endLine(text.slice(start, end));
      start = end + 1;
      if (text.charCodeAt(end) !== CR) continue;
      if (start === text.length) this.#afterCr = true;
      else if (text.charCodeAt(start) === LF) start += 1;
    }
    if (start < text.length) this.#partial.push(text.slice(start));
  }

  #endLine(rest: string): void {
    if (this.#partial.length === 0) {
      this.#line(rest);
      return;
    }
    this.#partial.push(rest);
    const line = this.#partial.join("");
    this.#partial = [];
    this.#line(line);
  }

  #line(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    if (line.startsWith("data:")) {
      const value = line.slice(line.charCodeAt(5) === SPACE ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith("event:")) {
      this.#event = line.slice(6).trim();
    } else if (line.charCodeAt(0) !== COLON && !/^(?:id|retry)(?::|$)|^(?:data|event)$/.test(line)) {
      if (this.#stray.length < STRAY_CHARS) this.#stray += `${line.slice(0, STRAY_CHARS)}\n`;
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = undefined;
    if (data !== undefined) this.#onEvent(data, event);
  }
}

function nextBreak(text: string, start: number): number {
  const lf = text.indexOf("\n", start);
  const cr = text.indexOf("\r", start);
  if (lf < 0 || cr < 0) return Math.max(lf, cr);
  return Math.min(lf, cr);
}
