/** Streamed tool calls, in every way a family is known to cut and label them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drain, streamOf } from "../../test/parts.ts";
import { chunk, frame } from "../../test/server.ts";

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}
type Fragment = Readonly<Record<string, unknown>>;

/** The calls that come out of these frames, each a list of `tool_calls`, and what their deltas add up to. */
async function callsFrom(frames: readonly (readonly Fragment[])[]): Promise<readonly Call[]> {
  const { parts, error } = await drain(
    streamOf([...frames.map((fragments) => chunk({ tool_calls: fragments })), chunk({}, "tool_calls")]),
  );
  if (error !== undefined) throw error;
  const last = parts.at(-1);
  const content = last?.type === "finish" ? last.response.message.content : [];
  const calls = content.flatMap((part) =>
    part.type === "tool_call" ? [{ id: part.id, name: part.name, arguments: part.arguments }] : [],
  );
  const summed: { id: string; name: string; arguments: string }[] = [];
  for (const part of parts) {
    if (part.type !== "tool_call_delta") continue;
    summed[part.index] ??= { id: "", name: "", arguments: "" };
    const sum = summed[part.index];
    if (sum === undefined) continue;
    sum.id += part.id ?? "";
    sum.name += part.name ?? "";
    sum.arguments += part.argumentsDelta;
  }
  expect(summed).toEqual(calls);
  return calls;
}

const fn = (name: string | undefined, args: string): Fragment => ({
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});
const oslo: Call = { id: "a", name: "f", arguments: '{"city":"Oslo"}' };
const rome: Call = { id: "b", name: "f", arguments: '{"city":"Rome"}' };

