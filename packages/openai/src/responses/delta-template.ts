/** A short cut for streams: most events are the text delta before with another number and another text. */
import { isRecord, parseJson } from "@locus-sdk/core";

/** Shorter slices are copies in V8; longer ones would keep the whole piece of the body they were cut from alive. */
const COPIED_LENGTH = 13;
const NUMBER_KEY = '"sequence_number":';
const DELTA_KEY = '"delta":"';
const ZERO = 48;
const NINE = 57;
const BRACE = 125;

/**
 * Learns from a parsed `response.output_text.delta` what stands before its text, the sequence number aside. A later
 * event that begins alike belongs to the same text, so it need not be parsed: its text is the string that follows.
 * What comes behind (log probabilities, padding) is not looked at. Everything else goes the long way.
 */
export class DeltaTemplate {
  /** Up to the sequence number, where one comes before the text; otherwise up to the text. */
  #head = "";
  /** From behind the sequence number up to the text. */
  #middle = "";
  #numbered = false;

  /** The text in `data` where it is the known event with another text, or `undefined`. */
  textIn(data: string): string | undefined {
    const head = this.#head;
    // Comparing slices is a comparison of memory, several times faster than `startsWith`.
    if (head === "" || data.slice(0, head.length) !== head) return undefined;
    let from = head.length;
    if (this.#numbered) {
      const middle = this.#middle;
      while (isDigit(data.charCodeAt(from))) from += 1;
      if (data.slice(from, from + middle.length) !== middle) return undefined;
      from += middle.length;
    }
    return literalAt(data, from);
  }

  /** Learns from an event whose text is `text`. */
  learn(data: string, text: string): void {
    this.#head = "";
    const key = data.indexOf(DELTA_KEY);
    if (key < 0 || data[key - 1] === "\\") return;
    const from = key + DELTA_KEY.length;
    // Proof that this is the place, and no other member that happens to have this name.
    if (literalAt(data, from) !== text || !isTopLevelDelta(data, from)) return;
    const number = data.lastIndexOf(NUMBER_KEY, key);
    this.#numbered = number >= 0;
    if (number < 0) {
      this.#head = data.slice(0, from);
      return;
    }
    let end = number + NUMBER_KEY.length;
    this.#head = data.slice(0, end);
    while (isDigit(data.charCodeAt(end))) end += 1;
    this.#middle = data.slice(end, from);
  }
}

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** The JSON string whose first character is at `from`, in an object that is closed at the end. */
function literalAt(data: string, from: number): string | undefined {
  if (data.charCodeAt(data.length - 1) !== BRACE) return undefined;
  let end = data.indexOf('"', from);
  if (end < 0) return undefined;
  if (end - from < COPIED_LENGTH && !hasEscape(data, from, end)) return data.slice(from, end);
  while (end >= 0 && isEscaped(data, from, end)) end = data.indexOf('"', end + 1);
  // With its quotes, which are the last character before it and the first behind.
  const literal = end < 0 ? undefined : parseJson(data.slice(from - 1, end + 1));
  return typeof literal === "string" ? literal : undefined;
}

function hasEscape(data: string, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) {
    // A backslash, or a control character that may not stand in JSON.
    const code = data.charCodeAt(at);
    if (code === 92 || code < 32) return true;
  }
  return false;
}

function isEscaped(data: string, from: number, at: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes >= from && data.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
  return slashes % 2 === 1;
}

const SENTINEL = "locus-template";

function isTopLevelDelta(data: string, from: number): boolean {
  let end = data.indexOf('"', from);
  while (end >= 0 && isEscaped(data, from, end)) end = data.indexOf('"', end + 1);
  const marked = parseJson(data.slice(0, from) + SENTINEL + data.slice(end));
  return isRecord(marked) && marked.delta === SENTINEL;
}
