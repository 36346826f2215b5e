/** Whole messages, and what is none. */
import { IncompleteStreamError, ModelError, type ModelStopReason, RateLimitError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { context } from "../test/parts.ts";
import { message } from "../test/server.ts";
import { decodeMessage, decodeMessageText } from "./decode.ts";

describe("decodeMessage", () => {
  it.each<[string, ModelStopReason, number]>([
    ["end_turn", "stop", 0],
    ["stop_sequence", "stop", 0],
    ["max_tokens", "length", 0],
    ["model_context_window_exceeded", "length", 0],
    ["pause_turn", "length", 1],
    ["refusal", "content_filter", 0],
    ["tired", "stop", 1],
  ])("takes %s for %s", (stop_reason, expected, warned) => {
    const { stopReason, warnings = [] } = decodeMessage(message("Hi", { stop_reason }), context);
    expect(stopReason).toBe(expected);
    expect(warnings).toHaveLength(warned);
  });

  it("goes by what the answer holds, unless it was cut", () => {
    const content = [{ type: "tool_use", id: "a", name: "f", input: { n: 1 } }];
    const reason = (stop_reason: string): ModelStopReason =>
      decodeMessage(message("", { content, stop_reason }), context).stopReason;
    expect(["end_turn", "tool_use", "max_tokens"].map(reason)).toEqual([
      "tool_calls",
      "tool_calls",
      "length",
    ]);
  });

  it("counts what was read from the cache and written to it among the input", () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: null,
      output_tokens: 5,
    };
    expect(decodeMessage(message("Hi", { usage }), context).usage).toEqual({
      inputTokens: 110,
      outputTokens: 5,
      totalTokens: 115,
      cachedInputTokens: 100,
    });
    const hour = {
      ...usage,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    };
    expect(decodeMessage(message("Hi", { usage: hour }), context).usage).toMatchObject({
      inputTokens: 140,
      cacheWriteTokens: 30,
      cacheWrite1hTokens: 20,
    });
    const silent = decodeMessage(message("Hi", { usage: undefined }), context);
    expect(silent.usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
    expect(silent.warnings).toEqual(["the provider reported no token usage"]);
  });

  it("hands on what could not be sent, the request's id and the model that answered; all frozen", () => {
    const response = decodeMessage(message("Hi"), { ...context, requestId: "req_1", warnings: ["so"] });
    expect(response).toMatchObject({ requestId: "req_1", modelId: "claude-test", warnings: ["so"] });
    expect(Object.isFrozen(response.message.content[0])).toBe(true);
  });

  it("gives the answer as text where it had to be asked for as a tool", () => {
    const content = [{ type: "tool_use", id: "a", name: "answer", input: { n: 1 } }];
    const { message: said, stopReason } = decodeMessage(message("", { content, stop_reason: "tool_use" }), {
      ...context,
      answerTool: "answer",
    });
    expect(said.content).toEqual([{ type: "text", text: '{"n":1}' }]);
    expect(stopReason).toBe("stop");
  });

  it("is typed by an error that comes as a success", () => {
    const body = { type: "error", error: { type: "rate_limit_error", message: "slow down" } };
    expect(() => decodeMessage(body, context)).toThrow(RateLimitError);
  });

  it.each(["{}", "null", "[]", '{"content":"Hi"}', "<html>Log in</html>"])("refuses %s", (text) => {
    expect(() => decodeMessageText(text, context)).toThrow(ModelError);
    expect(() => decodeMessageText(text, context)).toThrow(/something that is not a message/);
  });

  it.each(["", '{"content":[{"type":"te'])("takes %j for an answer that broke off", (text) => {
    expect(() => decodeMessageText(text, context)).toThrow(IncompleteStreamError);
  });
});
