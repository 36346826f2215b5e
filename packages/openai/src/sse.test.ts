/** Event streams as the network really brings them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseParser } from "./sse.ts";

type Seen = readonly [data: string, event: string | undefined];

function parse(pieces: readonly Uint8Array[]): { readonly seen: readonly Seen[]; readonly stray: string } {
  const seen: Seen[] = [];
  const parser = new SseParser((data, event) => seen.push([data, event]));
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return { seen, stray: parser.stray };
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const dataOf = (text: string): readonly string[] => parse([bytes(text)]).seen.map(([data]) => data);

describe("SseParser", () => {
  it.each([
    ["LF", "data: a\n\ndata: b\n\n"],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"],
    ["CR", "data: a\r\rdata: b\r\r"],
    ["all three", "data: a\r\n\ndata: b\r\r\n"],
    ["no space after the colon", "data:a\n\ndata:b\n\n"],
    ["comments", ": hello\n\ndata: a\n: between\n\n:\ndata: b\n\n"],
    ["ids and retries", "id: 1\nretry: 10\ndata: a\n\nid\ndata: b\n\n"],
    ["a byte order mark", "\uFEFFdata: a\n\ndata: b\n\n"],
    ["no blank line at the end", "data: a\n\ndata: b"],
    ["several blank lines", "\n\n\ndata: a\n\n\n\ndata: b\n\n\n"],
  ])("reads events with %s", (_, text) => {
    expect(dataOf(text)).toEqual(["a", "b"]);
  });

  it("joins the data lines of an event and keeps only the first space", () => {
    expect(dataOf("data: a\ndata:  b\ndata:\ndata:c\n\n")).toEqual(["a\n b\n\nc"]);
  });

  it("hands on the event's name, for that event alone", () => {
    expect(parse([bytes("event: error\ndata: a\n\ndata: b\n\nevent: ping\n\ndata: c\n\n")]).seen).toEqual([
      ["a", "error"],
      ["b", undefined],
      ["c", undefined],
    ]);
  });

  it("keeps the beginning of what is no event, to say what came", () => {
    const { seen, stray } = parse([bytes(`<html>\n<body>Bad gateway</body>\n${"x\n".repeat(10_000)}`)]);
    expect(seen).toEqual([]);
    expect(stray).toContain("Bad gateway");
    expect(stray.length).toBeLessThan(5_000);
  });

  it("takes a field that is cut off in its name for nothing, not for stray text", () => {
    expect(parse([bytes("data: a\n\ndat")])).toEqual({ seen: [["a", undefined]], stray: "" });
  });

  it("reads a frame of a megabyte that comes byte by byte in time proportional to it", () => {
    const text = "x".repeat(1_000_000);
    const whole = bytes(`data: ${text}\n\n`);
    const pieces = Array.from({ length: whole.length }, (_, at) => whole.subarray(at, at + 1));
    expect(parse(pieces).seen).toEqual([[text, undefined]]);
  });

  it("gives the same events wherever the bytes are cut", () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme" }).map((text) => `data: ${text.replace(/[\r\n\uFEFF]/g, "")}`),
      fc.constantFrom("", "", ": comment", "event: x", "data", "data:", "id: 7", "stray"),
    );
    const ending = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, ending), { maxLength: 30 }),
        fc.boolean(),
        fc.array(fc.nat(300), { maxLength: 20 }),
        (lines, mark, cuts) => {
          const whole = bytes((mark ? "\uFEFF" : "") + lines.map(([text, end]) => text + end).join(""));
          const at = [...new Set(cuts)].filter((cut) => cut < whole.length).sort((a, b) => a - b);
          const pieces = [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length));
          const single = Array.from({ length: whole.length }, (_, index) => whole.subarray(index, index + 1));
          expect(parse(pieces)).toEqual(parse([whole]));
          expect(parse(single)).toEqual(parse([whole]));
        },
      ),
      { numRuns: 300 },
    );
  });
});
