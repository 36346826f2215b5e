/** Streamed messages as bytes, however the network cuts them. */
import { IncompleteStreamError, ModelError, ServerError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { answerOf, drain, fixture, streamOf } from "../test/parts.ts";
import { frame } from "../test/server.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `bytes` in pieces of `size`. */
function cut(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.slice(start, start + size));
  return pieces;
}

describe("a streamed message", () => {
  it("keeps thoughts, words and calls in their order, signed and sealed thoughts verbatim", async () => {
    const { message, stopReason, usage, modelId } = await answerOf(
      streamOf([fixture("thinking-parallel-tools")]),
    );
    expect(message.content).toEqual([
      {
        type: "reasoning",
        text: "Two cities: I ask for both.",
        signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk",
      },
      {
        type: "provider",
        provider: "anthropic",
        item: {
          type: "redacted_thinking",
          data: "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP",
        },
      },
      { type: "text", text: "I'll look at both." },
      {
        type: "tool_call",
        id: "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
        name: "get_weather",
        arguments: '{"city": "Oslo"}',
      },
      {
        type: "tool_call",
        id: "toolu_01BqPz5dXkJpR3mWn8vYtHcS",
        name: "get_weather",
        arguments: '{"city": "Bergen"}',
      },
      { type: "tool_call", id: "toolu_01CrQa6eYlKqS4nXo9wZuIdT", name: "now", arguments: "{}" },
    ]);
    expect({ stopReason, modelId }).toEqual({ stopReason: "tool_calls", modelId: "claude-sonnet-5-5" });
    expect(usage).toEqual({
      inputTokens: 472 + 1800 + 96,
      outputTokens: 121,
      totalTokens: 472 + 1800 + 96 + 121,
      cachedInputTokens: 1800,
      cacheWriteTokens: 96,
      reasoningTokens: 18,
    });
  });

  it("tells of each call's arguments as they are written, under its place among the calls", async () => {
    const { parts } = await drain(streamOf([fixture("thinking-parallel-tools")]));
    const deltas = parts.filter((part) => part.type === "tool_call_delta");
    expect(deltas.map(({ index, name, argumentsDelta }) => [index, name, argumentsDelta])).toEqual([
      [0, "get_weather", ""],
      [0, undefined, '{"city":'],
      [0, undefined, ' "Os'],
      [0, undefined, 'lo"}'],
      [1, "get_weather", ""],
      [1, undefined, '{"city": "Bergen"}'],
      [2, "now", ""],
      [2, undefined, "{}"],
    ]);
  });

  it("keeps the signature of thoughts whose words the server keeps to itself", async () => {
    const { message } = await answerOf(streamOf([fixture("omitted-thinking")]));
    expect(message.content).toEqual([
      { type: "reasoning", text: "", signature: "EosnCkYICxIMMb3LzNrMu" },
      { type: "text", text: "12,231" },
    ]);
  });

  it("hands on arguments that were cut as the model wrote them", async () => {
    const { message, stopReason } = await answerOf(streamOf([fixture("cut-arguments")]));
    expect(stopReason).toBe("length");
    expect(message.content).toMatchObject([{ arguments: '{"path": "a.txt", "text": "Once up' }]);
  });

  it("tells that the provider declined, and why", async () => {
    const { message, stopReason, warnings } = await answerOf(streamOf([fixture("refusal")]));
    expect(stopReason).toBe("content_filter");
    expect(message.content).toEqual([{ type: "text", text: "I can tell that" }]);
    expect(warnings).toEqual(["the provider declined (cyber): This request could enable cyber harm."]);
  });

  it("keeps what the server's own tools did, and what was cited", async () => {
    const { message, usage } = await answerOf(streamOf([fixture("citations-server-tool")]));
    expect(message.content.map((part) => part.type)).toEqual(["provider", "provider", "text", "provider"]);
    expect(message.content[0]).toMatchObject({
      item: { type: "server_tool_use", input: { query: "weather Oslo" } },
    });
    expect(message.content[3]).toMatchObject({ item: [{ cited_text: "3 °C" }] });
    expect(usage).toMatchObject({ inputTokens: 10_682, outputTokens: 510 });
  });

  it.each(["text", "thinking-parallel-tools", "citations-server-tool"])(
    "%s is the same however it is cut, and whatever ends its lines",
    async (name) => {
      const bytes = fixture(name);
      const whole = await answerOf(streamOf([bytes]));
      for (const size of [1, 2, 3, 7, 64, 1000]) {
        expect(await answerOf(streamOf(cut(bytes, size)))).toEqual(whole);
      }
      const crlf = encode(new TextDecoder().decode(bytes).replaceAll("\n", "\r\n"));
      for (const size of [1, 5, 4096]) expect(await answerOf(streamOf(cut(crlf, size)))).toEqual(whole);
    },
  );

  it("is an answer only when the model has said why it stopped, wherever it breaks off", async () => {
    const bytes = fixture("thinking-parallel-tools");
    const finished = Buffer.from(bytes).indexOf('"stop_reason":"tool_use"');
    for (let length = 0; length < bytes.length; length += 97) {
      const { parts, error } = await drain(streamOf([bytes.slice(0, length)]));
      const isAnswer = parts.at(-1)?.type === "finish";
      if (length < finished) expect(error).toBeInstanceOf(IncompleteStreamError);
      expect(isAnswer).toBe(error === undefined);
    }
  });

  it("is typed by the error told in its middle, with the parts before it", async () => {
    const { parts, error } = await drain(streamOf([fixture("overloaded")], { requestId: "req_9" }));
    expect(parts).toEqual([{ type: "text_delta", text: "It is" }]);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ retryable: true, requestId: "req_9" });
    expect(String(error)).toContain("overloaded_error");
  });

  it("lets pass events and pieces that nobody knows yet", async () => {
    const text = new TextDecoder().decode(fixture("text"));
    const strange = frame({ type: "weather_report", sky: "grey" });
    const delta = frame({ type: "content_block_delta", index: 0, delta: { type: "colour_delta" } });
    const second = text.indexOf("event: ping");
    const changed = strange + text.slice(0, second) + delta + strange + text.slice(second);
    expect(await answerOf(streamOf([encode(changed)]))).toEqual(await answerOf(streamOf([fixture("text")])));
  });

  it("lets pass what gateways add: events of nothing, and [DONE]", async () => {
    const text = new TextDecoder().decode(fixture("text"));
    const second = text.indexOf("event: ping");
    const done = "data: [DONE]\n\n";
    const added = `event: ping\ndata:\n\n${text.slice(0, second)}data: \n\n${text.slice(second)}${done}`;
    expect(await answerOf(streamOf([encode(added)]))).toEqual(await answerOf(streamOf([fixture("text")])));
    const unstopped = text.slice(0, text.indexOf("event: message_stop")) + done;
    expect(await answerOf(streamOf([encode(unstopped)]))).toEqual(
      await answerOf(streamOf([fixture("text")])),
    );
  });

  it.each([
    ["an event that is no JSON", "data: {\n\n"],
    ["a piece without its beginning", frame({ type: "content_block_delta", index: 3, delta: {} })],
    ["a message without content", frame({ type: "message_start", message: {} })],
  ])("is incomplete after %s", async (_name, text) => {
    const { error } = await drain(streamOf([encode(text)]));
    expect(error).toBeInstanceOf(IncompleteStreamError);
  });

  it("says what came where it was not a stream", async () => {
    const { error } = await drain(
      streamOf([encode("<!doctype html><html><body>Log in, sk-ant-api03-abcdefghijklmnop</body>")]),
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code: "invalid_response" });
    expect(String(error)).toContain("Log in");
    expect(String(error)).not.toContain("api03");
  });

  it("gives the answer as text where it had to be asked for as a tool", async () => {
    const { parts } = await drain(streamOf([fixture("thinking-parallel-tools")], { answerTool: "now" }));
    const last = parts.at(-1);
    if (last?.type !== "finish") throw new Error("no finish");
    expect(last.response.message.content.at(-1)).toEqual({ type: "text", text: "{}" });
    expect(parts.filter((part) => part.type === "text_delta").at(-1)).toEqual({
      type: "text_delta",
      text: "{}",
    });
  });
});
