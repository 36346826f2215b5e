import { compareThreadIds } from "@locus-sdk/core/checkpoint";
import fc from "fast-check";
import { expect, it } from "vitest";
import { afterPrefix, headOf, idOf, idText, jsonbText, jsonOf } from "./text.ts";

const ids = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("\0", "\u0001", "\u0002", "a", "\ud7ff", "\ue000", "😀", "\u{10ffff}") }),
);

it("writes any id without NUL, reversibly, in the same order and with the same prefixes", () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      expect(idText(a)).not.toContain("\0");
      expect(idOf(idText(a))).toBe(a);
      expect(Math.sign(compareThreadIds(idText(a), idText(b)))).toBe(Math.sign(compareThreadIds(a, b)));
      expect(idText(a + b).startsWith(idText(a))).toBe(true);
      expect(idText(a).startsWith(idText(b))).toBe(a.startsWith(b));
    }),
  );
});

it("bounds the ids with a prefix by the first text after them", () => {
  fc.assert(
    fc.property(ids, ids, (prefix, id) => {
      const end = afterPrefix(prefix);
      const isWithin =
        compareThreadIds(id, prefix) >= 0 && (end === undefined || compareThreadIds(id, end) < 0);
      expect(isWithin).toBe(id.startsWith(prefix));
    }),
  );
});

it("takes as many characters of an id as the index has, pairs of surrogates being one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 490, maxLength: 520 }), (id) => {
      expect(headOf(id)).toBe(Array.from(id).slice(0, 500).join(""));
    }),
  );
});

it("writes any JSON without what jsonb refuses, reversibly", () => {
  const texts = fc.string({
    unit: fc.constantFrom("\0", "\u0001", "\\", "u", "0", '"', "\ud800", "\udc00", "d8", "x"),
  });
  fc.assert(
    fc.property(fc.dictionary(texts, fc.oneof(texts, fc.jsonValue())), (value) => {
      const text = jsonbText(value);
      expect(text).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/);
      expect(JSON.parse(jsonOf(text))).toEqual(JSON.parse(JSON.stringify(value)));
      // As the server gives it back: the same value, maybe written otherwise.
      expect(JSON.parse(jsonOf(JSON.stringify(JSON.parse(text))))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
