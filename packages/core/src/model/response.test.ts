import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, deepFreeze, isRecord, toJson } from "../json/json.ts";
import { readResponse } from "./response.ts";

const request = { messages: [{ role: "user", content: "Rain tomorrow?" }] } as const;

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, null, "", Number.NaN, -1, -0, 1n, new Date(0), () => 1, new Map()),
);
/** Nearly always `arbitrary`: of all that is in an answer, little is odd at a time. */
const mostly = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 15, arbitrary }, { weight: 1, arbitrary: odd });
const amount = mostly(fc.oneof(fc.nat(), fc.constant(0)));
const usage = fc.record(
  {
    inputTokens: amount,
    outputTokens: amount,
    totalTokens: amount,
    cachedInputTokens: amount,
    costUsd: amount,
    unpriced: mostly(fc.array(fc.string(), { maxLength: 2 })),
    estimated: mostly(fc.constant(true)),
  },
  { requiredKeys: [] },
);
const part = fc.oneof(
  fc.record({ type: fc.constant("text"), text: fc.string() }),
  fc.record(
    {
      type: fc.constant("tool_call"),
      id: mostly(fc.string()),
      name: fc.string(),
      arguments: fc.string(),
      more: odd,
    },
    { requiredKeys: ["type", "name", "arguments"] },
  ),
  fc.record({ type: fc.constant("provider"), provider: fc.string(), item: mostly(fc.jsonValue()) }),
  fc.record({ type: fc.constant("reasoning"), text: fc.string(), id: mostly(fc.string()) }),
);
const message = fc.record({
  role: mostly(fc.constant("assistant")),
  content: mostly(fc.array(part, { maxLength: 3 })),
});
const answer = fc.record(
  {
    message: mostly(message),
    usage: mostly(usage),
    stopReason: mostly(fc.constantFrom("stop", "tool_calls")),
    modelId: mostly(fc.string()),
    provider: mostly(fc.string()),
    cached: mostly(fc.constant(true)),
    providerState: mostly(
      fc.record({ provider: fc.string(), modelId: fc.string(), data: mostly(fc.jsonValue()) }),
    ),
    hostedTools: fc.array(fc.record({ name: fc.string(), status: fc.string(), input: odd }), {
      maxLength: 2,
    }),
    warnings: mostly(fc.array(fc.string(), { maxLength: 2 })),
    rawOutput: mostly(fc.array(mostly(fc.jsonValue()), { maxLength: 2 })),
  },
  { requiredKeys: ["message", "usage", "stopReason", "modelId"] },
);

/** What comes of it: the answer, or the words of the error. */
function read(given: unknown): string {
  try {
    return canonicalJson(toJson(readResponse(given, "p:m", request)));
  } catch (error) {
    return String(error);
  }
}

describe("an answer", () => {
  it("is read in the same way with a member that only the schema knows what to do with", () => {
    fc.assert(
      fc.property(answer, fc.boolean(), (members, isFrozen) => {
        const given = isFrozen ? deepFreeze(members) : members;
        const more = isRecord(members.usage) ? { ...members.usage, unheardOf: 1 } : members.usage;
        const bySchema = read({ ...given, usage: more, unheardOf: 1 });
        expect(read(given)).toBe(bySchema.replaceAll(',"unheardOf":1', ""));
      }),
      { numRuns: 500 },
    );
  });

  it("that nobody can change keeps its message and its items; another one is copied, and stays its maker's", () => {
    const given = {
      message: { role: "assistant", content: [{ type: "text", text: "dry" }] },
      rawOutput: [{ type: "message" }],
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2, unpriced: ["p:m"] },
      providerState: { provider: "p", modelId: "m", data: {} },
      stopReason: "stop",
      modelId: "m",
    };
    const copy = readResponse(given, "p:m", request);
    expect(copy).toEqual(given);
    expect(Object.isFrozen(copy.message.content[0]) && Object.isFrozen(copy.rawOutput?.[0])).toBe(true);
    expect(
      [given.message, given.message.content, given.rawOutput, given.usage.unpriced].some(Object.isFrozen),
    ).toBe(false);
    deepFreeze(copy.usage);
    given.usage.unpriced.push("p:n");
    given.providerState.data = { changed: true };
    expect(copy).toMatchObject({ usage: { unpriced: ["p:m"] }, providerState: { data: {} } });

    const fixed = readResponse(deepFreeze(given), "p:m", request);
    expect(fixed.message).toBe(given.message);
    expect(fixed.rawOutput).toBe(given.rawOutput);
    expect(readResponse({ ...copy }, "p:m", request).message).toBe(copy.message);
  });
});
