import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, deepFreeze, type JsonValue, parseJson, toJson } from "./json.ts";

/** The same value with the members of every object in another order. */
function shuffled(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

describe("canonical JSON", () => {
  it("is the same for equal values, whatever the order of members, and parses back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = toJson(value);
        expect(canonicalJson(shuffled(json))).toBe(canonicalJson(json));
        expect(parseJson(canonicalJson(json))).toEqual(json);
      }),
    );
  });

  it("differs for different values", () => {
    const texts = [1, true, "1", [1], { a: 1 }, null, "true"].map((value) => canonicalJson(value));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("freezing", () => {
  it("goes all the way down", () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(Object.isFrozen(value.a[0])).toBe(true);
  });
});
