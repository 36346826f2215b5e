/** Streamed responses out of bytes: the same parts however they were cut, and an error where they break off. */
import { readFileSync } from "node:fs";
import {
  type AssistantPart,
  IncompleteStreamError,
  ModelError,
  type ModelResponse,
  type ModelStreamPart,
  RateLimitError,
  ServerError,
  ServerStateLostError,
} from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drain } from "../../test/parts.ts";
import { context, framesOf, streamOf } from "../../test/responses/parts.ts";
import { decodeResponse } from "./decode.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}.chunks.txt`, import.meta.url), "utf8");

interface Finished {
  readonly response: ModelResponse;
  readonly parts: readonly ModelStreamPart[];
}

async function finish(pieces: readonly (string | Uint8Array)[]): Promise<Finished> {
  const { parts, error } = await drain(streamOf(pieces));
  if (error !== undefined) throw error;
  const last = parts.at(-1);
  if (last?.type !== "finish") throw new Error("the stream has no finish part");
  return { response: last.response, parts };
}

/** What the deltas come to. */
function told(parts: readonly ModelStreamPart[]): {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { id: string; name: string; arguments: string }[];
} {
  const calls: { id: string; name: string; arguments: string }[] = [];
  let text = "";
  let reasoning = "";
  for (const part of parts) {
    if (part.type === "text_delta") text += part.text;
    if (part.type === "reasoning_delta") reasoning += part.text;
    if (part.type !== "tool_call_delta") continue;
    calls[part.index] ??= { id: "", name: "", arguments: "" };
    const call = calls[part.index];
    if (call === undefined) continue;
    call.id += part.id ?? "";
    call.name += part.name ?? "";
    call.arguments += part.argumentsDelta;
  }
  return { text, reasoning, calls };
}

/** The deltas say what the message says. */
function expectAgreement({ parts, response }: Finished): void {
  const { content } = response.message;
  const { text, reasoning, calls } = told(parts);
  expect(text).toBe(content.map((part) => (part.type === "text" ? part.text : "")).join(""));
  expect(reasoning).toBe(content.map((part) => (part.type === "reasoning" ? part.text : "")).join(""));
  expect(calls).toEqual(
    content
      .filter((part) => part.type === "tool_call")
      .map((call) => ({ id: call.id, name: call.name, arguments: call.arguments })),
  );
}

const call = (id: string, city: string): AssistantPart => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: `{"city":"${city}"}`,
});
const usage = { inputTokens: 14, outputTokens: 9, totalTokens: 23, cachedInputTokens: 8, reasoningTokens: 0 };

const FIXTURES: readonly (readonly [name: string, response: Partial<ModelResponse>])[] = [
  [
    "openai-text",
    {
      message: {
        role: "assistant",
        content: [
          {
            type: "text",
            text: 'It is 3\u202f°C in Oslo — "grå"\n🌧️. \\delta\\": "delta":"x" and a piece that is longer than most',
          },
        ],
      },
      usage,
      stopReason: "stop",
      modelId: "gpt-5-2026-03-01",
    },
  ],
  [
    "openai-reasoning-tools",
    {
      message: {
        role: "assistant",
        content: [
          {
            type: "reasoning",
            text: "**Looking**\n\nTwo cities.\n\nBoth at once.",
            id: "rs_01",
            encrypted: "gAAAAABsealed",
          },
          call("call_Oslo1", "Oslo"),
          call("call_Rome2", "Rome"),
        ],
      },
      stopReason: "tool_calls",
    },
  ],
  [
    "openai-web-search",
    {
      hostedTools: [
        {
          name: "web_search",
          status: "completed",
          input: { type: "search", query: "weather oslo", sources: null },
        },
      ],
      stopReason: "stop",
    },
  ],
  [
    "openai-mcp",
    {
      hostedTools: [
        { name: "mcp:wiki", status: "completed", output: { tools: ["search"] } },
        { name: "mcp:wiki.search", status: "completed", input: { q: "Oslo" }, output: "found" },
      ],
      stopReason: "tool_calls",
    },
  ],
  [
    "gpt-oss-unnamed",
    {
      message: {
        role: "assistant",
        content: [
          { type: "reasoning", text: "We need one city." },
          { type: "text", text: "Looking." },
          call("call_Oslo5", "Oslo"),
        ],
      },
      usage: {
        ...usage,
        inputTokens: 70,
        outputTokens: 44,
        totalTokens: 114,
        cachedInputTokens: 0,
        reasoningTokens: 6,
      },
      modelId: "openai.gpt-oss-120b",
    },
  ],
  [
    "openai-refusal",
    {
      message: { role: "assistant", content: [{ type: "refusal", text: "I cannot help with that." }] },
      stopReason: "stop",
    },
  ],
  [
    "openai-incomplete",
    {
      message: { role: "assistant", content: [{ type: "text", text: "It is 3 degr" }] },
      stopReason: "length",
    },
  ],
];

