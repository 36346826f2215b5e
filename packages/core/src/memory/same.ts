/** When two notes are the same in words. What tells one fact from another is kept: C++ is not C#, and -5 is not 5. Pure. */

/** Typography of one and the same character. */
const TYPOGRAPHY: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019]/g, "'"],
  [/[\u201c\u201d]/g, '"'],
  [/[\u2010\u2011\u2212]/g, "-"],
];
/** Quotes and brackets before a word. A dot is part of it: .NET, .5 */
const OPENING = /^["'\u00ab\u201e\u201a\u2039([{\u00bf\u00a1\u300c\u300e\uff08\u3010\u2026]+/u;
/** Quotes, brackets and the marks of sentences after one; behind a digit, quotes are feet, inches and minutes. */
const CLOSING =
  /(?:[.,;:!?\u2026\u00bb\u203a)\]}\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f\u300d\u300f\uff09\u3011]|(?<!\p{N})["'])+$/u;

/**
 * A note as it is compared with others: without case, without punctuation around its words, with one space between them.
 * Symbols, signs, decimals, emoji and accents stay.
 */
export function wordsOf(text: string): string {
  const plain = TYPOGRAPHY.reduce((now, [from, to]) => now.replace(from, to), text.normalize("NFC"));
  return plain.toLowerCase().split(/\s+/u).map(bare).filter(Boolean).join(" ");
}

/** Nothing of a mark, however often; what is all marks otherwise, such as ":)", says something. */
function bare(word: string): string {
  const inner = word.replace(OPENING, "").replace(CLOSING, "");
  return inner === "" && new Set(word).size > 1 ? word : inner;
}

/** The words of a note that have digits: dates, amounts, versions. */
export function numbersOf(text: string): string {
  return wordsOf(text)
    .split(" ")
    .filter((word) => /\p{N}/u.test(word))
    .join(" ");
}
