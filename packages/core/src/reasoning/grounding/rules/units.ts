/** Sources in pieces that one fact fits into: sentences, and records of JSON with what stands around them. Pure. */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../../json/json.ts";
import type { ShownSource } from "../judge.ts";
import { sentencesOf } from "./claims.ts";
import { type Words, wordsOf } from "./words.ts";

export interface Unit {
  readonly source: string;
  /** The words of the source. */
  readonly quote: string;
  readonly words: Words;
  /** Stems and names of the sentences before, which may say what it is about. */
  readonly context: ReadonlySet<string>;
}

/** Sentences before one that a pronoun in it may refer to. */
const BEFORE = 3;

/** Of what stands around a record. */
const AROUND_CHARS = 2000;
const QUOTE_CHARS = 400;

export function unitsOf({ id, passages }: ShownSource): readonly Unit[] {
  return passages
    .flatMap((passage): readonly Piece[] => {
      const parsed = parseJson(passage);
      if (typeof parsed === "object" && parsed !== null) return records(parsed, "");
      return sentencesOf(passage).map((sentence) => ({ quote: sentence, text: sentence, isSentence: true }));
    })
    .map((piece) => ({ ...piece, words: wordsOf(piece.text) }))
    .map(({ quote, words, isSentence }, at, all) => {
      const before = isSentence === true ? all.slice(Math.max(0, at - BEFORE), at) : [];
      const context = new Set(before.flatMap((other) => [...other.words.stems, ...other.words.all]));
      return { source: id, quote: shortened(quote), words, context };
    });
}

interface Piece {
  readonly quote: string;
  readonly text: string;
  readonly isSentence?: true;
}

function records(value: JsonValue, around: string): readonly Piece[] {
  if (Array.isArray(value)) {
    const flat = value.filter((item) => !isNested(item));
    const own =
      flat.length === 0 ? [] : [{ quote: JSON.stringify(value), text: `${around} ${flat.join(", ")}` }];
    return [...own, ...value.filter(isNested).flatMap((item) => records(item, around))];
  }
  if (!isJsonObject(value)) return [];
  const own = Object.entries(value).filter(([, member]) => !isNested(member));
  const said = own.map(([key, member]) => `${key}: ${scalar(member)}`).join(", ");
  const here = `${around} ${said}`.trim();
  const nested = Object.entries(value).filter(([, member]) => isNested(member));
  return [
    ...(own.length === 0 ? [] : [{ quote: quoteOf(value, own), text: here }]),
    ...nested.flatMap(([key, member]) => records(member, `${here.slice(-AROUND_CHARS)} ${key}:`)),
  ];
}

/** The record whole; of one that holds others, its first member that is its own. */
function quoteOf(value: JsonObject, own: readonly (readonly [string, JsonValue])[]): string {
  const [first] = own;
  if (own.length === Object.keys(value).length || first === undefined) return JSON.stringify(value);
  return `${JSON.stringify(first[0])}:${JSON.stringify(first[1])}`;
}

function scalar(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isNested(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}

/** Not within a word: quotes are looked up as whole words. */
function shortened(quote: string): string {
  if (quote.length <= QUOTE_CHARS) return quote;
  return quote
    .slice(0, QUOTE_CHARS)
    .replace(/[\p{Ll}\p{Lu}\p{N}.,-]+$/u, "")
    .toWellFormed();
}
