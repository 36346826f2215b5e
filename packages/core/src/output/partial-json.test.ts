import fc from "fast-check";
import { expect, it, test } from "vitest";
import type { JsonValue } from "../json/json.ts";
import { PartialJson } from "./partial-json.ts";

function shown(pieces: readonly string[]): readonly (JsonValue | undefined)[] {
  const json = new PartialJson();
  return pieces.map((piece) => {
    json.push(piece);
    return json.value;
  });
}

test("texts grow, and numbers and words come when they are whole", () => {
  expect(shown(['{"na', 'me": "An', 'na", "age": 4', "2", ', "ok": tr', 'ue, "no": null}'])).toEqual([
    {},
    { name: "An" },
    { name: "Anna" },
    { name: "Anna" },
    { name: "Anna", age: 42 },
    { name: "Anna", age: 42, ok: true, no: null },
  ]);
});

test("lists and objects in them grow in place", () => {
  expect(shown(['{"steps": [{"t": "a"}', ', {"t": "b', '"}, []', ", {}], ", '"x": {'])).toEqual([
    { steps: [{ t: "a" }] },
    { steps: [{ t: "a" }, { t: "b" }] },
    { steps: [{ t: "a" }, { t: "b" }, []] },
    { steps: [{ t: "a" }, { t: "b" }, [], {}] },
    { steps: [{ t: "a" }, { t: "b" }, [], {}], x: {} },
  ]);
});

test("prose and a fence before the object are passed over, and so is what is no JSON", () => {
  expect(shown(["Sure, {name}: ```json\n", '{"a": 1', "}\n``` There."]).at(-1)).toEqual({ a: 1 });
});

test("what was shown is not changed by what comes later", () => {
  const json = new PartialJson();
  json.push('{"list": [{"a": "x');
  const early = json.value;
  json.push('y"}, 2]}');
  expect(early).toEqual({ list: [{ a: "x" }] });
});

test("a piece that brings nothing to show says so", () => {
  const json = new PartialJson();
  expect(['{"a"', ": ", "1", ", ", '"b', '": "', "x", '"}'].map((piece) => json.push(piece))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
    true,
    true,
  ]);
});

it("ends with what JSON.parse gives, however the text is cut", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()),
      fc.array(fc.nat(12)),
      fc.boolean(),
      (object, cuts, escaped) => {
        const plain = JSON.stringify(object);
        const text = escaped
          ? plain.replaceAll(
              /[\u0080-\uffff]/g,
              (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
            )
          : plain;
        const pieces: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(text.slice(at, at + cut));
          at += cut;
        }
        pieces.push(text.slice(at));
        expect(shown(pieces).at(-1)).toEqual(JSON.parse(plain));
      },
    ),
  );
});

it("shows at each piece what the pieces before it, closed, would be", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.array(fc.string())), (object) => {
      const json = new PartialJson();
      for (const char of JSON.stringify(object)) json.push(char);
      expect(json.value).toEqual(object);
    }),
  );
});

test("the latest object is shown where there are several", () => {
  expect(shown(['For example {"x": 1}.', ' Answer: {"a', '": 5}'])).toEqual([{ x: 1 }, {}, { a: 5 }]);
});

test("half a character is not shown", () => {
  expect(shown(['{"a": "x\ud83d', '\ude00"}'])).toEqual([{ a: "x" }, { a: "x😀" }]);
});
