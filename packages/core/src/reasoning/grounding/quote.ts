/** Whether a source holds the words that a judge quotes from it. Pure. */
import type { Evidence, GroundingSource } from "./types.ts";

/** A sign or two are found in any text. A number is not a sign. */
const LEAST_LETTERS = 3;
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

/** All parts, one after the other. */
function holds(text: string, parts: readonly string[]): boolean {
  // A result that says nothing is quoted whole: `[]`.
  if (text !== "" && text === parts.join(" ")) return true;
  if (!says(parts.join(" "))) return false;
  let from = 0;
  for (const part of parts) {
    const at = indexOfWords(text, part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

function says(quote: string): boolean {
  return (
    /\p{N}/u.test(quote) || (quote.match(/\p{L}/gu)?.length ?? 0) >= LEAST_LETTERS || /\p{Lo}/u.test(quote)
  );
}

/** Not within a word or number: "5" is not in "15", nor in "5.7". */
function indexOfWords(text: string, part: string, from: number): number {
  for (let at = text.indexOf(part, from); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + part.length, at + part.length + 2);
    if (!continues(before, part) && !isContinued(part, after)) return at;
  }
  return -1;
}

const WORDLIKE = /[\p{Ll}\p{Lu}\p{N}]/u;

function continues(before: string, part: string): boolean {
  const [last, first] = [before.slice(-1), part.slice(0, 1)];
  if (!WORDLIKE.test(first)) return false;
  return (
    WORDLIKE.test(last) || (/\p{N}/u.test(first) && (/\p{N}[.,]$/u.test(before) || /(^|\s)-$/.test(before)))
  );
}

function isContinued(part: string, after: string): boolean {
  const [last, first] = [part.slice(-1), after.slice(0, 1)];
  if (!WORDLIKE.test(last)) return false;
  return WORDLIKE.test(first) || (/\p{N}/u.test(last) && /^[.,]\p{N}/u.test(after));
}