describe("tool calls in a stream", () => {
  it("go on by index where later fragments carry nothing else", async () => {
    const calls = await callsFrom([
      [{ index: 0, id: "a", type: "function", ...fn("f", "") }],
      [{ index: 0, ...fn(undefined, '{"city"') }],
      [{ index: 1, id: "b", type: "function", ...fn("f", "") }],
      [{ index: 1, ...fn(undefined, '{"city":"Ro') }],
      [{ index: 0, ...fn(undefined, ':"Oslo"}') }],
      [{ index: 1, ...fn(undefined, 'me"}') }],
    ]);
    expect(calls).toEqual([oslo, rome]);
  });

  it.each([
    ["without an index", {}],
    ["all at index 0", { index: 0 }],
  ])("begin with a new id and go on without one, %s", async (_, at) => {
    const calls = await callsFrom([
      [{ ...at, id: "a", ...fn("f", "") }],
      [{ ...at, ...fn(undefined, '{"city":') }],
      [{ ...at, id: null, ...fn(undefined, '"Oslo"}') }],
      [{ ...at, id: "b", ...fn("f", "") }],
      [{ ...at, id: "", ...fn(undefined, '{"city":"Rome"}') }],
    ]);
    expect(calls).toEqual([oslo, rome]);
  });

  it("come whole, one in a frame, all at the same place", async () => {
    const whole = (call: Call): readonly Fragment[] => [
      { index: 0, id: call.id, ...fn(call.name, call.arguments) },
    ];
    expect(await callsFrom([whole(oslo), whole(rome)])).toEqual([oslo, rome]);
  });

  it("come whole, several in one frame, with neither index nor id", async () => {
    const calls = await callsFrom([[fn("f", oslo.arguments), fn("f", rome.arguments)]]);
    expect(calls).toEqual([
      { ...oslo, id: "" },
      { ...rome, id: "" },
    ]);
  });

  it("come whole without ids in frames of their own, two of them the same", async () => {
    const calls = await callsFrom([[fn("f", "{}")], [fn("f", "{}")], [fn("g", "{}")]]);
    expect(calls.map((call) => call.name)).toEqual(["f", "f", "g"]);
  });

  it("go on in parallel by their place in the list where there is no other label", async () => {
    const calls = await callsFrom([
      [
        { id: "a", ...fn("f", "") },
        { id: "b", ...fn("f", "") },
      ],
      [fn(undefined, '{"city":"Oslo"}'), fn(undefined, '{"city":"Rome"}')],
    ]);
    expect(calls).toEqual([oslo, rome]);
  });

  it("keep their place when their id is announced again with more arguments", async () => {
    const calls = await callsFrom([
      [{ id: "a", ...fn("f", '{"city"') }],
      [{ id: "b", ...fn("f", '{"city":"Rome"}') }],
      [{ id: "a", ...fn("f", ':"Oslo"}') }],
    ]);
    expect(calls).toEqual([oslo, rome]);
  });

  it("are not doubled by a last frame that repeats them whole", async () => {
    const calls = await callsFrom([
      [{ index: 0, id: "a", ...fn("f", '{"city":') }],
      [{ index: 0, ...fn(undefined, '"Oslo"}') }],
      [{ index: 0, id: "a", ...fn("f", oslo.arguments) }],
    ]);
    expect(calls).toEqual([oslo]);
  });

  it("take an id or a name that comes late", async () => {
    const calls = await callsFrom([
      [{ index: 0, ...fn(undefined, "") }],
      [{ index: 0, ...fn("f", '{"city":') }],
      [{ index: 0, id: "a", ...fn(undefined, '"Oslo"}') }],
    ]);
    expect(calls).toEqual([oslo]);
  });

  it("stay one where a server changes the id at every fragment", async () => {
    const calls = await callsFrom([
      [{ index: 0, id: "a", ...fn("f", '{"city":') }],
      [{ index: 0, id: "x1", ...fn(undefined, '"Os') }],
      [{ index: 0, id: "x2", ...fn(undefined, 'lo"}') }],
    ]);
    expect(calls).toEqual([oslo]);
  });

  it("stay one where a server repeats the name, without an id, at every fragment", async () => {
    const calls = await callsFrom([
      [{ index: 0, ...fn("f", '{"city":') }],
      [{ index: 0, ...fn("f", '"Oslo"}') }],
    ]);
    expect(calls).toEqual([{ ...oslo, id: "" }]);
  });

  it("may be flat, may bring their arguments as an object, and may use the older single form", async () => {
    expect(await callsFrom([[{ id: "a", name: "f", arguments: oslo.arguments }]])).toEqual([oslo]);
    expect(await callsFrom([[{ id: "a", function: { name: "f", arguments: { city: "Oslo" } } }]])).toEqual([
      oslo,
    ]);
    const { parts } = await drain(
      streamOf([
        chunk({ function_call: { name: "f", arguments: '{"city":' } }),
        chunk({ function_call: { arguments: '"Oslo"}' } }),
        chunk({}, "function_call"),
      ]),
    );
    expect(parts.at(-1)).toMatchObject({
      response: { stopReason: "tool_calls", message: { content: [{ ...oslo, id: "" }] } },
    });
  });

  it("are unpacked once where their arguments are JSON inside a JSON string", async () => {
    const packed = JSON.stringify(oslo.arguments);
    const { parts } = await drain(
      streamOf([
        chunk({ tool_calls: [{ index: 0, id: "a", ...fn("f", packed.slice(0, 7)) }] }),
        chunk({ tool_calls: [{ index: 0, ...fn(undefined, packed.slice(7)) }] }),
        chunk({}, "tool_calls"),
      ]),
    );
    expect(parts.at(-1)).toMatchObject({ response: { message: { content: [oslo] } } });
  });

  it("may stand in one whole message instead of deltas", async () => {
    const message = { content: null, tool_calls: [{ id: "a", ...fn("f", oslo.arguments) }] };
    const { parts } = await drain(
      streamOf([frame({ choices: [{ index: 0, delta: null, message, finish_reason: "tool_calls" }] })]),
    );
    expect(parts.at(-1)).toMatchObject({ response: { message: { content: [oslo] } } });
  });
});

