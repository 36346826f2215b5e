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

/** Between members of a quote that others may stand between. */
export const GAP = " … ";

/** Of what stands around a record. */
const AROUND_CHARS = 2000;
/** Of a quote, and of one member or word in it. */
const QUOTE_CHARS = 400;
const MEMBER_CHARS = 120;

/** One after the other, so that whoever takes them may pause. */
export function* unitsOf({ id, passages }: ShownSource): Generator<Unit> {
  const before: Words[] = [];
  for (const { quote, text, isSentence } of piecesOf(passages)) {
    const words = wordsOf(text);
    const near = isSentence === true ? before : [];
    const context = new Set(near.flatMap(({ stems, all }) => [...stems, ...all]));
    before.push(words);
    if (before.length > BEFORE) before.shift();
    yield { source: id, quote, words, context };
  }
}

function* piecesOf(passages: readonly string[]): Generator<Piece> {
  for (const passage of passages) {
    const parsed = parseJson(passage);
    if (typeof parsed === "object" && parsed !== null) yield* records(parsed, "");
    else
      for (const line of passage.split(/\n+/))
        for (const sentence of statementsOf(line))
          yield { quote: sentence, text: sentence, isSentence: true };
  }
}

interface Piece {
  readonly quote: string;
  readonly text: string;
  readonly isSentence?: true;
}

function records(value: JsonValue, around: string): readonly Piece[] {
  if (Array.isArray(value)) {
    const flat = value.filter((item) => !isNested(item)).map((item) => JSON.stringify(item));
    const short = upTo(
      flat.filter(({ length }) => length <= MEMBER_CHARS),
      ",",
    );
    const own = short.map((items) => ({ quote: items, text: `${around} ${items}` }));
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

/** The record whole, where it is short and holds no others; else its own short members, in their order. */
function quoteOf(value: JsonObject, own: readonly (readonly [string, JsonValue])[]): string {
  const whole = JSON.stringify(value);
  if (whole.length <= QUOTE_CHARS && own.length === Object.keys(value).length) return whole;
  const members = own.map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`);
  return (
    upTo(
      members.filter(({ length }) => length <= MEMBER_CHARS),
      GAP,
    )[0] ?? ""
  );
}

/** As many of `parts` in each as fit. */
function upTo(parts: readonly string[], between: string): readonly string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && last.length + between.length + part.length <= QUOTE_CHARS)
      joined[joined.length - 1] = last + between + part;
    else joined.push(part);
  }
  return joined;
}

/** Sentences, and of what goes on without an end pieces of whole words; what is no word at all is left out. */
function statementsOf(text: string): readonly string[] {
  return sentencesOf(text).flatMap((sentence) => {
    if (sentence.length <= QUOTE_CHARS) return [sentence];
    return upTo(
      sentence.split(/\s+/).filter(({ length }) => length <= MEMBER_CHARS),
      " ",
    );
  });
}

function scalar(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isNested(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}
