/** Text as a model would read it: hidden characters gone, letters plain, white space single; each place is known in the original. */

export interface Normalised {
  readonly text: string;
  /** Where a place of `text` is in the original. */
  readonly original: (at: number) => number;
}

/** No glyph of their own: zero-width, soft hyphen, bidirectional controls, variation selectors, tags. */
const HIDDEN = /\p{Default_Ignorable_Code_Point}/u;

/** Cyrillic and Greek letters that look like Latin ones; read so only in words that have Latin letters as well. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ...pairs("аеорсухіјѕԁһԛԝмтквн", "aeopcyxijsdhqwmtkbh"),
  ...pairs("οαεικνρτυχ", "oaeikvptux"),
]);

function pairs(from: string, to: string): readonly (readonly [string, string])[] {
  return Array.from(from, (char, at) => [char, to.charAt(at)] as const);
}

const PLAIN = /^[ -~\n]*$/;

export function normalise(text: string): Normalised {
  if (PLAIN.test(text) && !text.includes("  ")) {
    return { text: text.toLowerCase(), original: (at) => Math.min(at, text.length) };
  }
  const chars: string[] = [];
  const places: number[] = [];
  const put = (char: string, at: number): void => {
    chars.push(char);
    places.push(at);
  };
  let at = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (/\s/.test(char)) {
      const last = chars.at(-1);
      if (char === "\n" && last === " ") chars[chars.length - 1] = "\n";
      else if (last !== " " && last !== "\n") put(char === "\n" ? "\n" : " ", at);
    } else if (code < 128) put(char.toLowerCase(), at);
    else if (!HIDDEN.test(char)) {
      const plain = char.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace("ß", "ss");
      for (const each of plain) put(each, at);
    }
    at += char.length;
  }
  places.push(text.length);
  const charOf = unitsOf(chars);
  return {
    text: readMixed(chars),
    original: (unit) => places[Math.min(charOf?.[unit] ?? unit, chars.length)] ?? text.length,
  };
}

/** Characters outside the basic plane are two units of the joined text: which unit is of which, where there are such. */
function unitsOf(chars: readonly string[]): Uint32Array | undefined {
  const length = chars.reduce((sum, char) => sum + char.length, 0);
  if (length === chars.length) return undefined;
  const map = new Uint32Array(length + 1);
  let at = 0;
  for (const [index, char] of chars.entries())
    for (let unit = 0; unit < char.length; unit++) map[at++] = index;
  map[at] = chars.length;
  return map;
}

/** A word of two alphabets is read as the Latin one that it looks like. */
function readMixed(chars: readonly string[]): string {
  const text = chars.join("");
  if (!/[\u0370-\u052F]/.test(text)) return text;
  return text.replace(/[a-z\u0370-\u052F]+/g, (word) =>
    /[a-z]/.test(word) && /[\u0370-\u052F]/.test(word)
      ? Array.from(word, (char) => LOOKALIKES.get(char) ?? char).join("")
      : word,
  );
}
