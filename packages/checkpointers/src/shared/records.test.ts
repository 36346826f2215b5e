/** Payloads: what goes in comes out, at its own place alone. */
import { CheckpointError, type DurableEvent } from "@locus-sdk/core";
import { payloadCodec } from "@locus-sdk/core/checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEvent, decodeFacts, encodeEvent, encodeFacts, nextFacts } from "./records.ts";

const codecs = {
  plain: payloadCodec(),
  encrypted: payloadCodec({ keys: { k: Buffer.alloc(32, 3) }, current: "k" }),
};
const note = (sequence: number, content: string): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId: "t",
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  origin: "test",
  message: { role: "user", content },
});
const start = (sequence: number, metadata?: Record<string, string>, agent = "guide"): DurableEvent => ({
  type: "run_start",
  runId: "run_1",
  threadId: "t",
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  schemaVersion: 1,
  agent,
  input: [],
  ...(metadata === undefined ? {} : { metadata }),
});

describe.each(Object.entries(codecs))("a payload, %s", (_name, codec) => {
  it("gives back its event under the thread and sequence that it is kept by", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1 }), (content, sequence) => {
        const event = note(sequence, content.toWellFormed());
        const payload = encodeEvent(codec, event);
        const read = decodeEvent(codec, "t", { sequence, schemaVersion: 1, payload });
        expect(read).toEqual(event);
        expect(Object.isFrozen(read)).toBe(true);
      }),
    );
  });

  it("that is no event is refused by its thread and sequence", () => {
    for (const text of ["", "{", "[]", "null", "7", '{"type":"message_added"}', '{"type":"unheard_of"}']) {
      const payload = codec.encode(text, "event/3/t");
      const decode = (): unknown => decodeEvent(codec, "t", { sequence: 3, schemaVersion: 1, payload });
      expect(decode, text).toThrow(CheckpointError);
      expect(decode, text).toThrow(/thread "t".*event 3/);
    }
  });

  it("of facts is kept as it is until a run begins, then added to", () => {
    const first = nextFacts(codec, "t", undefined, [start(1, { a: "1", b: "1" }), note(2, "x")]);
    expect(nextFacts(codec, "t", first, [note(3, "x")])).toBe(first);
    const second = nextFacts(codec, "t", first, [
      start(4, { b: "2" }, "other"),
      start(5, undefined, "third"),
    ]);
    expect(decodeFacts(codec, "t", second)).toEqual({ agent: "third", metadata: { a: "1", b: "2" } });
    expect(decodeFacts(codec, "t", nextFacts(codec, "t", undefined, [note(1, "x")]))).toEqual({});
    expect(() => decodeFacts(codec, "t", codec.encode('{"agent":5}', "facts/t"))).toThrow(
      /thread "t" is damaged/,
    );
  });
});

it("an encrypted payload opens at no other place", () => {
  const codec = codecs.encrypted;
  const payload = encodeEvent(codec, note(2, "x"));
  for (const [threadId, sequence] of [
    ["t", 3],
    ["u", 2],
    ["2/t", 2],
  ] as const) {
    expect(() => decodeEvent(codec, threadId, { sequence, schemaVersion: 1, payload })).toThrow(
      /changed or moved/,
    );
  }
  const facts = encodeFacts(codec, "t", { agent: "guide" });
  expect(() => decodeFacts(codec, "u", facts)).toThrow(/changed or moved/);
});
