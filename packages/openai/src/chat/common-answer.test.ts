/** The short way of reading an answer says what the schema says, or leaves it to the schema. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { context } from "../../test/parts.ts";
import { isCommonAnswer } from "./common-answer.ts";
import { decodeChatCompletion } from "./decode.ts";
import { parseCompletion } from "./wire.ts";

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const answer = (message: unknown, choice: object = {}, body: object = {}) => ({
  id: "chatcmpl-1",
  model: "m",
  choices: [{ index: 0, message, finish_reason: "stop", logprobs: null, ...choice }],
  usage,
  ...body,
});
const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };

describe("what servers send every day is read the short way", () => {
  it.each([
    ["a text", answer({ role: "assistant", content: "Hi.", refusal: null, annotations: [] })],
    ["calls of tools", answer({ role: "assistant", content: null, tool_calls: [call, call] })],
    ["a thought", answer({ role: "assistant", content: "Hi.", reasoning_content: "Hm.", tool_calls: null })],
    [
      "counts in detail",
      answer(
        { content: "Hi." },
        {},
        {
          service_tier: null,
          usage: {
            ...usage,
            cost: 0.01,
            prompt_tokens_details: { cached_tokens: 1, audio_tokens: 0 },
            completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0 },
          },
        },
      ),
    ],
  ])("%s", (_, body) => {
    expect(isCommonAnswer(body)).toBe(true);
  });
});

/** Members as they should be for the most part, and else as anything. */
const odd = fc.oneof(
  { weight: 1, arbitrary: fc.anything({ maxDepth: 1 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(null, undefined, "", "stop", -1, 1.5, Infinity, true, [], {}, [call]),
  },
);
const mostly = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: odd });
const text = mostly(fc.oneof(fc.string(), fc.constant(null)));
const count = mostly(fc.nat());
const some = (model: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> =>
  mostly(fc.record(model, { requiredKeys: [] }));

const aCall = some({ id: text, name: text, function: some({ name: text, arguments: mostly(fc.json()) }) });
const aUsage = some({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  cost: count,
  is_byok: mostly(fc.boolean()),
  cost_details: some({ upstream_inference_cost: count }),
  prompt_tokens_details: some({ cached_tokens: count, cache_write_tokens: count }),
  completion_tokens_details: some({ reasoning_tokens: count }),
});
const aMessage = some({
  content: text,
  reasoning_content: text,
  reasoning: text,
  refusal: text,
  tool_calls: mostly(fc.array(aCall, { maxLength: 3 })),
  function_call: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: aCall }),
});
const reasons = ["stop", "tool_calls", "length", "made_up", "", null, undefined];
const aChoice = some({
  index: count,
  message: aMessage,
  finish_reason: mostly(fc.constantFrom(...reasons)),
  usage: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: aUsage }),
});
const aBody = some({
  model: text,
  service_tier: text,
  usage: aUsage,
  choices: mostly(fc.array(aChoice, { minLength: 1, maxLength: 2 })),
});

test("and whatever is read the short way means what the schema reads in it", () => {
  let short = 0;
  fc.assert(
    fc.property(aBody, (body) => {
      if (!isCommonAnswer(body)) return;
      short += 1;
      const { data } = parseCompletion(body);
      expect(decodeChatCompletion(body, context)).toEqual(decodeChatCompletion(data, context));
    }),
    { numRuns: 3_000 },
  );
  // Some hundred of them usually.
  expect(short).toBeGreaterThan(10);
});
