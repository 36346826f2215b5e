// What is written is what is read: any event, any text in it, cut into any pieces on the way.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunk, retried, runOf } from "../../../test/observed.ts";
import type { AgentEvent } from "../../events/types.ts";
import { lastEventId, readSse, sseResponse, sseStream, toSseFrame } from "./index.ts";

async function all(events: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const list: AgentEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const reading = (text: string) => readSse(each([bytes(text)]));

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("\n", "\r\n\r\n", "data: x\n\n", "\u2028", "\ud800", "\0", "👩‍👩‍👧", "\ufeff"),
);
const json = fc.jsonValue({ stringUnit: "binary" }).map((value) => JSON.parse(JSON.stringify(value)));
const place = fc.record({
  runId: text,
  threadId: text,
  sequence: fc.nat(),
  timestamp: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-01-01") })
    .map((date) => date.toISOString()),
});
const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3, costUsd: 0.1 };
const draft = fc.oneof(
  fc.record({
    type: fc.constant("model_chunk"),
    kind: fc.constantFrom("text", "reasoning", "tool_call"),
    text,
  }),
  fc.record({ type: fc.constant("tool_progress"), callId: text, name: text, progress: json }),
  fc.record({
    type: fc.constant("tool_start"),
    callId: text,
    name: text,
    arguments: json,
    idempotencyKey: text,
  }),
  fc.record({ type: fc.constant("resume"), interruptId: text, answer: json }),
  fc.record({
    type: fc.constant("terminate"),
    reason: fc.constant("complete"),
    text,
    iterations: fc.nat(),
    usage: fc.constant(usage),
  }),
);
const event = fc.tuple(place, draft).map(([a, b]): unknown => ({ ...a, ...b })) as fc.Arbitrary<AgentEvent>;

function cut(whole: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(whole.slice(at, at + length));
    at += length;
  }
  return pieces;
}

describe("events as server-sent events", () => {
  it("come back as they were, whatever they hold and however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (events, lengths) => {
          const whole = bytes(events.map(toSseFrame).join(""));
          const read = await all(readSse(each(cut(whole, lengths))));
          expect(read).toEqual(events);
          expect(await all(readSse(sseResponse(each(events))))).toEqual(events);
        },
      ),
    );
  });

  it("have the sequence of what is on record as their id, and no other", async () => {
    expect(toSseFrame(retried(7))).toMatch(/^id: 7\nevent: retry\ndata: \{.*\}\n\n$/);
    expect(toSseFrame(chunk(7, "a\nb"))).toMatch(/^event: model_chunk\ndata: \{.*"a\\nb".*\}\n\n$/);
    const events = readSse(sseStream(each([retried(7), chunk(7, "a")])));
    await all(events);
    expect(events.lastEventId).toBe(7);
  });

  it("are told to no proxy to keep, change or hold back", async () => {
    const response = sseResponse(each(runOf(1, 2)), {
      status: 201,
      headers: { "content-type": "text/plain", "x-run": "r1" },
      retryMs: 250,
    });
    expect(response.status).toBe(201);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "x-run": "r1",
    });
    expect(await response.text()).toMatch(/^retry: 250\n\nid: 1\n/);
  });

  it("are frozen, and keep members that a newer server added", async () => {
    const [read] = await all(reading(toSseFrame(Object.assign(retried(1), { later: { a: 1 } }))));
    expect(read).toMatchObject({ later: { a: 1 } });
    expect(Object.isFrozen(read)).toBe(true);
  });
});

describe("reading", () => {
  it("passes over types it does not know, and counts them", async () => {
    const newer = 'id: 2\nevent: dreamt\ndata: {"type":"dreamt"}\n\nevent: ping\ndata: \n\n';
    const events = reading(`${toSseFrame(retried(1))}${newer}: a comment\n\n${toSseFrame(chunk(2, "x"))}`);
    expect((await all(events)).map(({ type }) => type)).toEqual(["retry", "model_chunk"]);
    expect([events.skipped, events.lastEventId]).toEqual([2, 2]);
  });

  it.each([
    ["what is not JSON", "event: retry\ndata: {\n\n", "does not hold JSON"],
    [
      "an event that is not of its type",
      'event: retry\ndata: {"type":"retry"}\n\n',
      "not a valid retry at runId",
    ],
    ["a type it does not know without a name", 'data: {"type":"x"}\n\n', 'unknown event type "x"'],
    ["an id that is no sequence", `id: x1\n${toSseFrame(chunk(1, "a"))}`, "id is not the sequence"],
  ])("refuses %s", async (_what, frames, words) => {
    await expect(all(reading(frames))).rejects.toThrow(expect.objectContaining({ code: "invalid_event" }));
    await expect(all(reading(frames))).rejects.toThrow(words);
  });

  it("does not show a frame that was cut off, and lets go of a source that is left", async () => {
    const whole = toSseFrame(retried(1));
    expect(await all(reading(`${whole}${toSseFrame(retried(2)).slice(0, -1)}`))).toEqual([retried(1)]);
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes(whole)),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const _event of readSse(endless)) break;
    expect(cancelled).toBe(true);
  });

  it("ends by its signal while the source is silent", async () => {
    let cancelled = false;
    const silent = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true;
      },
    });
    const controller = new AbortController();
    const reading = all(readSse(silent, { signal: controller.signal }));
    controller.abort();
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
    expect(cancelled).toBe(true);
  });
});

describe("Last-Event-ID", () => {
  it("is found wherever a server keeps its headers", () => {
    const headers = new Headers({ "Last-Event-ID": "12" });
    expect(lastEventId(headers)).toBe(12);
    expect(lastEventId(new Request("http://a.example", { headers }))).toBe(12);
    expect(lastEventId({ headers: { "last-event-id": "12" } })).toBe(12);
    expect(lastEventId({ "Last-Event-Id": "0" })).toBe(0);
    expect(lastEventId({})).toBeUndefined();
    expect(lastEventId({ headers: { "last-event-id": "" } })).toBeUndefined();
  });

  it.each(["-1", "1.5", "abc", "9".repeat(16), "9".repeat(200), "1, 2"])("%s is refused", (value) => {
    expect(() => lastEventId({ "last-event-id": value })).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining("Last-Event-ID must be") }),
    );
  });
});
