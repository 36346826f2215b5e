/** Events survive every way in which bytes can be cut. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseReader } from "./sse.ts";

function read(pieces: readonly Uint8Array[]): readonly string[] {
  const sse = new SseReader();
  return [...pieces.flatMap((piece) => sse.push(piece)), ...sse.end()];
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("SseReader", () => {
  it("finds the same events wherever the bytes are cut, whatever ends the lines", () => {
    const data = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "·"));
    const events = fc.array(fc.tuple(fc.constantFrom("\n", "\r\n", "\r"), data), { maxLength: 8 });
    fc.assert(
      fc.property(events, fc.array(fc.nat(40), { minLength: 1 }), (told, sizes) => {
        const all = bytes(told.map(([end, text]) => `event: e${end}data: ${text}${end}${end}`).join(""));
        const pieces: Uint8Array[] = [];
        for (let start = 0, turn = 0; start < all.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 0;
          pieces.push(all.slice(start, start + size + 1));
          start += size + 1;
        }
        expect(read(pieces)).toEqual(told.map(([, text]) => text));
      }),
      { numRuns: 300 },
    );
  });

  it("joins several data lines, and lets comments and other fields pass", () => {
    expect(read([bytes("\ufeff: hello\nid: 1\nretry: 5\ndata: a\ndata:b\n\ndata\n\n")])).toEqual(["a\nb"]);
  });

  it("gives at the end what has no blank line behind it", () => {
    expect(read([bytes("data: last")])).toEqual(["last"]);
  });

  it("keeps the beginning of what is no event", () => {
    const sse = new SseReader();
    sse.push(bytes(`<html>${"x".repeat(5000)}\n<p>\n`.repeat(9)));
    expect(sse.stray.startsWith("<html>")).toBe(true);
    expect(sse.stray.length).toBeLessThan(4100);
  });
});
