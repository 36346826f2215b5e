/** Numbers with check digits are found where the digits are right, and only there; what looks like data of people is not all that. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { luhn, remainder } from "./digits.ts";
import { findPii, type PiiKind } from "./find-pii.ts";

const found = (text: string, ...kinds: readonly PiiKind[]): readonly string[] =>
  findPii(text, kinds).map(({ start, end }) => text.slice(start, end));
const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
const withCheckDigit = (body: string): string =>
  body + Array.from({ length: 10 }, (_, digit) => String(digit)).find((digit) => luhn(body + digit));

describe("payment cards", () => {
  test("a number with the right check digit is found, and with another one it is not", () => {
    fc.assert(
      fc.property(digits(14), fc.integer({ min: 1, max: 9 }), (body, off) => {
        const card = withCheckDigit(`4${body}`);
        expect(found(`card ${card}, thanks`, "card")).toEqual([card]);
        const wrong = card.slice(0, -1) + ((Number(card.at(-1)) + off) % 10);
        expect(found(`card ${wrong}, thanks`, "card")).toEqual([]);
      }),
    );
  });

  test.each<readonly [string, string]>([
    ["4111 1111 1111 1111 12/27", "4111 1111 1111 1111"],
    ["4111-1111-1111-1111", "4111-1111-1111-1111"],
    ["3782 822463 10005", "3782 822463 10005"],
    ...["\u00a0", "\u2011", "\u2013", "  ", ".", "\n", "_", "/", "\u200b"].map((between) => {
      const card = ["4111", "1111", "1111", "1111"].join(between);
      return [`to ${card}, thanks`, card] as const;
    }),
    [
      "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
      "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
    ],
    ["VISA4111111111111111", "4111111111111111"],
    ["4111111111111111USD", "4111111111111111"],
    ["No. 7 4111 1111 1111 1111 2027 9", "4111 1111 1111 1111"],
  ])("%s holds %s", (text, card) => {
    expect(found(text, "card")).toEqual([card]);
  });

  test.each(["0.4111111111111111", "id4111111111111111", "41111 111111 11111", "4111 1111-1111 1111"])(
    "%s is none",
    (text) => {
      expect(found(text, "card")).toEqual([]);
    },
  );
});

test("an IBAN with the right check digits is found, in groups or in one, and with others it is not", () => {
  fc.assert(
    fc.property(digits(18), fc.integer({ min: 1, max: 96 }), fc.boolean(), (bban, off, grouped) => {
      const check = 98 - remainder(`${bban}131400`, 97);
      const write = (value: number): string => {
        const iban = `DE${String(value).padStart(2, "0")}${bban}`;
        return grouped ? iban.replace(/.{4}(?=.)/g, "$& ") : iban;
      };
      expect(found(`to ${write(check)}.`, "iban")).toEqual([write(check)]);
      expect(found(`to ${write((check + off) % 97)}.`, "iban")).toEqual([]);
    }),
  );
});

test.each(["\u00a0", "\u2011", "  ", ".", "\n"])("an IBAN in groups with %j between is one", (between) => {
  const iban = "DE89 3704 0044 0532 0130 00".replaceAll(" ", between);
  expect(found(`to ${iban}, thanks`, "iban")).toEqual([iban]);
  expect(found("IBANDE89370400440532013000", "iban")).toEqual(["DE89370400440532013000"]);
});

test("addresses of machines are found only when asked for, private ones only by the kind that takes all", () => {
  const text = "from 10.0.0.1 and 93.184.216.34, ::1 and 2606:2800:220:1:248:1893:25c8:1946, version 1.2.3.4";
  expect(found(text, "card", "iban", "email", "phone", "national_id")).toEqual([]);
  expect(found(text, "public_ip")).toEqual(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]);
  expect(found(text, "ip")).toEqual([
    "10.0.0.1",
    "93.184.216.34",
    "::1",
    "2606:2800:220:1:248:1893:25c8:1946",
  ]);
});

test.each(["000-12-3456", "666-12-3456", "900-12-3456", "219-00-9998", "219-09-0000", "1219-09-9998"])(
  "%s is no social security number",
  (text) => {
    expect(found(text, "national_id")).toEqual([]);
  },
);
