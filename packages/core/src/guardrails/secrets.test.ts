/** Keys of vendors, and what is named as one, is found; talk about keys is not. */
import { expect, test } from "vitest";
import { findSecrets } from "./secrets.ts";

/** Letters and digits that nobody was given. */
const key = (length: number, from = "a1b2c3d4e5f60718"): string => from.repeat(9).slice(0, length);

test.each([
  `xai-${key(80)}`,
  `gsk_${key(52)}`,
  `pplx-${key(48)}`,
  `dapi${key(32)}`,
  `figd_${key(40)}`,
  `lin_api_${key(40)}`,
  `tskey-auth-${key(12)}-${key(32)}`,
  `NRAK-${key(27).toUpperCase()}`,
  `sntrys_${key(60)}`,
  `ATATT3xFfGF0${key(120)}`,
  `AGE-SECRET-KEY-1${key(58).toUpperCase()}`,
  `key-${key(32)}`,
  `MTE${key(23)}.${key(6)}.${key(38)}`,
])("%s is a key", (text) => {
  expect(findSecrets(`use ${text} for it`).map(({ start, end }) => [start, end])).toContainEqual([
    4,
    4 + text.length,
  ]);
});

test.each([
  ["redis://:hunter2x@cache:6379/0", "hunter2x"],
  ["DB_PASS=qwerty123", "qwerty123"],
  ["PGPASSWORD=qwerty123", "qwerty123"],
  [`Cookie: sessionid=${key(20)}`, key(20)],
  [`https://x.blob.example/c?sv=2020&sig=${key(40)}%3D`, `${key(40)}%3D`],
  [`https://x.example/reset?token=${key(20)}`, key(20)],
  ["contrase\u00f1a: Secreta99", "Secreta99"],
  ["mot de passe : Azerty123!", "Azerty123!"],
  ["Kennwort: Sommer2024!", "Sommer2024!"],
])("of %s only the secret is taken", (text, secret) => {
  expect([...new Set(findSecrets(text).map(({ start, end }) => text.slice(start, end)))]).toEqual([secret]);
});

test.each([
  "GET /v1/items?page=2&token=next",
  "Passwort: siehe Tresor",
  "DB_PASS=$DB_PASS",
  "key-value stores and dapi docs",
  "first_pass = true",
])("%s holds none", (text) => {
  expect(findSecrets(text)).toEqual([]);
});
