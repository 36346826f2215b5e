/** Numbers that states give to people, by their own rules. A row is a shape, and what must be true of its digits. */
import { isPlaceholder, luhn, remainder, verhoeff, weighted } from "./digits.ts";

export interface NationalId {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly fits: (match: string) => boolean;
}

const digitsOf = (text: string): string => text.replace(/\D/g, "");

/** Not a part of a longer number, word or dotted name. */
const row = (kind: string, shape: string, fits: (match: string) => boolean): NationalId => ({
  kind,
  pattern: new RegExp(`(?<![\\w.+/-])(?:${shape})(?![\\w/-])(?!\\.\\w)`, "g"),
  fits: (match) => !isPlaceholder(digitsOf(match)) && fits(match),
});

export const NATIONAL_IDS: readonly NationalId[] = [
  row("us social security number", "\\d{3}-\\d{2}-\\d{4}|\\d{3} \\d{2} \\d{4}", (match) => {
    const [area = "", group = "", serial = ""] = match.split(/\D/);
    const isGiven = area !== "000" && area !== "666" && area < "900";
    return isGiven && group !== "00" && serial !== "0000" && match !== "078-05-1120";
  }),
  row(
    "uk national insurance number",
    "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
    (match) => {
      return !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].includes(match.slice(0, 2));
    },
  ),
  row(
    "french social security number",
    "[12] ?\\d{2} ?(?:0[1-9]|1[0-2]) ?\\d{2} ?\\d{3} ?\\d{3} ?\\d{2}",
    (match) => {
      const digits = digitsOf(match);
      return 97 - remainder(digits.slice(0, 13), 97) === Number(digits.slice(13));
    },
  ),
  row("spanish identity number", "[XYZ]?\\d{7,8}-?[A-HJ-NP-TV-Z]", (match) => {
    const [first = ""] = match;
    const lead = "XYZ".indexOf(first);
    const digits = (lead < 0 ? "" : String(lead)) + digitsOf(match);
    return digits.length === 8 && "TRWAGMYFPDXBNJZSQVHLCKE"[Number(digits) % 23] === match.at(-1);
  }),
  row("brazilian taxpayer number", "\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}", (match) => {
    const digits = digitsOf(match);
    const check = (length: number): number => {
      const weights = Array.from({ length }, (_, at) => length + 1 - at);
      return ((weighted(digits, weights) * 10) % 11) % 10;
    };
    return check(9) === Number(digits[9]) && check(10) === Number(digits[10]);
  }),
  row("indian aadhaar number", "[2-9]\\d{3} \\d{4} \\d{4}", (match) => verhoeff(digitsOf(match))),
  row("canadian social insurance number", "[1-79]\\d{2} \\d{3} \\d{3}|[1-79]\\d{2}-\\d{3}-\\d{3}", (match) =>
    luhn(digitsOf(match)),
  ),
  row("italian tax code", "[A-Z]{6}\\d{2}[A-EHLMPRST]\\d{2}[A-Z]\\d{3}[A-Z]", isItalian),
];

/** Worth of a letter or digit at an odd place of an Italian tax code (counted from 1). */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function isItalian(code: string): boolean {
  let sum = 0;
  for (let at = 0; at < 15; at++) {
    const char = code.charCodeAt(at);
    const value = char < 65 ? char - 48 : char - 65;
    sum += at % 2 === 0 ? (ODD[value] ?? 0) : value;
  }
  return code.charCodeAt(15) - 65 === sum % 26;
}
