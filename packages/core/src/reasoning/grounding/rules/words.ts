/** What the rules see in a text: its words, names, figures and negations. Pure. */
import { singular, termsOf } from "../../../memory/terms.ts";
import { MAGNITUDES, MONTHS, NEGATIONS, NUMBER_WORDS, OPPOSITES, STOP } from "./tables.ts";

export interface Words {
  /** Stems of what says something, figures and names left out. */
  readonly stems: ReadonlySet<string>;
  /** Those among them that name what it is about: they begin the text with a capital, or are parts of `orders-db`. */
  readonly key: ReadonlySet<string>;
  /** Words with a capital, those that begin a sentence left out; in lower case. */
  readonly names: ReadonlySet<string>;
  readonly numbers: readonly number[];
  /** Numbers of the months that stand beside a figure by name. */
  readonly months: ReadonlySet<number>;
  /** All words in lower case, as they are. */
  readonly all: ReadonlySet<string>;
  readonly isNegated: boolean;
  /** Stems of members that are `false`: a claim of them is right if it is negated. */
  readonly denied: ReadonlySet<string>;
}

const STEM = 6;
const NUMBER = /(?<![\p{L}\p{N}.])[-−]?\d+(?:[.,'\u00a0\u202f]\d+)*/gu;
const MAGNITUDE = /^\s?(k|mn|m|bn|b|thousand|million|billion|trillion)\b/i;
const COMPOUND = /(?<![\p{L}\p{N}])[\p{L}\p{N}]+(?:[-_.][\p{L}\p{N}]+)+/gu;
const DENIED = /(?<![\p{L}\p{N}_])([\p{L}\p{N}_]+): false\b/gu;
const MONTH = new RegExp(`\\b(${MONTHS.join("|")})\\.?\\s+\\d|\\d\\.?\\s+(${MONTHS.join("|")})\\b`, "gi");

export function wordsOf(text: string): Words {
  const denied = new Set([...text.matchAll(DENIED)].flatMap(([, name = ""]) => stemsOf(apart(name))));
  const plain = apart(text.replaceAll(DENIED, "$1"));
  const terms = termsOf(plain.replaceAll(/n['’]t\b/g, "nt").replaceAll(/['’]s\b/g, ""));
  const all = new Set(terms);
  const names = namesIn(plain);
  const stems = new Set(terms.filter((term) => says(term) && !names.has(term)).map(stemOf));
  const first = /^[^\p{L}\p{N}]*\p{Lu}/u.test(plain) ? (terms[0] ?? "") : "";
  const parts = [...text.matchAll(COMPOUND)].flatMap(([compound]) => termsOf(apart(compound)));
  const key = new Set([first, ...parts].filter((term) => says(term) && !names.has(term)).map(stemOf));
  const isNegated = terms.some((term) => NEGATIONS.has(term));
  return { stems, key, names, numbers: numbersIn(text), months: monthsIn(text), all, isNegated, denied };
}

/** `tempC` and `temp_c` are two words. */
function apart(text: string): string {
  return text.replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2").replaceAll("_", " ");
}

function stemsOf(text: string): readonly string[] {
  return termsOf(text)
    .filter((term) => says(term))
    .map(stemOf);
}

function says(term: string): boolean {
  return (
    term !== "" &&
    !STOP.has(term) &&
    !NEGATIONS.has(term) &&
    !MONTHS.includes(term) &&
    !Object.hasOwn(NUMBER_WORDS, term) &&
    !Object.hasOwn(MAGNITUDES, term) &&
    !/^(?:\p{N}+|[a-z])$/u.test(term)
  );
}

/** Forms of one word begin alike. */
function stemOf(term: string): string {
  const one = singular(term);
  if (!/^[a-z]+$/.test(one)) return one;
  const bare = one.length > 4 ? one.replace(/(?:ing|ed|es|ly|e|y)$/, "") : one;
  return bare.length > STEM ? bare.slice(0, STEM) : bare;
}

/** Whether two stems are of one word: alike, or one of them cut shorter, as `temp` is. */
export function hasStem(stems: ReadonlySet<string>, stem: string): boolean {
  if (stems.has(stem)) return true;
  if (stem.length < 4) return false;
  for (const other of stems) {
    if (other.length >= 4 && (stem.startsWith(other) || other.startsWith(stem))) return true;
  }
  return false;
}

function namesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const match of text.matchAll(/(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{N}]*/gu)) {
    const before = text.slice(Math.max(0, match.index - 8), match.index).trimEnd();
    const [word] = match;
    const isFirst = before === "" || /[.!?:\n"“(]$/.test(before);
    const isAcronym = /^\p{Lu}{2,}$/u.test(word);
    const [term] = termsOf(word);
    if (term !== undefined && says(term) && (!isFirst || isAcronym)) names.add(term);
  }
  return names;
}

/** Figures with their magnitudes, numbers in words, and months by their number: `1,200`, `4.2 million`, `three`. */
function numbersIn(text: string): readonly number[] {
  const numbers: number[] = [];
  for (const match of text.matchAll(NUMBER)) {
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 16);
    const magnitude = MAGNITUDE.exec(rest)?.[1]?.toLowerCase() ?? "";
    numbers.push(readNumber(match[0].replace("−", "-")) * (MAGNITUDES[magnitude] ?? 1));
  }
  for (const match of text.matchAll(/(?<=\p{L})\d+(?:\.\d+)*/gu)) numbers.push(Number.parseFloat(match[0]));
  numbers.push(...monthsIn(text));
  for (const term of termsOf(text)) {
    const number = Object.hasOwn(NUMBER_WORDS, term) ? NUMBER_WORDS[term] : undefined;
    if (number !== undefined) numbers.push(number);
  }
  return numbers;
}

function monthsIn(text: string): ReadonlySet<number> {
  const named = [...text.matchAll(MONTH)].map(([, before, after]) => (before ?? after ?? "").toLowerCase());
  return new Set(named.map((month) => MONTHS.indexOf(month) + 1));
}

function readNumber(digits: string): number {
  const isGrouped = /^-?\d{1,3}(?:[,'\u00a0\u202f]\d{3})+(?:\.\d+)?$/.test(digits);
  if (isGrouped) return Number.parseFloat(digits.replaceAll(/[,'\u00a0\u202f]/g, ""));
  return Number.parseFloat(digits.replace(",", "."));
}

/** Whether `claimed` is one of `found`, maybe rounded as it is. */
export function hasNumber(found: readonly number[], claimed: number): boolean {
  const digits = String(Math.abs(claimed)).replace(".", "").replace(/^0+/, "").replace(/0+$/, "").length;
  return found.some(
    (number) =>
      number === claimed || (digits >= 2 && Number(number.toPrecision(Math.min(21, digits))) === claimed),
  );
}

/** Whether one says the opposite of the other by a word: rose, fell; or names another month. */
export function areOpposed(a: Words, b: Words): boolean {
  if (a.months.size > 0 && b.months.size > 0 && ![...a.months].some((month) => b.months.has(month)))
    return true;
  const on = ({ all }: Words, side: readonly string[]): boolean => side.some((word) => all.has(word));
  return OPPOSITES.some(
    ([one, other]) =>
      (on(a, one) && !on(a, other) && on(b, other) && !on(b, one)) ||
      (on(a, other) && !on(a, one) && on(b, one) && !on(b, other)),
  );
}
