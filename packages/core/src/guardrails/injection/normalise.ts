/** Text as a model would read it: hidden characters gone, letters plain, white space single; each place is known in the original. */
import { type Pace, TURN } from "./pace.ts";

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
/** Of what one character stands for, so many letters at most: some Arabic ones stand for a sentence. */
const MOST_LETTERS = 6;

export async function normalise(text: string, pace: Pace): Promise<Normalised> {
  if (PLAIN.test(text) && !text.includes("  ")) {
    return { text: text.toLowerCase(), original: (at) => Math.min(at, text.length) };
  }
  const plain = new Plain(text.length);
  const known = new Map<number, string>();
  for (let at = 0, turn = TURN; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    if (code < 128) plain.putAscii(code, at);
    else plain.put(lettersOf(code, known), at);
    at += code > 0xffff ? 2 : 1;
    if (at < turn) continue;
    turn = at + TURN;
    await pace(TURN);
  }
  const places = plain.places();
  return { text: plain.text(), original: (unit) => places[unit] ?? text.length };
}

/** What a character stands for; nothing for one that is not seen, a space for every sort of space. */
function lettersOf(code: number, known: Map<number, string>): string {
  const before = known.get(code);
  if (before !== undefined) return before;
  const char = String.fromCodePoint(code);
  const letters = /\s/.test(char)
    ? " "
    : HIDDEN.test(char)
      ? ""
      : char.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace("ß", "ss").slice(0, MOST_LETTERS);
  known.set(code, letters);
  return letters;
}

const SPACE = 32;
const BREAK = 10;
/** Units made into text at once. */
const PIECE = 4096;

/** Code units and their places, with white space held back until something follows it: a row of it is one. */
class Plain {
  #units: Uint16Array;
  #places: Uint32Array;
  readonly #pieces: string[] = [];
  #length = 0;
  #space = 0;
  #spaceAt = 0;

  constructor(length: number) {
    this.#units = new Uint16Array(length + MOST_LETTERS);
    this.#places = new Uint32Array(length + MOST_LETTERS);
  }

  putAscii(code: number, at: number): void {
    if (code === SPACE || (code >= 9 && code <= 13)) this.#blank(code, at);
    else this.#add(code >= 65 && code <= 90 ? code + 32 : code, at);
  }

  put(letters: string, at: number): void {
    if (letters === " ") this.#blank(SPACE, at);
    else for (let unit = 0; unit < letters.length; unit++) this.#add(letters.charCodeAt(unit), at);
  }

  #blank(code: number, at: number): void {
    if (this.#space === 0) this.#spaceAt = at;
    if (this.#space !== BREAK) this.#space = code === BREAK ? BREAK : SPACE;
  }

  #add(unit: number, at: number): void {
    if (this.#space !== 0) {
      const space = this.#space;
      this.#space = 0;
      this.#add(space, this.#spaceAt);
    }
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length] = unit;
    this.#places[this.#length++] = at;
    if (this.#length % PIECE === 0)
      this.#pieces.push(String.fromCharCode(...this.#units.subarray(this.#length - PIECE, this.#length)));
  }

  #grow(): void {
    const [units, places] = [this.#units, this.#places];
    this.#units = new Uint16Array(units.length * 2);
    this.#units.set(units);
    this.#places = new Uint32Array(places.length * 2);
    this.#places.set(places);
  }

  text(): string {
    const rest = this.#units.subarray(this.#length - (this.#length % PIECE), this.#length);
    return [...this.#pieces, String.fromCharCode(...rest)].join("");
  }

  places(): Uint32Array {
    return this.#places.subarray(0, this.#length);
  }
}

/** A word of two alphabets is read as the Latin one that it looks like; every place stays where it is. */
export function readMixed(text: string): string {
  if (!/[\u0370-\u052F]/.test(text)) return text;
  return text.replace(/[a-z\u0370-\u052F]+/g, (word) =>
    /[a-z]/.test(word) && /[\u0370-\u052F]/.test(word)
      ? word.replace(/[\u0370-\u052F]/g, (char) => LOOKALIKES.get(char) ?? char)
      : word,
  );
}
