import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { recordModel } from "../testing/cassette/record.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import type { ChatModel } from "./types.ts";
import { withCache } from "./wrap/with-cache.ts";
import { withFailover } from "./wrap/with-failover.ts";
import { withLimits } from "./wrap/with-limits.ts";
import { withPool } from "./wrap/with-pool.ts";
import { withRateLimit } from "./wrap/with-rate-limit.ts";
import { withRetry } from "./wrap/with-retry.ts";
import { withTimeouts } from "./wrap/with-timeouts.ts";

const TAKERS: Readonly<Record<string, (model: ChatModel) => unknown>> = {
  withRetry: (model) => withRetry(model),
  withTimeouts: (model) => withTimeouts(model, {}),
  withCache: (model) => withCache(model),
  withLimits: (model) => withLimits(model, { maxTokens: 1 }),
  withRateLimit: (model) => withRateLimit(model, { requestsPerMinute: 1 }),
  withFailover: (model) => withFailover([new ScriptedModel([]), model]),
  withPool: (model) => withPool({ a: new ScriptedModel([]), b: model }),
  recordModel: (model) => recordModel(model, "/nowhere/at/all.jsonl"),
};

function refusal(take: () => unknown): ConfigurationError {
  try {
    take();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe.each(Object.entries(TAKERS))("what %s takes for a model", (_name, take) => {
  it.each<[string, unknown, string, string]>([
    [
      "a promise",
      Promise.resolve(new ScriptedModel([])),
      "not a promise: did you forget await?",
      "await getModel(",
    ],
    ["a name", "oci:x", 'not "oci:x"', 'await getModel("oci:x")'],
    ["nothing", undefined, "not undefined", "await getModel("],
    ["an object", {}, "not an empty object", "await getModel("],
    ["a class", ScriptedModel, "not a function", "await getModel("],
  ])("is not %s, and says what to do", (_what, given, message, hint) => {
    const error = refusal(() => take(given as ChatModel));
    expect(error.message).toContain("expected a model");
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });
});

it.each<[string, unknown, string]>([
  ["a model alone", new ScriptedModel([]), "not a single model"],
  ["a promise", Promise.resolve([]), "not a promise: did you forget await?"],
  ["a name", "oci:x", 'not "oci:x"'],
  ["nothing", undefined, "not undefined"],
])("a group of models is not %s", (_what, given, message) => {
  expect(refusal(() => withFailover(given as never)).message).toBe(
    `withFailover: expected a list of models, ${message}`,
  );
  expect(refusal(() => withPool(given as never)).message).toBe(
    `withPool: expected models, as a list or by name, ${message}`,
  );
});

it("a group of models says which one is none", () => {
  const [fine, name] = [new ScriptedModel([]), "oci:x" as never];
  expect(refusal(() => withFailover([fine, name])).message).toContain("withFailover: the model at place 2: ");
  expect(refusal(() => withPool({ one: fine, two: name })).message).toContain(
    'withPool: the model at "two": ',
  );
  expect(() => withFailover({ a: fine } as never)).toThrow("expected a list of models, not an object with a");
});
