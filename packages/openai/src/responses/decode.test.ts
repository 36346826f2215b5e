import {
  AuthenticationError,
  ContentFilterError,
  InvalidRequestError,
  ModelError,
  type ModelResponse,
  RateLimitError,
  ServerError,
  ServerStateLostError,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { chatProfile, DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { decodeResponse, decodeResponseText, type ResponsesContext } from "./decode.ts";

const context: ResponsesContext = {
  provider: "test",
  modelId: "m",
  profile: DEFAULT_CHAT_PROFILE,
  requestId: "req_1",
};
const decode = (body: object, more: Partial<ResponsesContext> = {}): ModelResponse =>
  decodeResponse({ status: "completed", ...body }, { ...context, ...more });
const usage = { input_tokens: 5, output_tokens: 3, total_tokens: 8 };

describe("a response", () => {
  it("is parts in the order of its items, with usage, model and request id", () => {
    const response = decode({
      id: "resp_1",
      model: "m-2026",
      output: [
        {
          type: "reasoning",
          id: "rs_1",
          summary: [
            { type: "summary_text", text: "First." },
            { type: "summary_text", text: "Then." },
          ],
          encrypted_content: "sealed",
        },
        { type: "message", id: "msg_1", content: [{ type: "output_text", text: "Hi.", annotations: [] }] },
        { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: '{"a":1}' },
      ],
      usage: {
        ...usage,
        input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
        output_tokens_details: { reasoning_tokens: 1 },
      },
    });
    expect(response).toEqual({
      message: {
        role: "assistant",
        content: [
          { type: "reasoning", text: "First.\n\nThen.", id: "rs_1", encrypted: "sealed" },
          { type: "text", text: "Hi." },
          { type: "tool_call", id: "call_1", name: "f", arguments: '{"a":1}' },
        ],
      },
      usage: {
        inputTokens: 5,
        outputTokens: 3,
        totalTokens: 8,
        cachedInputTokens: 2,
        cacheWriteTokens: 3,
        reasoningTokens: 1,
      },
      stopReason: "tool_calls",
      modelId: "m-2026",
      requestId: "req_1",
    });
    expect(Object.isFrozen(response.message.content)).toBe(true);
  });

  it("is tolerated where servers leave members out or null", () => {
    const response = decode({
      model: null,
      usage: null,
      output: [
        { type: "message", content: "plain" },
        { type: "message" },
        { type: "function_call", id: "fc_1", name: "f", arguments: { a: 1 } },
        { type: "reasoning", id: "rs_1", summary: [] },
      ],
    });
    expect(response.message.content).toEqual([
      { type: "text", text: "plain" },
      { type: "tool_call", id: "fc_1", name: "f", arguments: '{"a":1}' },
    ]);
    expect(response.modelId).toBe("m");
    expect(response.warnings).toEqual(["the provider reported no token usage"]);
  });

  it("shows the reasoning of open models, which has no summary", () => {
    const item = { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hm." }] };
    expect(decode({ output: [item], usage }).message.content).toEqual([{ type: "reasoning", text: "Hm." }]);
  });

  it("unpacks arguments that come as JSON within JSON, for families that do so", () => {
    const item = { type: "function_call", call_id: "c", name: "f", arguments: '"[1]"' };
    const profile = chatProfile({ name: "double", doubleEncodedArguments: true });
    expect(decode({ output: [item] }, { profile }).message.content[0]).toMatchObject({ arguments: "[1]" });
    expect(decode({ output: [item] }).message.content[0]).toMatchObject({ arguments: '"[1]"' });
  });

  it("keeps citations and the phase behind their texts", () => {
    const annotations = [{ type: "url_citation", url: "https://example.com", start_index: 0, end_index: 2 }];
    const item = {
      type: "message",
      phase: "final_answer",
      content: [
        { type: "output_text", text: "Hi.", annotations },
        { type: "refusal", refusal: "No more." },
      ],
    };
    expect(decode({ output: [item] }).message.content).toEqual([
      { type: "text", text: "Hi." },
      { type: "refusal", text: "No more." },
      {
        type: "provider",
        provider: "openai-responses/message",
        item: { annotations: [annotations, []], phase: "final_answer" },
      },
    ]);
  });

  it("keeps what it does not know whole, in its place", () => {
    const item = { type: "thing_of_tomorrow", id: "t_1", payload: [1, { a: null }] };
    const response = decode({ output: [item, { type: "message", content: "Hi." }] });
    expect(response.message.content[0]).toEqual({ type: "provider", provider: "openai-responses", item });
    expect(response.hostedTools).toBeUndefined();
  });
});

describe("hosted tools", () => {
  it("are kept whole in the message, and reported with what they did", () => {
    const output = [
      { type: "file_search_call", id: "1", status: "completed", queries: ["x"], results: [{ text: "y" }] },
      { type: "web_search_call", id: "2", status: "completed", action: { type: "search", query: "x" } },
      { type: "code_interpreter_call", id: "3", status: "failed", code: "1/0", outputs: null },
      { type: "mcp_list_tools", id: "4", server_label: "wiki", tools: [{ name: "search" }, { name: "get" }] },
      {
        type: "mcp_call",
        id: "5",
        server_label: "wiki",
        name: "search",
        arguments: '{"q":"x"}',
        output: "found",
      },
      { type: "mcp_call", id: "6", server_label: "wiki", name: "get", arguments: "", error: "no such page" },
      {
        type: "image_generation_call",
        id: "7",
        status: "completed",
        result: "AAAA",
        revised_prompt: "a cat",
      },
    ];
    const response = decode({ output, usage });
    expect(response.message.content.map((part) => part.type === "provider" && part.item)).toEqual(output);
    expect(response.hostedTools).toEqual([
      { name: "file_search", status: "completed", input: { queries: ["x"] }, output: [{ text: "y" }] },
      { name: "web_search", status: "completed", input: { type: "search", query: "x" } },
      { name: "code_interpreter", status: "failed", input: { code: "1/0" } },
      { name: "mcp:wiki", status: "completed", output: { tools: ["search", "get"] } },
      { name: "mcp:wiki.search", status: "completed", input: { q: "x" }, output: "found" },
      { name: "mcp:wiki.get", status: "failed", input: "", output: "no such page" },
      { name: "image_generation", status: "completed", input: { prompt: "a cat" } },
    ]);
    expect(response.stopReason).toBe("stop");
  });

  it("that ask first are calls which wait for a person", () => {
    const item = {
      type: "mcp_approval_request",
      id: "mcpr_1",
      server_label: "wiki",
      name: "search",
      arguments: "{}",
    };
    const response = decode({ output: [item], usage });
    expect(response.message.content).toEqual([
      { type: "tool_call", id: "mcpr_1", name: "mcp:wiki.search", arguments: "{}", hosted: true },
    ]);
    expect(response.stopReason).toBe("tool_calls");
  });
});

describe("an answer that was cut", () => {
  it.each([
    ["max_output_tokens", "length", 0],
    ["content_filter", "content_filter", 0],
    ["a reason of tomorrow", "length", 1],
    [undefined, "length", 0],
  ])("for %j ends with %j", (reason, stopReason, warnings) => {
    const output = [{ type: "message", content: "Hi, I" }];
    const response = decode({ status: "incomplete", incomplete_details: { reason }, output, usage });
    expect(response.stopReason).toBe(stopReason);
    expect(response.warnings ?? []).toHaveLength(warnings);
  });
});

describe("what is not an answer", () => {
  it.each([
    [{ status: "failed", error: { code: "server_error", message: "boom" } }, ServerError],
    [{ status: "failed", error: { code: "rate_limit_exceeded", message: "slow" } }, RateLimitError],
    [{ status: "failed", error: { code: "invalid_prompt", message: "no" } }, InvalidRequestError],
    [{ status: "failed", error: { code: "image_too_large", message: "no" } }, InvalidRequestError],
    [{ status: "failed", error: { code: "failed_to_download_image", message: "no" } }, InvalidRequestError],
    [{ status: "failed", error: { code: "content_filter", message: "no" } }, ContentFilterError],
    [
      { status: "failed", error: { code: "previous_response_not_found", message: "gone" } },
      ServerStateLostError,
    ],
    [{ status: "failed", error: null }, ModelError],
    [{ status: "cancelled", output: [] }, ModelError],
    [{ status: "queued", output: [] }, ModelError],
    [{ error: { code: "401", message: "bad key" }, status: undefined }, AuthenticationError],
    [{ code: "429", message: "slow", status: undefined }, RateLimitError],
    [{ choices: [], status: undefined }, ModelError],
  ])("%j is an error, with the request id", (body, type) => {
    const thrown = (() => {
      try {
        return decode(body, { goesOn: true });
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(type);
    expect(thrown).toMatchObject({ requestId: "req_1" });
  });

  it("is no lost conversation where the request went on with none", () => {
    const body = { status: "failed", error: { code: "previous_response_not_found", message: "gone" } };
    expect(() => decode(body)).not.toThrow(ServerStateLostError);
    expect(() => decode(body)).toThrow(ModelError);
  });

  it("is told apart from an answer that breaks off", () => {
    expect(() => decodeResponseText('{"output":[', context)).toThrow(/breaks off/);
    expect(() => decodeResponseText("", context)).toThrow(/with nothing/);
    expect(() => decodeResponseText("<html><body>Bad gateway</body></html>", context)).toThrow(/Bad gateway/);
  });
});
