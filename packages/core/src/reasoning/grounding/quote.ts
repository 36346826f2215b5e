/** Whether a source holds the words that a judge quotes from it. Pure. */
import { STOP } from "./rules/tables.ts";
import type { Evidence, GroundingSource } from "./types.ts";

/** A sign or two, or a word that holds sentences together, are found in any text. A number is not a sign. */
const LEAST_LETTERS = 3;
const HOLDS_TOGETHER: ReadonlySet<string> = new Set(
  "the and not nor yet you they der die das den dem des ein eine und oder ist sind war nicht auch les des une est son sur pas los las una por con que del il lo gli".split(
    " ",
  ),
);
/** Of a quote with words left out: so many fragments, and so many characters between two of them. */
const MOST_PARTS = 8;
const NEAR = 300;
const ELLIPSIS = /\[\s*(?:\.{3}|…)\s*\]|\.{3}|…/;

/**
 * As both are compared: case, widths, dashes, quotation marks and white space are of no account, nor are the escapes of
 * JSON and the spaces around its signs.
 */
export function normalised(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\\[nrt]/g, " ")
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\\"'`´\u2018-\u201f\u00ab\u00bb\u2039\u203a\u200b\u00ad\ufeff*]/g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{}[\]():,;%]) ?/g, "$1")
    .trim();
}

/** The same quotes, in the sources that hold them: what is there stays, under the id of where it is. */
export type QuoteCheck = (quoted: readonly Evidence[]) => {
  readonly found: readonly Evidence[];
  readonly rejected: readonly Evidence[];
};

/** Looks up quotes in `sources`, each of which is normalised once. */
export function quoteCheck(sources: readonly GroundingSource[]): QuoteCheck {
  const texts = new Map<string, string>();
  const textOf = ({ id, text }: GroundingSource): string => {
    const known = texts.get(id) ?? normalised(text);
    texts.set(id, known);
    return known;
  };
  return (quoted) => {
    const found: Evidence[] = [];
    const rejected: Evidence[] = [];
    for (const { source, quote } of quoted) {
      const parts = partsOf(quote);
      // A judge that errs in the name of the source has still read it.
      const named = sources.filter(({ id }) => id === source);
      const holder = [...named, ...sources].find((one) => holds(textOf(one), parts));
      if (holder === undefined) rejected.push({ source, quote });
      else found.push({ source: holder.id, quote });
    }
    return { found, rejected };
  };
}

function partsOf(quote: string): readonly string[] {
  return quote
    .split(ELLIPSIS)
    .map((part) => normalised(part).replaceAll(/^[,.;: ]+|[,.;: ]+$/g, ""))
    .filter((part) => part !== "");
}

/** All parts, one after the other and near each other; each says something. */
function holds(text: string, parts: readonly string[]): boolean {
  // A result that says nothing is quoted whole: `[]`.
  if (text !== "" && text === parts.join(" ")) return true;
  if (parts.length === 0 || parts.length > MOST_PARTS || !parts.every(says)) return false;
  let ends: readonly number[] | undefined;
  for (const part of parts.slice(0, -1)) {
    ends = endsOf(text, part, ends);
    if (ends.length === 0) return false;
  }
  return endsOf(text, parts.at(-1) ?? "", ends, 1).length > 0;
}

/** Where `part` ends, wherever it begins near behind one of `before`. */
function endsOf(
  text: string,
  part: string,
  before: readonly number[] | undefined,
  most = Number.POSITIVE_INFINITY,
): readonly number[] {
  const ends: number[] = [];
  let next = 0;
  for (let at = indexOfWords(text, part, 0); at >= 0; at = indexOfWords(text, part, at + 1)) {
    if (before !== undefined) {
      while ((before[next + 1] ?? Number.POSITIVE_INFINITY) <= at) next++;
      const nearest = before[next] ?? Number.POSITIVE_INFINITY;
      if (nearest > at || at - nearest > NEAR) continue;
    }
    ends.push(at + part.length);
    if (ends.length >= most) break;
  }
  return ends;
}

/** Whether a fragment, as it is compared, says more than that it is a text. */
export function says(part: string): boolean {
  if (/[\p{N}\p{Lo}]/u.test(part)) return true;
  const words = part.match(/\p{L}+/gu) ?? [];
  return words.some((word) => word.length >= LEAST_LETTERS && !STOP.has(word) && !HOLDS_TOGETHER.has(word));
}

/** Not within a word or number: "5" is not in "15", nor in "5.7", "-5" or "5 000". */
function indexOfWords(text: string, part: string, from: number): number {
  for (let at = text.indexOf(part, from); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text.slice(Math.max(0, at - 3), at);
    const after = text.slice(at + part.length, at + part.length + 5);
    if (!continues(before, part) && !isContinued(part, after)) return at;
  }
  return -1;
}

const WORDLIKE = /[\p{Ll}\p{Lu}\p{N}]/u;
/** A minus, which is no dash between two words or numbers. */
const MINUS = /(?:^|[^\p{L}\p{N})\]-])-$/u;
/** Of a number in groups of three digits. */
const GROUP_BEHIND = /^ \p{N}{3}(?!\p{N})/u;

function continues(before: string, part: string): boolean {
  const [last, first] = [before.slice(-1), part.slice(0, 1)];
  if (/^\p{Sc}? ?\p{N}/u.test(part) && MINUS.test(before)) return true;
  if (!WORDLIKE.test(first)) return false;
  if (WORDLIKE.test(last)) return true;
  if (!/\p{N}/u.test(first)) return false;
  return /\p{N}[.,]$/u.test(before) || (/\p{N} $/u.test(before) && /^\p{N}{3}(?!\p{N})/u.test(part));
}

function isContinued(part: string, after: string): boolean {
  const [last, first] = [part.slice(-1), after.slice(0, 1)];
  if (!WORDLIKE.test(last)) return false;
  if (WORDLIKE.test(first)) return true;
  if (!/\p{N}/u.test(last)) return false;
  return /^[.,]\p{N}/u.test(after) || (/(?:^|[^\p{N}])\p{N}{1,3}$/u.test(part) && GROUP_BEHIND.test(after));
}