/** How a family labels a fragment: the first of a call, and the ones after it. */
interface Family {
  readonly name: string;
  readonly interleaved: boolean;
  readonly whole: boolean;
  readonly label: (call: Call, index: number, first: boolean) => Fragment;
  readonly withName: (first: boolean) => boolean;
  readonly ids: boolean;
}
const firstOnly = (first: boolean): boolean => first;
const always = (): boolean => true;
const FAMILIES: readonly Family[] = [
  {
    name: "OpenAI: an index everywhere, id and name first",
    interleaved: true,
    whole: false,
    label: (call, index, first) => ({ index, ...(first ? { id: call.id } : {}) }),
    withName: firstOnly,
    ids: true,
  },
  {
    name: "OpenAI through OCI: one after the other, all at index 0, id first",
    interleaved: false,
    whole: false,
    label: (call, _, first) => ({ index: 0, ...(first ? { id: call.id } : {}) }),
    withName: firstOnly,
    ids: true,
  },
  {
    name: "gpt-oss: one after the other, no index, id first and null after it",
    interleaved: false,
    whole: false,
    label: (call, _, first) => ({ id: first ? call.id : null }),
    withName: firstOnly,
    ids: true,
  },
  {
    name: "Grok: whole calls, all at index 0, an id each",
    interleaved: false,
    whole: true,
    label: (call) => ({ index: 0, id: call.id }),
    withName: always,
    ids: true,
  },
  {
    name: "Gemini: whole calls, no labels at all",
    interleaved: false,
    whole: true,
    label: () => ({}),
    withName: always,
    ids: false,
  },
  {
    name: "Gemini: whole calls, all at index 0, empty ids",
    interleaved: false,
    whole: true,
    label: () => ({ index: 0, id: "" }),
    withName: always,
    ids: false,
  },
  {
    name: "an id at every fragment, no index",
    interleaved: true,
    whole: false,
    label: (call) => ({ id: call.id }),
    withName: firstOnly,
    ids: true,
  },
  {
    name: "id and name at every fragment, all at index 0",
    interleaved: true,
    whole: false,
    label: (call) => ({ index: 0, id: call.id }),
    withName: always,
    ids: true,
  },
  {
    name: "an index and no ids",
    interleaved: true,
    whole: false,
    label: (_, index) => ({ index }),
    withName: firstOnly,
    ids: false,
  },
];

const callList: fc.Arbitrary<readonly Call[]> = fc
  .array(fc.record({ name: fc.constantFrom("f", "g"), value: fc.dictionary(fc.string(), fc.jsonValue()) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((calls) =>
    calls.map(({ name, value }, index) => ({ id: `call_${index}`, name, arguments: JSON.stringify(value) })),
  );

describe.each(FAMILIES)("any calls, cut anywhere, as $name", (family) => {
  it("come out as they went in", async () => {
    await fc.assert(
      fc.asyncProperty(callList, fc.infiniteStream(fc.nat()), async (calls, random) => {
        const pick = (below: number): number => (random.next().value ?? 0) % below;
        const queues = calls.map((call, index): Fragment[] => {
          const pieces = family.whole ? [call.arguments] : cut(call.arguments, pick);
          return pieces.map((piece, at) => ({
            ...family.label(call, index, at === 0),
            ...fn(family.withName(at === 0) ? call.name : undefined, piece),
          }));
        });
        const frames = merge(queues, family.interleaved, pick);
        const expected = calls.map((call) => (family.ids ? call : { ...call, id: "" }));
        expect(await callsFrom(frames)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

/** A header without arguments, then the text in pieces. */
function cut(text: string, pick: (below: number) => number): string[] {
  const pieces = [""];
  for (let at = 0; at < text.length; ) {
    const length = 1 + pick(6);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** One fragment a frame: in order, or mixed so that each call still begins in order. */
function merge(
  queues: readonly Fragment[][],
  interleaved: boolean,
  pick: (below: number) => number,
): readonly (readonly Fragment[])[] {
  if (!interleaved) return queues.flat().map((fragment) => [fragment]);
  const frames: Fragment[][] = [];
  let begun = 0;
  while (queues.some((queue) => queue.length > 0)) {
    const ready = queues.slice(0, begun).filter((queue) => queue.length > 0);
    if (begun < queues.length && (ready.length === 0 || pick(3) === 0)) {
      const opening = queues[begun]?.shift();
      begun += 1;
      if (opening !== undefined) frames.push([opening]);
      continue;
    }
    const next = ready[pick(ready.length)]?.shift();
    if (next !== undefined) frames.push([next]);
  }
  return frames;
}
