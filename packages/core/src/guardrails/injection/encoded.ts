/** Words in Base64, hexadecimal or percent signs, read as what they say. */

export interface Encoded {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BASE64 = /(?<![\w+/=-])[A-Za-z0-9+/_-]{24,}={0,2}/g;
const HEX = /(?<![\da-f])(?:[\da-f]{2}){16,}(?![\da-f])/gi;
const PERCENT = /(?:%[\da-f]{2}[\w.+-]{0,30}){6,}/gi;
const ENTITIES = /(?:&#(?:x[\da-f]{1,5}|\d{1,6});){8,}/gi;
const ESCAPES = /(?:\\(?:u00|x)[\da-f]{2}){8,}/gi;

const DECODERS: readonly (readonly [pattern: RegExp, decode: (text: string) => string | undefined])[] = [
  [BASE64, (text) => asText(Buffer.from(text, "base64"))],
  [HEX, (text) => asText(Buffer.from(text, "hex"))],
  [PERCENT, percent],
  [
    ENTITIES,
    (text) =>
      text.replace(/&#(x?)([\da-f]+);/gi, (_, x: string, n: string) => codePoint(n, x === "" ? 10 : 16)),
  ],
  [ESCAPES, (text) => text.replace(/\\(?:u00|x)([\da-f]{2})/gi, (_, n: string) => codePoint(n, 16))],
];

export function* findEncoded(text: string): Generator<Encoded> {
  for (const [pattern, decode] of DECODERS) {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const decoded = decode(match);
      if (decoded !== undefined && decoded !== match)
        yield { start: index, end: index + match.length, text: decoded };
    }
  }
  yield* escapedLines(text);
  for (const { 0: match, index } of text.matchAll(/[\u{E0020}-\u{E007E}]{3,}/gu)) {
    const decoded = Array.from(match, (char) =>
      String.fromCodePoint((char.codePointAt(0) ?? 0) - 0xe0000),
    ).join("");
    yield { start: index, end: index + match.length, text: decoded };
  }
}

const ESCAPED = /&nbsp;|&#x?[\da-f]{1,6};|%[2-7][\da-f]/i;
const LONGEST_LINE = 4000;

/** Lines in which single letters or spaces are escaped, as they read. */
function* escapedLines(text: string): Generator<Encoded> {
  if (!ESCAPED.test(text)) return;
  let start = 0;
  for (const line of text.split("\n")) {
    const end = start + line.length;
    if (line.length <= LONGEST_LINE && ESCAPED.test(line)) yield { start, end, text: unescaped(line) };
    start = end + 1;
  }
}

function unescaped(line: string): string {
  return line
    .replace(/&nbsp;/gi, " ")
    .replace(/&#(x?)([\da-f]+);/gi, (_, x: string, n: string) => codePoint(n, x === "" ? 10 : 16))
    .replace(/%([2-7][\da-f])/gi, (_, n: string) => codePoint(n, 16));
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes that are words in UTF-8, or nothing. */
function asText(bytes: Buffer): string | undefined {
  try {
    const text = utf8.decode(bytes);
    return /\p{Cc}/u.test(text.replace(/[\r\n\t]/g, "")) ? undefined : text;
  } catch {
    return undefined;
  }
}

function percent(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function codePoint(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "";
}