describe.each(FIXTURES)("the stream %s", (name, expected) => {
  it("is the answer, and its deltas are what the answer says", async () => {
    const finished = await finish([fixture(name)]);
    expect(finished.response).toMatchObject(expected);
    expectAgreement(finished);
  });

  it("is what the response in its last event is, asked for whole", async () => {
    const last =
      fixture(name).match(/data: (\{"type":\s?"response\.(?:completed|incomplete)".*\})/)?.[1] ?? "";
    const whole: unknown = (JSON.parse(last) as { readonly response: unknown }).response;
    // One of them leaves its items to the events before.
    if (name === "gpt-oss-unnamed") return;
    expect((await finish([fixture(name)])).response).toEqual(decodeResponse(whole, context));
  });

  it("gives the same parts wherever it is cut", async () => {
    const bytes = new TextEncoder().encode(fixture(name));
    const { parts } = await finish([bytes]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (cuts) => {
        const sorted = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
        const pieces = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
        expect((await finish(pieces)).parts).toEqual(parts);
      }),
      { numRuns: 30 },
    );
    const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    expect((await finish(single)).parts).toEqual(parts);
  });

  it("is an error wherever it ends before its last event", async () => {
    const events = fixture(name).split(/(?<=\r?\n\r?\n)/);
    const last = events.findIndex((event) => /"type":\s?"response\.(completed|incomplete)"/.test(event));
    for (let kept = 0; kept < last; kept += 1) {
      const { parts, error } = await drain(streamOf([events.slice(0, kept).join("")]));
      expect(error).toBeInstanceOf(IncompleteStreamError);
      expect(parts.some(({ type }) => type === "finish")).toBe(false);
    }
  });
});

const item = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  content: [{ type: "output_text", text: "Hi." }],
};
const completed = (output: readonly object[] | undefined): object => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output, usage: { input_tokens: 1, output_tokens: 1 } },
});
const fcItem = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: '{"a":1}' };

