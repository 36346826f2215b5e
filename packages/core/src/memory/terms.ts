/** From a value to the words by which it is found. Every store indexes these and nothing else, so all find the same. Pure. */
import { isJsonObject, type JsonValue } from "../json/json.ts";

/** How much of a value is searched. */
const SEARCHED_CHARS = 100_000;
/** Longer words are cut, in items and queries alike. */
const LONGEST_TERM = 64;

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** What tells a letter from its plain form, in scripts where people leave it out; elsewhere marks are letters. */
const DIACRITICS = /[\u0300-\u036f]/g;
/** Scripts that write no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

let segmenter: Intl.Segmenter | undefined;

/** The words of a text in their order, case and diacritics folded. Letters, digits and marks; nothing else is in them. */
export function termsOf(text: string): readonly string[] {
  const folded = text.normalize("NFKD").replace(DIACRITICS, "").normalize("NFC").toLowerCase();
  return (folded.match(WORD) ?? []).flatMap((word) => (UNSPACED.test(word) ? segmented(word) : [cut(word)]));
}

function segmented(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "word" });
  return [...segmenter.segment(text)].map(({ segment }) => cut(segment));
}

function cut(word: string): string {
  return word.length <= LONGEST_TERM ? word : Array.from(word).slice(0, LONGEST_TERM).join("");
}

/** A word of plain Latin letters without the s that many languages put for more than one. Others as they are. */
export function singular(term: string): string {
  return /^[a-z]{2,}[a-rt-z]s$/.test(term) ? term.slice(0, -1) : term;
}

/** The words that `singular` makes that one. */
export function formsOf(term: string): readonly string[] {
  return /^[a-z]{2,}[a-rt-z]$/.test(term) ? [term, `${term}s`] : [term];
}

/** What is searched of a value: its texts and numbers, in their order, a line each. */
export function searchedText(value: JsonValue): string {
  const texts: string[] = [];
  collect(value, texts);
  return texts.join("\n").slice(0, SEARCHED_CHARS).toWellFormed();
}

function collect(value: JsonValue, into: string[]): void {
  if (typeof value === "string") into.push(value);
  else if (typeof value === "number") into.push(String(value));
  else if (Array.isArray(value)) for (const member of value) collect(member, into);
  else if (isJsonObject(value)) for (const member of Object.values(value)) collect(member, into);
}
