/** Payment card numbers: the first digits and lengths of their schemes, and the check digit. */
import { luhn } from "./digits.ts";

/** First digits, from and to, and the lengths of such numbers. */
const SCHEMES: readonly (readonly [from: string, to: string, lengths: readonly number[]])[] = [
  ["4", "4", [13, 16, 19]],
  ["51", "55", [16]],
  ["2221", "2720", [16]],
  ["34", "34", [15]],
  ["37", "37", [15]],
  ["300", "305", [14]],
  ["36", "36", [14]],
  ["38", "39", [14]],
  ["6011", "6011", [16, 19]],
  ["644", "649", [16, 19]],
  ["65", "65", [16, 19]],
  ["3528", "3589", [16]],
  ["62", "62", [16, 17, 18, 19]],
  ["2200", "2204", [16]],
  ["50", "50", [13, 16, 19]],
  ["56", "59", [13, 16, 19]],
  ["67", "67", [16, 19]],
];

/** Groups as they are printed on cards: by four, or 4-6-5 and 4-6-4. */
const GROUPS: readonly RegExp[] = [/^(?:\d{4})(?:\d{4}){2,3}(?:\d{1,4})?$/, /^\d{4} \d{6} \d{4,5}$/];

export function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (!inGroups(text)) return false;
  const known = SCHEMES.some(
    ([from, to, lengths]) =>
      lengths.includes(digits.length) &&
      digits.slice(0, from.length) >= from &&
      digits.slice(0, to.length) <= to,
  );
  return known && luhn(digits);
}

/** Written in one piece, or in a card's groups with one sort of separator. */
function inGroups(text: string): boolean {
  const separators = new Set(text.match(/\D+/g));
  if (separators.size === 0) return true;
  if (separators.size > 1) return false;
  const groups = text.split(/\D+/);
  const byFour =
    groups.slice(0, -1).every((group) => group.length === 4) && (groups.at(-1)?.length ?? 9) <= 4;
  return byFour || GROUPS.some((shape) => shape.test(groups.join(" ")));
}
