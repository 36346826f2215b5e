// Properties of the stream writer: whatever the style, a parser written from the specification reads the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut } from "../answers/complete.ts";
import type { StreamEvent } from "./events.ts";
import { streamText, writesOf } from "./plan.ts";
import type { WireStyle } from "./wire.ts";

/** The event stream's grammar: lines end with CR LF, LF or CR; a blank line dispatches; comments start with a colon. */
function parseEvents(text: string): readonly string[] {
  const events: string[] = [];
  let data: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (data.length > 0) events.push(data.join("\n"));
      data = [];
    } else if (line.startsWith("data:")) {
      data.push(line.slice("data:".length).replace(/^ /, ""));
    }
  }
  return events;
}

const anyStyle: fc.Arbitrary<WireStyle> = fc.record(
  {
    lineEnding: fc.constantFrom("lf", "crlf", "cr"),
    comments: fc.boolean(),
    space: fc.boolean(),
    multilineData: fc.boolean(),
    pad: fc.boolean(),
    eventLines: fc.boolean(),
    writes: fc.oneof(fc.constantFrom("burst", "event", "packed"), fc.integer({ min: 1, max: 64 })),
  } as const,
  { requiredKeys: [] },
);

const anyText = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), fc.lorem());

function bytesOf(
  events: readonly StreamEvent[],
  style: WireStyle,
): { readonly bytes: Buffer; readonly ending: string } {
  const writes = writesOf(streamText(events, style, []), style);
  const parts: Uint8Array[] = [];
  let next = writes.next();
  while (!next.done) {
    parts.push(Buffer.from(next.value));
    next = writes.next();
  }
  return { bytes: Buffer.concat(parts), ending: next.value };
}

describe("an event stream", () => {
  it("carries the same JSON in every style, however its bytes are grouped", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 8 }), anyStyle, (texts, style) => {
        const events: readonly StreamEvent[] = [
          ...texts.map((text) => ({ data: { text } })),
          { data: "[DONE]" },
        ];
        const { bytes, ending } = bytesOf(events, style);
        const read = parseEvents(bytes.toString());
        expect(ending).toBe("complete");
        expect(read.at(-1)).toBe("[DONE]");
        // Lone surrogates cannot travel as UTF-8, but JSON escapes them, so they do.
        expect(read.slice(0, -1).map((json) => (JSON.parse(json) as { text: string }).text)).toEqual(texts);
      }),
    );
  });

  it("ends where a fault strikes, with exactly the events before it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom("reset", "stall", "truncate"),
        (after, type) => {
          const events = Array.from({ length: 6 }, (_, index): StreamEvent => ({ data: { index } }));
          const texts = streamText(events, {}, [{ type, after }]);
          const read: string[] = [];
          let next = texts.next();
          while (!next.done) {
            read.push(...parseEvents(next.value));
            next = texts.next();
          }
          expect(read).toHaveLength(after);
          expect(next.value).toBe(type === "truncate" ? "complete" : type);
        },
      ),
    );
  });
});

describe("a text cut into pieces", () => {
  it("is the same text again when joined", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("words", "characters", "whole"), (text, pieces) => {
        expect(cut(text, pieces).join("")).toBe(text);
      }),
    );
  });
});
