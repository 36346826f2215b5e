import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENTS, USAGE } from "../../test/one-of-each.ts";
import { canonicalJson, toJson } from "../json/json.ts";
import type { Message } from "../messages/types.ts";
import { modelResponseSchema } from "./parts.ts";
import { durableEventSchema } from "./schema.ts";
import { isSurelyStorable, modelResponse } from "./sure.ts";
import type { DurableEvent } from "./types.ts";

const MESSAGES: readonly Message[] = [
  { role: "system", content: "Be short." },
  { role: "user", content: "hi", origin: "reminder" },
  {
    role: "user",
    content: [
      { type: "text", text: "look" },
      {
        type: "image",
        url: "https://example.com/a.png",
        data: "AA==",
        mediaType: "image/png",
        detail: "low",
      },
      { type: "file", data: "AA==", url: "u", fileId: "f", mediaType: "text/plain", filename: "a.txt" },
      { type: "audio", data: "AA==", format: "wav" },
    ],
  },
  {
    role: "assistant",
    content: [
      { type: "text", text: "so" },
      { type: "reasoning", text: "hm", id: "r", signature: "s", encrypted: "e", author: "p:m" },
      { type: "tool_call", id: "c", providerId: "p", name: "n", arguments: "{}", hosted: true },
      { type: "provider", provider: "p", item: [{ a: null }], author: "p:m" },
      { type: "refusal", text: "no" },
    ],
  },
  { role: "tool", callId: "c", name: "n", content: [{ type: "text", text: "x" }], isError: true },
];

/** Of the types that a run has at every turn: with all the members there are, and with what each of them can hold. */
const SURE: readonly DurableEvent[] = [
  EVENTS.run_start,
  { ...EVENTS.run_start, input: MESSAGES },
  ...MESSAGES.map((message): DurableEvent => ({ ...EVENTS.message_added, message })),
  EVENTS.model_complete,
  {
    ...EVENTS.model_complete,
    usage: { ...USAGE, cacheWriteTokens: 0, partialCostUsd: 1, unpriced: ["p:m"], estimated: true },
  },
  EVENTS.tool_start,
  EVENTS.tool_complete,
  EVENTS.verification,
  EVENTS.guardrail,
  EVENTS.hosted_tool,
  EVENTS.terminate,
];

type Path = readonly (string | number)[];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Where there is anything in `value`. */
function pathsOf(value: unknown, above: Path = []): readonly Path[] {
  if (!isObject(value)) return [above];
  return [above, ...Object.keys(value).flatMap((key) => pathsOf(value[key], [...above, key]))];
}

/** `value` with what stands at `path` replaced, or gone. */
function changed(
  value: unknown,
  [key, ...rest]: Path,
  change: { readonly to: unknown } | undefined,
): unknown {
  if (key === undefined) return change?.to;
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = Array.isArray(value) ? Object.assign([], value) : { ...value };
  if (rest.length === 0 && change === undefined) delete copy[key];
  else copy[key] = changed(value[key], rest, change);
  return copy;
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, Number.NaN, -1, -0, 1.5, Number.POSITIVE_INFINITY, 1n, new Date(0)),
  fc.constantFrom<unknown>(
    () => 1,
    Symbol("s"),
    new Map(),
    [undefined],
    [[]],
    { a: undefined },
    { a: [() => 1] },
  ),
  fc.constantFrom<unknown>("run", "user", "text", "2024-02-29T00:00:00.000Z", "2026-02-29T00:00:00.000Z"),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

/** A sure event to which something has happened, in up to three places. */
const broken = fc
  .constantFrom(...SURE)
  .chain((event) => {
    const place = fc.constantFrom(...pathsOf(event).slice(1));
    const path = fc.tuple(place, fc.constantFrom<Path>([], [], ["extra"], ["path"], ["__proto__"]));
    const change = fc.option(fc.record({ to: odd }), { nil: undefined });
    return fc.tuple(fc.constant(event), fc.array(fc.tuple(path, change), { maxLength: 3 }));
  })
  .map(([event, changes]) =>
    changes.reduce<unknown>((value, [[at, more], change]) => changed(value, [...at, ...more], change), event),
  );

const stored = (value: unknown): string => canonicalJson(toJson(value));

describe("an event that is surely storable", () => {
  it("is each that a run has at every turn, with all its members", () => {
    for (const event of SURE) expect(isSurelyStorable(event), event.type).toBe(true);
  });

  it("is one that the schema takes as it is, and that is read back as it was", () => {
    let sure = 0;
    fc.assert(
      fc.property(broken, (value) => {
        const event = value as DurableEvent;
        if (!isSurelyStorable(event)) return;
        sure++;
        expect(stored(durableEventSchema.parse(event))).toBe(stored(event));
      }),
      { numRuns: 3000 },
    );
    expect(sure).toBeGreaterThan(0);
  });

  it("is none that goes round in circles, or that is nested without end", () => {
    const round: Record<string, unknown> = {};
    round.again = [round, round];
    expect(isSurelyStorable({ ...EVENTS.resume, answer: null })).toBe(false);
    expect(isSurelyStorable({ ...EVENTS.tool_start, arguments: round as never })).toBe(false);
  });
});

describe("an answer that is surely one", () => {
  it("is one that the schema takes as it is", () => {
    const { message, usage, stopReason, modelId } = EVENTS.model_complete;
    const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: odd });
    const answers = fc.record(
      {
        message: mostly(fc.constantFrom<unknown>(message, ...MESSAGES)),
        usage: mostly(fc.constant(usage)),
        stopReason: mostly(fc.constant(stopReason)),
        modelId: mostly(fc.constant(modelId)),
        providerState: fc.record({ provider: fc.string(), modelId: fc.string(), data: odd }),
        hostedTools: fc.array(
          fc.record({ name: fc.string(), status: mostly(fc.constant("completed")), input: odd }),
          { maxLength: 2 },
        ),
        rawOutput: fc.array(odd, { maxLength: 2 }),
        warnings: fc.array(mostly(fc.string()), { maxLength: 2 }),
        extra: odd,
      },
      { requiredKeys: ["message", "usage", "stopReason", "modelId"] },
    );
    let sure = 0;
    fc.assert(
      fc.property(answers, (answer) => {
        if (!modelResponse(answer)) return;
        sure++;
        expect(stored(modelResponseSchema.parse(answer))).toBe(stored(answer));
      }),
      { numRuns: 3000 },
    );
    expect(sure).toBeGreaterThan(0);
  });
});
