import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  deepFreeze,
  isDeeplyFrozen,
  type JsonValue,
  MAX_DEPTH,
  nestingOf,
  parseJson,
  toJson,
} from "./json.ts";

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

describe("what JSON makes of a value", () => {
  it("is what it is once written, of plain values and of any others", () => {
    const odd = fc.constantFrom<unknown>(
      -0,
      Number.NaN,
      new Date(0),
      undefined,
      () => 1,
      Symbol("s"),
      new Map(),
    );
    const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "toJSON", "1"));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        odd,
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(tree), (value) => {
        expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("is what an object says it is, in whichever way it says so", () => {
    const told = (value: object): object => Object.defineProperty(value, "toJSON", { value: () => "told" });
    class Told {
      toJSON(): string {
        return "told";
      }
    }
    expect(toJson([new Told(), told({}), told([]), Object.create({ inherited: 1 })])).toEqual([
      "told",
      "told",
      "told",
      {},
    ]);
  });

  it("is free of what text has no sign for", () => {
    expect(toJson({ zero: -0, missing: undefined, list: [undefined] })).toStrictEqual({
      zero: 0,
      list: [null],
    });
  });

  it("is a copy, which nobody else can change", () => {
    const value = { list: [{ a: 1 }] };
    const copy = toJson(value);
    value.list.push({ a: 2 });
    expect(copy).toEqual({ list: [{ a: 1 }] });
  });

  it("is nothing where it goes round in circles, and goes as deep as text does", () => {
    const round: Record<string, unknown> = {};
    round.again = [round, round];
    expect(() => toJson(round)).toThrow(TypeError);
    const deep = `${"[".repeat(1000)}${"]".repeat(1000)}`;
    expect(JSON.stringify(toJson(JSON.parse(deep)))).toBe(deep);
  });
});

describe("parsing", () => {
  it("refuses what is nested deeper than anything is walked, however short it is", () => {
    const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(parseJson(nested(MAX_DEPTH))).toBeDefined();
    expect(parseJson(nested(MAX_DEPTH + 1))).toBeUndefined();
    expect(parseJson("[".repeat(MAX_DEPTH + 1))).toBeUndefined();
    expect(nestingOf(`{"a":"[[[\\"[[","b":[{}]}`)).toBe(3);
  });
});

describe("freezing", () => {
  it("goes all the way down", () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(Object.isFrozen(value.a[0])).toBe(true);
    expect(isDeeplyFrozen(value)).toBe(true);
    expect(isDeeplyFrozen(Object.freeze({ a: [Object.freeze({})] }))).toBe(false);
    expect(isDeeplyFrozen(Object.freeze([Object.freeze({ a: {} })]))).toBe(false);
  });
});
