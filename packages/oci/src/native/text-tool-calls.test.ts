/** Calls in text: found wherever the text is cut, and nothing lost that is none. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TextPiece, TextToolCalls } from "./text-tool-calls.ts";

/** Pieces with neighbouring texts put together. */
function read(...chunks: readonly string[]): TextPiece[] {
  const reader = new TextToolCalls();
  const pieces: TextPiece[] = [];
  for (const piece of [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]) {
    const last = pieces.at(-1);
    if (piece.type === "text" && last?.type === "text")
      pieces.splice(-1, 1, { type: "text", text: last.text + piece.text });
    else pieces.push(piece);
  }
  return pieces;
}
const text = (value: string): TextPiece => ({ type: "text", text: value });
const CALL = '<tool_call>\n{"name": "f", "arguments": {"a": "<b>"}}\n</tool_call>';

test("calls and the words around them are told apart", () => {
  expect(read(`Hm. ${CALL}\n${CALL} So.`)).toEqual([
    text("Hm. "),
    { type: "call", name: "f", arguments: '{"a":"<b>"}' },
    text("\n"),
    { type: "call", name: "f", arguments: '{"a":"<b>"}' },
    text(" So."),
  ]);
});

test.each([
  ["an end that never comes", 'a<tool_call>{"name":"f"'],
  ["what is no JSON", "a<tool_call>{f}</tool_call>b"],
  ["JSON without a name", 'a<tool_call>{"arguments":{}}</tool_call>'],
  ["the beginning of a tag", "1 <tool_ca"],
  ["the beginning of a closing tag", "<tool_call>x</tool_"],
  ["a closing tag alone", "x</tool_call>"],
])("%s stays text, to the letter", (_, written) => {
  expect(read(written)).toEqual([text(written)]);
});

test("words are held back no longer than they may be a tag", () => {
  const reader = new TextToolCalls();
  expect(reader.push("a <")).toEqual([text("a ")]);
  expect(reader.push("b")).toEqual([text("<b")]);
});

test("the cuts make no difference, and text without tags comes out as it went in", () => {
  const word = fc.constantFrom(
    "<tool_call>",
    "</tool_call>",
    CALL,
    "<",
    "tool",
    "_call>",
    "é",
    "{}",
    '{"name":"f"}',
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat(400)), (words, cuts) => {
      const written = words.join("");
      const places = [
        0,
        ...cuts.map((cut) => cut % (written.length + 1)).toSorted((a, b) => a - b),
        written.length,
      ];
      const chunks = places.map((place, index) => written.slice(place, places[index + 1] ?? place));
      expect(read(...chunks)).toEqual(read(written));
      const calls = read(written).filter(({ type }) => type === "call").length;
      if (calls === 0) expect(read(written)).toEqual(written === "" ? [] : [text(written)]);
    }),
  );
});