describe("a server that streams its own way", () => {
  it.each<[string, readonly object[], string]>([
    ["tells a text only in the end", [completed([item])], "Hi."],
    [
      "tells a text only when its item is done",
      [{ type: "response.output_item.done", output_index: 0, item }, completed([item])],
      "Hi.",
    ],
    [
      "never says that an item is done",
      [
        { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
        { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, delta: "H" },
        { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, delta: "i." },
        completed(undefined),
      ],
      "Hi.",
    ],
    [
      "labels nothing",
      [
        { type: "response.output_text.delta", delta: "H" },
        { type: "response.output_text.delta", delta: "i." },
        completed([item]),
      ],
      "Hi.",
    ],
    [
      "gives an item another id in every event",
      [
        { type: "response.output_item.added", output_index: 0, item: { ...item, id: "a", content: [] } },
        { type: "response.output_text.delta", item_id: "b", output_index: 0, delta: "Hi" },
        { type: "response.output_item.done", output_index: 0, item: { ...item, id: "c" } },
        completed([{ ...item, id: "d" }]),
      ],
      "Hi.",
    ],
    [
      "numbers its events out of order, and sends some that nobody knows",
      [
        { type: "response.thing_of_tomorrow", sequence_number: 9, payload: {} },
        { type: "response.output_text.delta", sequence_number: 7, item_id: "msg_1", delta: "H" },
        { type: "keepalive", sequence_number: 8 },
        { type: "response.output_text.delta", sequence_number: 3, item_id: "msg_1", delta: "i." },
        completed([item]),
      ],
      "Hi.",
    ],
  ])("and %s is understood", async (_how, events, text) => {
    const finished = await finish([framesOf(...events)]);
    expect(finished.response.message.content).toEqual([{ type: "text", text }]);
    expectAgreement(finished);
  });

  it("and tells arguments before the call they are for is understood", async () => {
    const finished = await finish([
      framesOf(
        { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: '{"a"' },
        { type: "response.output_item.added", output_index: 0, item: { ...fcItem, arguments: "" } },
        { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: ":1}" },
        { type: "response.output_item.done", output_index: 0, item: fcItem },
        completed([fcItem]),
      ),
    ]);
    expectAgreement(finished);
    expect(told(finished.parts).calls).toEqual([{ id: "call_1", name: "f", arguments: '{"a":1}' }]);
  });

  it("and leaves items out of its last event is believed about each of them", async () => {
    const finished = await finish([
      framesOf(
        { type: "response.output_item.done", output_index: 1, item: fcItem },
        { type: "response.output_item.done", output_index: 0, item },
        completed([item]),
      ),
    ]);
    expect(finished.response.message.content.map(({ type }) => type)).toEqual(["text", "tool_call"]);
  });

  it("and answers in one piece of JSON is understood", async () => {
    const whole = { id: "resp_1", status: "completed", output: [item, fcItem], usage: {} };
    const finished = await finish([JSON.stringify(whole)]);
    expectAgreement(finished);
    expect(finished.response.stopReason).toBe("tool_calls");
  });

  it("and repeats text of the same template in another message keeps them apart", async () => {
    const other = { ...item, id: "msg_2", content: [{ type: "output_text", text: "Ho." }] };
    const delta = (id: string, index: number, text: string): object => ({
      type: "response.output_text.delta",
      sequence_number: 1,
      item_id: id,
      output_index: index,
      content_index: 0,
      delta: text,
      logprobs: [],
    });
    const finished = await finish([
      framesOf(
        { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
        delta("msg_1", 0, "H"),
        { type: "response.output_item.added", output_index: 1, item: { ...other, content: [] } },
        delta("msg_2", 1, "H"),
        delta("msg_1", 0, "i."),
        delta("msg_2", 1, "o."),
        completed(undefined),
      ),
    ]);
    expect(finished.response.message.content).toEqual([
      { type: "text", text: "Hi." },
      { type: "text", text: "Ho." },
    ]);
  });
});

describe("a stream that tells of an error", () => {
  const failed = (error: unknown): object => ({
    type: "response.failed",
    response: { id: "resp_1", status: "failed", error, output: [] },
  });
  it.each<[string, string, new (...args: never[]) => Error]>([
    ["in a failed response", framesOf(failed({ code: "server_error", message: "boom" })), ServerError],
    ["without a reason", framesOf(failed(null)), ModelError],
    [
      "in an error event",
      framesOf({ type: "error", code: "rate_limit_exceeded", message: "slow" }),
      RateLimitError,
    ],
    [
      "in an error within an error event",
      framesOf({ type: "error", error: { type: "server_error", message: "boom" } }),
      ServerError,
    ],
    ["in an event without a type", framesOf({ error: { code: "500", message: "boom" } }), ServerError],
    ["in a bare frame", framesOf({ code: "429", message: "slow" }), RateLimitError],
    ["in an event named error", 'event: error\ndata: {"message":"boom","code":"500"}\n\n', ServerError],
    ["in an event named error, as text", "event: error\ndata: boom\n\n", ModelError],
    [
      "about lost state",
      framesOf({ type: "error", code: "previous_response_not_found", message: "gone" }),
      ServerStateLostError,
    ],
    [
      "by being cancelled",
      framesOf({ type: "response.cancelled", response: { status: "cancelled" } }),
      ModelError,
    ],
  ])("%s throws it, behind the parts that came", async (_how, end, type) => {
    const said = framesOf({ type: "response.output_text.delta", item_id: "msg_1", delta: "Hi" });
    const { parts, error } = await drain(streamOf([said + end]));
    expect(parts).toEqual([{ type: "text_delta", text: "Hi" }]);
    expect(error).toBeInstanceOf(type);
  });

  it.each([
    ["an event that is not JSON", "data: {broken\n\n"],
    ["an event that is not an object", "data: 42\n\n"],
    ["only [DONE]", "data: [DONE]\n\n"],
    ["nothing at all", ""],
  ])("by %s is incomplete", async (_what, text) => {
    expect((await drain(streamOf([text]))).error).toBeInstanceOf(IncompleteStreamError);
  });

  it("by being a web page says so", async () => {
    const { error } = await drain(streamOf(["<html><body>Bad gateway</body></html>"]));
    expect(error).toMatchObject({
      code: "invalid_response",
      message: expect.stringContaining("Bad gateway"),
    });
  });
});

it("keeps the items as they came where it is told to, streamed or whole", async () => {
  const events = [...fixture("openai-reasoning-tools").matchAll(/^data: (\{.*)$/gm)].map(
    ([, data = "{}"]) => JSON.parse(data) as { type?: string; response?: { output?: unknown } },
  );
  const { response } = events.find(({ type }) => type === "response.completed") ?? {};
  const { parts } = await drain(streamOf([fixture("openai-reasoning-tools")], { rawOutput: true }));
  const last = parts.at(-1);
  expect(last?.type === "finish" && last.response.rawOutput).toEqual(response?.output);
  expect(decodeResponse(response, { ...context, rawOutput: true }).rawOutput).toEqual(response?.output);
  expect(decodeResponse(response, context)).not.toHaveProperty("rawOutput");
});
