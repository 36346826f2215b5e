/** Personal data in a text. Every pattern is bounded or begins where the last one ended: linear, whatever the text. */
import { networkOf, readIPv4, readIPv6 } from "../net/address.ts";
import type { Finding } from "../types.ts";
import { isCard } from "./cards.ts";
import { ibanAt } from "./iban.ts";
import { NATIONAL_IDS } from "./national-ids.ts";
import { findPhones } from "./phones.ts";

/** The kinds there are, each with its own way to look. */
export type PiiKind = "card" | "iban" | "email" | "phone" | "national_id" | "ip" | "public_ip";

interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

const FINDERS: Readonly<Record<PiiKind, (text: string) => Iterable<Span>>> = {
  card: findCards,
  iban: findIbans,
  email: findEmails,
  phone: findPhones,
  national_id: findNationalIds,
  ip: (text) => findAddresses(text, false),
  public_ip: (text) => findAddresses(text, true),
};

export function findPii(text: string, kinds: readonly PiiKind[]): readonly Finding[] {
  return kinds.flatMap((kind) =>
    Array.from(FINDERS[kind](text), (span): Finding => ({ ...span, detector: "pii" })),
  );
}

const MOST_DIGITS = 19;
const FEWEST_DIGITS = 13;

/** What stands between groups: one or two of every sort of space, a dash of any width, a dot, a slash, or nothing to be seen. */
const BETWEEN = "(?:[\\s\u00a0\u200b\u2060]{1,3}|[-\u2010-\u2015\u2212._/])";
const ROW = new RegExp(`\\d+(?:${BETWEEN}\\d+)*`, "g");

/** In a row of groups of digits, every window that begins and ends with a group is tried: an expiry date may follow. */
function* findCards(text: string): Generator<Span> {
  const plain = withPlainDigits(text);
  for (const { 0: row, index } of plain.matchAll(ROW)) {
    if (row.length < FEWEST_DIGITS || isWithin(plain, index, index + row.length)) continue;
    yield* cardsIn(row, index);
  }
}

const ZEROS = [0x660, 0x6f0, 0x966, 0xff10];

/** Digits of other scripts as those of this one, each in its place. */
function withPlainDigits(text: string): string {
  if (!/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]/.test(text)) return text;
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]/g, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - (ZEROS.findLast((zero) => code >= zero) ?? code));
  });
}

function* cardsIn(row: string, index: number): Generator<Span> {
  const groups = Array.from(row.matchAll(/\d+/g), ({ 0: digits, index: at }) => ({
    at,
    size: digits.length,
  }));
  for (let first = 0; first < groups.length; first++) {
    const start = groups[first]?.at ?? 0;
    let count = 0;
    for (let last = first; last < groups.length; last++) {
      const { at, size } = groups[last] ?? { at: 0, size: MOST_DIGITS };
      count += size;
      if (count > MOST_DIGITS) break;
      const card = row.slice(start, at + size);
      if (count >= FEWEST_DIGITS && !isDecimal(row, start, card) && isCard(card)) {
        yield { start: index + start, end: index + at + size, kind: "payment card" };
        first = last;
        break;
      }
      // Only groups of four go on, or the second one of three: 4-6-5.
      if (size !== 4 && !(size === 6 && last === first + 1)) break;
    }
  }
}

/** What stands behind a dot or a slash is the rest of a number or a path, unless dots or slashes are between all groups. */
function isDecimal(row: string, start: number, card: string): boolean {
  const around = row.charAt(start - 1) + row.charAt(start + card.length);
  return /[./_]/.test(around) && !/[./_]/.test(card);
}

/** A number inside of a name, an address or a decimal is not one of its own; what a word for cards or money is glued to is. */
function isWithin(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 24), start);
  const after = text.slice(end, end + 5);
  const isGlued = /[\p{L}_]$/u.test(before) && !GLUED_BEFORE.test(before);
  return (
    isGlued ||
    /\d[.,]$|[./]$/u.test(before) ||
    (/^[\p{L}_]/u.test(after) && !GLUED_AFTER.test(after)) ||
    /^[.,]\d/.test(after)
  );
}

const GLUED_BEFORE =
  /(?:card|visa|amex|mastercard|maestro|discover|karte|kreditkarte|carte|tarjeta|cc|pan|no|nr|num|number)_?$/i;
const GLUED_AFTER = /^(?:usd|eur|gbp|chf|exp|cvc|cvv|visa|amex)/i;

const IBAN_BEGINS =
  /(?:(?<=(?<![a-z0-9])iban)|(?<![a-z0-9]))[a-z]{2}\d{2}(?=[\s\u00a0\u2010-\u2015._-]{0,3}[a-z0-9])/gi;

function* findIbans(text: string): Generator<Span> {
  for (const { index } of text.matchAll(IBAN_BEGINS)) {
    const length = ibanAt(text.slice(index, index + 90));
    if (length > 0) yield { start: index, end: index + length, kind: "iban" };
  }
}

const EMAIL =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+-](?:[\p{L}\p{N}._%+-]{0,63})@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,6}(?<tld>\p{L}{2,24})(?![\p{L}\p{N}_@])/gu;

/** What follows an `@` and a dot in the names of files. */
const EXTENSIONS = new Set([
  "png",
  "jpg",
  "jpeg",
  "gif",
  "svg",
  "webp",
  "avif",
  "js",
  "mjs",
  "ts",
  "css",
  "json",
]);

function* findEmails(text: string): Generator<Span> {
  for (const { 0: match, index, groups } of text.matchAll(EMAIL)) {
    const end = index + match.length;
    const isRemote = match.startsWith("git@") && /^[:/]\S/.test(text.slice(end, end + 2));
    if (isRemote || EXTENSIONS.has(groups?.tld?.toLowerCase() ?? "")) continue;
    yield { start: index, end, kind: "e-mail address" };
  }
}

function* findNationalIds(text: string): Generator<Span> {
  for (const { kind, pattern, fits } of NATIONAL_IDS) {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      if (fits(match)) yield { start: index, end: index + match.length, kind };
    }
  }
}

const IP_4 = /(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-])(?!\.\w)/g;
const IP_6 =
  /(?<![\w:.])(?=[\da-f]{0,4}:[\da-f]{0,4}:)[\da-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/gi;
const VERSION = /(?:\bv|\bversions?|\brelease|\bbuild|\brev)[ :=]*$/i;

function* findAddresses(text: string, publicOnly: boolean): Generator<Span> {
  for (const [pattern, read] of [
    [IP_4, readIPv4],
    [IP_6, readIPv6],
  ] as const) {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const bytes = read(match);
      if (bytes === undefined || VERSION.test(text.slice(Math.max(0, index - 12), index))) continue;
      if (publicOnly && networkOf(bytes) !== "public") continue;
      yield { start: index, end: index + match.length, kind: "ip address" };
    }
  }
}
