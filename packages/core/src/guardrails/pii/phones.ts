/** Telephone numbers: international ones by their plus, national ones by their shape or by the words before them. */

interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** `alone`: the shape is enough. Otherwise a word like "tel." must stand before it. */
interface Shape {
  readonly pattern: RegExp;
  readonly alone: boolean;
  readonly digits: readonly [least: number, most: number];
}

const NOT_INSIDE = "(?<![\\p{L}\\p{N}_.+#/-])(?<!\\d[ (])";
const NOT_BEFORE = "(?![\\p{L}\\p{N}_])(?![.,/-]\\p{N})";

const shape = (pattern: string, alone: boolean, digits: Shape["digits"]): Shape => ({
  pattern: new RegExp(NOT_INSIDE + pattern + NOT_BEFORE, "gu"),
  alone,
  digits,
});

const SHAPES: readonly Shape[] = [
  // +49 30 901820, +1 (415) 555-2671, +44 (0)20 7946 0958
  shape("\\+[1-9]\\d{0,2}(?:[ .()/-]{0,3}\\d){6,13}", true, [8, 15]),
  // 0049 30 901820
  shape("00[1-9]\\d{0,2}(?:[ /-]{1,2}\\d{1,5}){2,4}", true, [10, 17]),
  // (415) 555-2671, 415-555-2671, 415.555.2671
  shape("(?:1[ .-])?(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}[.-])[2-9]\\d{2}[ .-]\\d{4}", true, [10, 11]),
  // 06 12 34 56 78
  shape("0[1-9](?:[ .]\\d{2}){4}", true, [10, 10]),
  // 020 7946 0958, 07700 900123
  shape("0(?:20|2[3489]) \\d{4} \\d{4}|07\\d{3} \\d{6}|07\\d{3} \\d{3} \\d{3}", true, [10, 11]),
  // What is a number of any sort unless it is said to be a telephone's.
  shape("\\(?\\d{2,5}\\)?(?:[ ./-]{0,2}\\d){5,10}", false, [7, 14]),
];

const SAID =
  /(?:\b(?:tel(?:e(?:ph|f)one?|efon(?:nummer)?|éfono)?|phone|ph|mobile?|cell(?:ulare|phone)?|handy(?:nummer)?|rufnummer|fax|whatsapp|sms|portable|móvil|celular|téléphone|hotline|landline)\b|\b(?:(?:call|ring|reach|text|dial|contact)\s+(?:me|us|him|her|them|at|on)|appel(?:ez|le)(?:-(?:moi|nous|le|la))?|llám[ae](?:me|nos)?|rufen? sie|rufe? mich(?: an)?)\b)[^\p{N}]{0,24}$/iu;
const ELSE =
  /(?:\b(?:order|invoice|ticket|case|ref(?:erence)?|sku|part|item|tracking|build|version|id|no|nr|number|code|serial|commande|bestell(?:ung|nummer)|rechnung|pedido|factura|isbn|issn|port|line|error|timestamp|at|doi)\b|#)[\s.:#=]{0,4}$/iu;

export function* findPhones(text: string): Generator<Span> {
  for (const { pattern, alone, digits } of SHAPES) {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const count = match.replace(/\D/g, "").length;
      if (count < digits[0] || count > digits[1] || /^(?:\D*(\d))(?:\D*\1)*\D*$/.test(match)) continue;
      const before = text.slice(Math.max(0, index - 48), index);
      if (SAID.test(before) || (alone && !ELSE.test(before) && !isDate(match))) {
        yield { start: index, end: index + match.length, kind: "phone number" };
      }
    }
  }
}

/** 01.02.03.04.05 is no date, but 2024-01-15 09 and 15.01.2024 are. */
function isDate(match: string): boolean {
  return (
    /^(?:19|20)\d{2}[ ./-](?:0[1-9]|1[0-2])[ ./-]/.test(match) ||
    /^\d{2}[./-]\d{2}[./-](?:19|20)\d{2}/.test(match)
  );
}
