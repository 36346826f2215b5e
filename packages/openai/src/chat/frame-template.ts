/** A short cut for streams: most frames are the one before with another piece of text in it. */
import { isRecord, parseJson } from "@locus-sdk/core";

/** Shorter slices are copies in V8; longer ones would keep the whole piece of the body they were cut from alive. */
const COPIED_LENGTH = 13;
/** Where no two frames are alike (random padding), looking for what they share is given up after so many tries. */
const MAX_LESSONS = 8;
const SENTINEL = "locus-template";

/** Members that servers fill at random, so that a frame's length does not tell what is in it. */
const PADDING = /"(?:pad|obfuscation)"\s*:\s*"(?=[^"\\]*")/;

/**
 * Learns from a parsed frame what stands before and behind its `choices[0].delta.content`. A later frame with the
 * same beginning and the same end, and one JSON string between them, can differ in that text only, so it need not be
 * parsed; padding behind the text may differ as well. Everything else goes the long way.
 */
export class FrameTemplate {
  #head = "";
  /** From the text to the padding, with a quote at either end; nothing where there is no padding. */
  #middle = "";
  #tail = "";
  #lessons = 0;

  /** The text in `data` where it is the known frame with another text, or `undefined`. */
  textIn(data: string): string | undefined {
    const from = this.#head.length;
    let to = data.length - this.#tail.length;
    // Comparing slices is a comparison of memory, several times faster than `startsWith`.
    if (from === 0 || to < from || data.slice(to) !== this.#tail || data.slice(0, from) !== this.#head) {
      return undefined;
    }
    if (this.#middle !== "") {
      const padding = data.lastIndexOf('"', to - 1) + 1;
      if (data.slice(padding, to).includes("\\")) return undefined;
      to = padding - this.#middle.length;
      if (to < from || data.slice(to, padding) !== this.#middle) return undefined;
    }
    const text = data.slice(from, to);
    if (text.length < COPIED_LENGTH && !text.includes("\\") && !text.includes('"')) return text;
    // With its quotes, which are the last character before it and the first behind.
    const literal = parseJson(data.slice(from - 1, to + 1));
    return typeof literal === "string" ? literal : undefined;
  }

  /** Learns from a frame whose only news is `text`. */
  learn(data: string, text: string): void {
    if (this.#lessons >= MAX_LESSONS) return;
    this.#lessons += 1;
    const key = /"content"\s*:\s*"/.exec(data);
    if (key === null) return;
    const from = key.index + key[0].length;
    const length = literalLength(data, from);
    if (parseJson(data.slice(from - 1, from + length + 1)) !== text) return;
    const head = data.slice(0, from);
    const rest = data.slice(from + length);
    const padding = PADDING.exec(rest);
    const middle = padding === null ? "" : rest.slice(0, padding.index + padding[0].length);
    const tail = padding === null ? rest : rest.slice(rest.indexOf('"', middle.length));
    // Proof that this is the place, and no other member that happens to hold the same text.
    if (contentIn(parseJson(head + SENTINEL + middle + tail)) !== SENTINEL) return;
    this.#head = head;
    this.#middle = middle;
    this.#tail = tail;
  }
}

/** How many characters stand between `from` and the quote that ends the literal. */
function literalLength(data: string, from: number): number {
  let at = from;
  while (at < data.length && data[at] !== '"') at += data[at] === "\\" ? 2 : 1;
  return at - from;
}

function contentIn(frame: unknown): unknown {
  const choices = isRecord(frame) ? frame.choices : undefined;
  const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined;
  const delta = isRecord(choice) ? choice.delta : undefined;
  return isRecord(delta) ? delta.content : undefined;
}
