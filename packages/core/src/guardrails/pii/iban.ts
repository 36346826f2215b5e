/** International bank account numbers (ISO 13616): length by country, and modulo 97. */
import { remainder } from "./digits.ts";

const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29",
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20",
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29",
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30",
  ].flatMap((line) => line.split(" ").map((row) => [row.slice(0, 2), Number(row.slice(2))])),
);

/**
 * How much of `text` is an IBAN: its length in characters, spaces or hyphens included, or 0. `text` begins with it and
 * may go on.
 */
export function ibanAt(text: string): number {
  const length = LENGTHS[text.slice(0, 2).toUpperCase()];
  if (length === undefined) return 0;
  let compact = "";
  let at = 0;
  for (; at < text.length && compact.length < length; at++) {
    const char = text.charAt(at);
    if (/[a-z0-9]/i.test(char)) compact += char.toUpperCase();
    else if (!/[\s\u00a0\u200b\u2010-\u2015._-]/.test(char)) break;
  }
  const goesOn = /[a-z0-9]/i.test(text.charAt(at));
  return compact.length === length && !goesOn && isIban(compact) ? at : 0;
}

function isIban(compact: string): boolean {
  const turned = compact.slice(4) + compact.slice(0, 4);
  return (
    remainder(
      turned.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55)),
      97,
    ) === 1
  );
}
