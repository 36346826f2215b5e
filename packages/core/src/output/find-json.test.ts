import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { findJsonObjects } from "./find-json.ts";

describe("an object is found", () => {
  test.each([
    ["alone", '{"a": 1}', [{ a: 1 }]],
    ["between spaces", '\n\t {"a": 1} \n', [{ a: 1 }]],
    ["in a fence", 'Here it is:\n```json\n{"a": 1}\n```\nAnything else?', [{ a: 1 }]],
    ["among prose", 'The answer {"a": [1, 2]} fits.', [{ a: [1, 2] }]],
    [
      "with braces in its texts",
      '{"code": "if (x) { return \\"}\\"; }"}',
      [{ code: 'if (x) { return "}"; }' }],
    ],
    ["beside brackets in prose", 'See [1] and [the docs]: {"a": 1}', [{ a: 1 }]],
    ["behind braces that hold no JSON", 'With {name} and {{x}} it is {"a": 1}', [{ a: 1 }]],
    ["behind a brace that never closes", 'A { in prose, then {"a": 1}', [{ a: 1 }]],
    ["behind quotes that never close", 'He said "well, {"a": 1}', [{ a: 1 }]],
    ["whole, and not its parts", '{"a": {"b": {}}}', [{ a: { b: {} } }]],
    ["twice, where there are two", '{"a": 1} or {"a": 2}', [{ a: 1 }, { a: 2 }]],
  ])("%s", (_, text, objects) => {
    expect(findJsonObjects(text)).toEqual({ objects, cutOff: false });
  });
});

describe("none is made up", () => {
  test.each([
    ["of prose", "There is nothing here."],
    ["of a list", "[1, 2]"],
    ["of half an object", '{"a": tru}'],
    ["of single quotes", "{'a': 1}"],
    ["of a trailing comma", '{"a": 1,}'],
  ])("%s", (_, text) => {
    expect(findJsonObjects(text)).toMatchObject({ objects: [], cutOff: false });
  });

  it("of an object that is cut off, wherever that is, and it says so", () => {
    const whole = '{"a": [1, true, null, {"b": "x\\"y"}], "c": -1.5e3}';
    for (let end = 1; end < whole.length; end++) {
      expect(findJsonObjects(whole.slice(0, end))).toEqual({ objects: [], cutOff: true });
    }
  });
});

it("finds whatever JSON writes, with any prose around it that has no braces", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string().filter((text) => !/[{}]/.test(text)),
      (object, prose) => {
        const [expected, text] = [JSON.parse(JSON.stringify(object)), JSON.stringify(object, null, 1)];
        expect(findJsonObjects(`${prose}${text}${prose}`).objects).toEqual([expected]);
      },
    ),
  );
});

it("is not held up by text that is all braces, or nested without end", () => {
  expect(findJsonObjects("{".repeat(1_000_000)).objects).toEqual([]);
  expect(findJsonObjects('{"a":'.repeat(20_000)).objects).toEqual([]);
});

describe("an object that is malformed", () => {
  const inner = '{"id": "A-1"}';
  test.each([
    ["by a line break in a text", `{"id": "A-2\n", "replaces": ${inner}}`],
    ["by a trailing comma", `{"id": "A-2", "replaces": ${inner},}`],
    ["by a comment", `{"id": "A-2", // the order\n "replaces": ${inner}}`],
    ["by a word", `{"total": NaN, "replaces": ${inner}}`],
  ])("is told of, and nothing inside it is an answer: %s", (_, text) => {
    expect(findJsonObjects(`So: ${text} There.`)).toEqual({ objects: [], cutOff: false, malformedAt: 4 });
  });

  it("says nothing about what stands beside it", () => {
    const text = 'Like {"id": <id>}, so {"id": "A-1"}';
    expect(findJsonObjects(text)).toEqual({ objects: [{ id: "A-1" }], cutOff: false, malformedAt: 5 });
  });
});

it("a brace at the end of prose cuts nothing off", () => {
  expect(findJsonObjects('{"a": 1}\nUse it as if (x) {')).toEqual({ objects: [{ a: 1 }], cutOff: false });
  expect(findJsonObjects('{"a": 1}\n{"a"')).toEqual({ objects: [{ a: 1 }], cutOff: true });
});
