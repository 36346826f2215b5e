/** Whole answers: as servers really send them, null members and odd finish reasons included. */
import { IncompleteStreamError, ModelError, RateLimitError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { context } from "../../test/parts.ts";
import { type DecodeContext, decodeChatCompletion } from "./decode.ts";
import { chatProfile } from "./profile.ts";

const decode = (
  message: unknown,
  choice: object = {},
  body: object = {},
  more: Partial<DecodeContext> = {},
) =>
  decodeChatCompletion(
    {
      model: "m-2026",
      choices: [{ index: 0, message, finish_reason: "stop", ...choice }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      ...body,
    },
    { ...context, ...more },
  );
const call = (args: unknown, more: object = {}) => ({
  id: "call_1",
  type: "function",
  function: { name: "f", arguments: args },
  ...more,
});
const argumentsOf = (response: ReturnType<typeof decode>) =>
  response.message.content.map((part) => (part.type === "tool_call" ? part.arguments : ""));

describe("decodeChatCompletion", () => {
  it("reads text, model, usage and request id, and freezes what it returns", () => {
    const response = decode({ role: "assistant", content: "Hi." }, {}, {}, { requestId: "r1" });
    expect(response).toEqual({
      message: { role: "assistant", content: [{ type: "text", text: "Hi." }] },
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      stopReason: "stop",
      modelId: "m-2026",
      requestId: "r1",
    });
    expect(Object.isFrozen(response.message.content[0])).toBe(true);
  });

  it.each([
    ["reasoning_content", { reasoning_content: "hm" }],
    ["reasoning", { reasoning: "hm" }],
    ["reasoning beside an empty reasoning_content", { reasoning_content: "", reasoning: "hm" }],
    ["a thinking part", { content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }],
  ])("finds what the model thought in %s", (_, more) => {
    expect(decode({ content: null, ...more }).message.content).toEqual([{ type: "reasoning", text: "hm" }]);
  });

  it("reads content that comes in parts", () => {
    const content = [{ type: "text", text: "a" }, { type: "unknown" }, null, { type: "text", text: "b" }];
    expect(decode({ content }).message.content).toEqual([{ type: "text", text: "ab" }]);
  });

  it("tolerates null for the message, the content, the calls and the usage", () => {
    expect(decode(null).message.content).toEqual([]);
    const response = decode({ content: null, tool_calls: null, refusal: null }, {}, { usage: null });
    expect(response.message.content).toEqual([]);
    expect(response.usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
    expect(response.warnings).toEqual([expect.stringContaining("no token usage")]);
  });

  it("reads a refusal", () => {
    expect(decode({ content: null, refusal: "I cannot." }).message.content).toEqual([
      { type: "refusal", text: "I cannot." },
    ]);
  });

  it("counts cached, written and reasoning tokens, and the price where it is told", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 1, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 15 },
      cost: 0.01,
    };
    expect(decode({ content: "x" }, {}, { usage }).usage).toEqual({
      inputTokens: 10,
      outputTokens: 20,
      totalTokens: 30,
      cachedInputTokens: 4,
      cacheWriteTokens: 1,
      reasoningTokens: 15,
      costUsd: 0.01,
    });
  });

  it("counts reasoning as output where a server leaves it out there, and has it in the total alone", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 35,
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    expect(decode({ content: "x" }, {}, { usage }).usage).toEqual({
      inputTokens: 10,
      outputTokens: 25,
      totalTokens: 35,
      reasoningTokens: 20,
    });
  });

  it("keeps argument texts word for word, broken ones too", () => {
    const response = decode({ tool_calls: [call('{"a": 1 }'), call('{"a": '), call("")] });
    expect(argumentsOf(response)).toEqual(['{"a": 1 }', '{"a": ', ""]);
  });

  it("unpacks an object that is inside a JSON string once, and other strings only where the family does this", () => {
    const packed = JSON.stringify('{"a":1}');
    const list = JSON.stringify("[1]");
    expect(argumentsOf(decode({ tool_calls: [call(packed), call(list), call('"x')] }))).toEqual([
      '{"a":1}',
      list,
      '"x',
    ]);
    const llama = chatProfile({ name: "llama", doubleEncodedArguments: true });
    expect(argumentsOf(decode({ tool_calls: [call(list)] }, {}, {}, { profile: llama }))).toEqual(["[1]"]);
  });

  it("writes arguments that came as an object as text, and absent ones as none", () => {
    expect(argumentsOf(decode({ tool_calls: [call({ a: 1 }), call(null)] }))).toEqual(['{"a":1}', ""]);
  });

  it("leaves missing ids empty for the kernel to fill, and reads flat and older forms of a call", () => {
    expect(decode({ tool_calls: [call("{}", { id: null })] }).message.content).toMatchObject([
      { id: "", name: "f" },
    ]);
    expect(decode({ tool_calls: [{ id: "x", name: "g", arguments: "{}" }] }).message.content).toMatchObject([
      { id: "x", name: "g", arguments: "{}" },
    ]);
    expect(decode({ function_call: { name: "h", arguments: "{}" } }).message.content).toMatchObject([
      { id: "", name: "h" },
    ]);
  });

  it.each([
    ["stop", false, "stop"],
    ["stop", true, "tool_calls"],
    ["tool_calls", true, "tool_calls"],
    ["tool_calls", false, "stop"],
    ["function_call", true, "tool_calls"],
    ["length", true, "length"],
    ["MAX_TOKENS", false, "length"],
    ["content_filter", false, "content_filter"],
    ["sensitive", false, "content_filter"],
    [null, true, "tool_calls"],
    ["", false, "stop"],
  ])("takes finish reason %s with calls %s for %s", (finish_reason, calls, expected) => {
    const response = decode({ content: "x", tool_calls: calls ? [call("{}")] : [] }, { finish_reason });
    expect(response.stopReason).toBe(expected);
    expect(response.warnings).toBeUndefined();
  });

  it.each(["insufficient_system_resource", "abort", "error", "network_error", "MALFORMED_FUNCTION_CALL"])(
    "takes no answer for complete that finished with %s",
    (finish_reason) => {
      const read = (): unknown => decode({ content: "x" }, { finish_reason });
      expect(read).toThrow(IncompleteStreamError);
      expect(read).toThrow(`broke off its answer: "${finish_reason}"`);
    },
  );

  it("reads usage where Moonshot has it, inside of the choice", () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const response = decode({ content: "x" }, { usage }, { usage: undefined });
    expect(response.usage).toEqual({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
    expect(response.warnings).toBeUndefined();
  });

  it("takes an unknown finish reason for a stop, and says so", () => {
    const response = decode({ content: "x" }, { finish_reason: "banana" });
    expect(response.stopReason).toBe("stop");
    expect(response.warnings).toEqual([expect.stringContaining('"banana"')]);
  });

  it("tells what could not be sent before what came back odd", () => {
    expect(decode({ content: "x" }, {}, { usage: null }, { warnings: ["first"] }).warnings?.[0]).toBe(
      "first",
    );
  });

  it("refuses what is not a completion, naming the place and what came", () => {
    for (const body of [{}, { choices: [] }, { choices: [{ message: { content: 7 } }] }, "text", null]) {
      expect(() => decodeChatCompletion(body, context)).toThrow(ModelError);
    }
    expect(() => decodeChatCompletion({ hello: "there" }, context)).toThrow(/choices.*"hello":"there"/);
  });

  it("throws the error that a 200 tells of", () => {
    const body = { error: { message: "slow down", code: "rate_limit_exceeded" } };
    expect(() => decodeChatCompletion(body, context)).toThrow(RateLimitError);
  });
});
