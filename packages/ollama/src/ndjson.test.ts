/** Lines, whatever the pieces. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./ndjson.ts";

test("lines come out as they went in, however the bytes are cut, without the empty ones", () => {
  const text = fc.string({ unit: "grapheme" }).map((one) => one.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(text), fc.boolean(), fc.integer({ min: 1, max: 9 }), (lines, closed, size) => {
      const bytes = Buffer.from(lines.join("\n") + (closed ? "\n" : ""));
      const splitter = new LineSplitter();
      const out: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        out.push(...splitter.push(bytes.subarray(at, at + size)));
      }
      out.push(...splitter.end());
      expect(out).toEqual(lines.filter((line) => line.trim() !== ""));
    }),
  );
});

test("a body without line ends is not kept for ever", () => {
  const splitter = new LineSplitter();
  const piece = Buffer.alloc(16 * 1024 * 1024, "x");
  for (let times = 0; times < 4; times += 1) splitter.push(piece);
  expect(() => splitter.push(piece)).toThrow(/a line of more than/);
});
