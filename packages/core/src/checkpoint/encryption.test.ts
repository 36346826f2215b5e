/** Encryption at rest: what is kept cannot be read, moved or changed, and keys can be rotated. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError, ConfigurationError } from "../errors/errors.ts";
import { payloadCodec } from "./encryption.ts";

const [old, now] = [randomBytes(32), randomBytes(32)];
const before = payloadCodec({ keys: { old }, current: "old" });
const rotated = payloadCodec({ keys: { old, now: now.toString("base64") }, current: "now" });

describe("an encrypted store's codec", () => {
  test("gives back any text from its place, and shows none of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (text, place) => {
        const stored = rotated.encode(text, place);
        expect(rotated.decode(stored, place)).toBe(text.toWellFormed());
        if (text.length > 8) expect(stored).not.toContain(text);
      }),
    );
  });

  test("opens what earlier keys closed, and says what is worth writing anew", () => {
    const stored = before.encode("x", "p");
    expect(rotated.decode(stored, "p")).toBe("x");
    expect(rotated.isCurrent(stored)).toBe(false);
    expect(rotated.isCurrent(rotated.encode("x", "p"))).toBe(true);
    expect(rotated.decode("plain", "p")).toBe("plain");
    expect(rotated.isCurrent("plain")).toBe(false);
  });

  test("keeps plain text where no key is given, and says which key is missing", () => {
    const plain = payloadCodec();
    expect(plain.encode("x", "p")).toBe("x");
    expect(plain.isCurrent("x")).toBe(true);
    expect(() => plain.decode(before.encode("x", "p"), "p")).toThrow(/under the key "old"/);
  });

  test("does not open what was changed, cut or moved to another place", () => {
    const stored = rotated.encode("hello", "t/1");
    const last = stored.at(-3) === "A" ? "B" : "A";
    for (const bad of [
      `${stored.slice(0, -3)}${last}${stored.slice(-2)}`,
      stored.slice(0, 40),
      `${stored.slice(0, 16)}:`,
    ]) {
      expect(() => rotated.decode(bad, "t/1")).toThrow(CheckpointError);
    }
    expect(() => rotated.decode(stored, "t/2")).toThrow(/changed or moved/);
  });

  test.each([
    [{ keys: { a: "c2hvcnQ=" }, current: "a" }, /5 bytes, expected 32/],
    [{ keys: { a: now }, current: "b" }, /"b" is not among/],
    [{ keys: { "a:b": now }, current: "a:b" }, /id has 1 to 64/],
  ])("refuses keys that are none", (options, message) => {
    expect(() => payloadCodec(options)).toThrow(ConfigurationError);
    expect(() => payloadCodec(options)).toThrow(message);
  });
});
