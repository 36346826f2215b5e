/** Streamed answers out of recorded bytes: the same parts however they were cut, and an error where they break off. */
import { readFileSync } from "node:fs";
import {
  type AssistantPart,
  IncompleteStreamError,
  ModelError,
  type ModelResponse,
  type ModelStreamPart,
  RateLimitError,
} from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drain, streamOf } from "../../test/parts.ts";
import { chunk, completion, frame } from "../../test/server.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/${name}.chunks.txt`, import.meta.url), "utf8");

/** The response of a finished stream. */
async function finish(pieces: readonly (string | Uint8Array)[]): Promise<ModelResponse> {
  const { parts, error } = await drain(streamOf(pieces));
  if (error !== undefined) throw error;
  const last = parts.at(-1);
  if (last?.type !== "finish") throw new Error("the stream has no finish part");
  return last.response;
}
const call = (id: string, city: string): AssistantPart => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: `{"city":"${city}"}`,
});

const FIXTURES: readonly (readonly [name: string, response: ModelResponse])[] = [
  [
    "openai-text",
    {
      message: {
        role: "assistant",
        content: [{ type: "text", text: 'It is 3\u202f°C in Oslo — "grå"\n🌧️.' }],
      },
      usage: { inputTokens: 14, outputTokens: 9, totalTokens: 23, cachedInputTokens: 8, reasoningTokens: 0 },
      stopReason: "stop",
      modelId: "gpt-4o-2024-08-06",
      serviceTier: "default",
    },
  ],
  [
    "openai-parallel-tools",
    {
      message: {
        role: "assistant",
        content: [call("call_Oslo1", "Oslo"), call("call_Rome2", "Rome")],
      },
      usage: { inputTokens: 60, outputTokens: 38, totalTokens: 98 },
      stopReason: "tool_calls",
      modelId: "gpt-4o-2024-08-06",
    },
  ],
  [
    "gpt-oss-reasoning-tools",
    {
      message: {
        role: "assistant",
        content: [
          { type: "reasoning", text: "We need two cities." },
          call("call_a", "Oslo"),
          call("call_b", "Rome"),
        ],
      },
      usage: { inputTokens: 70, outputTokens: 44, totalTokens: 114, reasoningTokens: 6 },
      stopReason: "tool_calls",
      modelId: "openai.gpt-oss-120b",
    },
  ],
  [
    "grok-parallel-tools",
    {
      message: {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Two lookups." },
          call("call_1", "Oslo"),
          call("call_2", "Rome"),
        ],
      },
      usage: { inputTokens: 5, outputTokens: 6, totalTokens: 11 },
      stopReason: "tool_calls",
      modelId: "xai.grok-4",
    },
  ],
  [
    "gemini-tools",
    {
      message: {
        role: "assistant",
        content: [{ type: "text", text: "Looking." }, call("", "Oslo"), call("", "Rome")],
      },
      // Its thoughts are in the total alone.
      usage: { inputTokens: 9, outputTokens: 21, totalTokens: 30 },
      stopReason: "tool_calls",
      modelId: "google.gemini-2.5-pro",
    },
  ],
  [
    "llama-double-encoded",
    {
      message: { role: "assistant", content: [call("chatcmpl-tool-9f", "Oslo")] },
      usage: { inputTokens: 9, outputTokens: 3, totalTokens: 12 },
      stopReason: "tool_calls",
      modelId: "meta.llama-3.3-70b-instruct",
    },
  ],
  [
    "gateway-comments",
    {
      message: { role: "assistant", content: [{ type: "text", text: "Hello." }] },
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      stopReason: "stop",
      modelId: "gpt-4o-2024-08-06",
    },
  ],
];

describe.each(FIXTURES)("the stream %s", (name, response) => {
  const text = fixture(name);
  const bytes = new TextEncoder().encode(text);

  it("is read as the answer it is", async () => {
    expect(await finish([text])).toEqual(response);
  });

  it("gives the same parts wherever its bytes are cut", async () => {
    const { parts: whole } = await drain(streamOf([bytes]));
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect((await drain(streamOf(single))).parts).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (cuts) => {
        const at = [...new Set(cuts)].sort((a, b) => a - b);
        const pieces = [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
        expect((await drain(streamOf(pieces))).parts).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it("is the same with other line ends, without [DONE], and without its last blank line", async () => {
    const done = text.replace("data: [DONE]\n\n", "");
    for (const variant of [
      text.replaceAll("\n", "\r\n"),
      text.replaceAll("\n", "\r"),
      text.replaceAll("data: ", "data:"),
      `\uFEFF${text}`,
      done,
      done.trimEnd(),
      `${done}data: [DONE]\n\n`,
    ]) {
      expect(await finish([variant])).toEqual(response);
    }
  });

  it("is an error, never an answer, wherever it breaks off before its finish", async () => {
    const finished = text.search(/"finish_reason":"(?!null)/);
    const end = text.indexOf("\n", finished);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end - 3 }), async (at) => {
        const { parts, error } = await drain(streamOf([text.slice(0, at)]));
        expect(error).toBeInstanceOf(IncompleteStreamError);
        expect(parts.every((part) => part.type !== "finish")).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a streamed answer", () => {
  it("takes usage that comes after the finish, in a frame of its own or with every frame", async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const late = [chunk({ content: "x" }), chunk({}, "stop"), frame({ choices: [], usage })];
    expect((await finish(late)).usage.totalTokens).toBe(3);
    const growing = [1, 2, 3].map((completion_tokens) =>
      frame({ choices: [{ delta: { content: "x" } }], usage: { prompt_tokens: 1, completion_tokens } }),
    );
    expect((await finish([...growing, chunk({}, "stop")])).usage.outputTokens).toBe(3);
  });

  it("says that no usage came", async () => {
    const { usage, warnings } = await finish([chunk({ content: "x" }, "stop")]);
    expect(usage.totalTokens).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("no token usage")]);
  });

  it("keeps a refusal, and the first of several choices", async () => {
    const refused = await finish([
      chunk({ refusal: "I can" }),
      chunk({ refusal: "not." }),
      chunk({}, "stop"),
    ]);
    expect(refused.message.content).toEqual([{ type: "refusal", text: "I cannot." }]);
    const two = frame({
      choices: [
        { index: 1, delta: { content: "b" } },
        { index: 0, delta: { content: "a" } },
      ],
    });
    const alone = frame({ choices: [{ index: 1, delta: { content: "c" }, finish_reason: "stop" }] });
    expect((await finish([two, alone, chunk({}, "stop")])).message.content).toEqual([
      { type: "text", text: "a" },
    ]);
  });

  it("reads content in parts, and thoughts among them", async () => {
    const thinking = { content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] };
    const said = { content: [{ type: "text", text: "Yes." }] };
    expect((await finish([chunk(thinking), chunk(said), chunk({}, "stop")])).message.content).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "Yes." },
    ]);
  });

  it("reads nothing behind [DONE]", async () => {
    const { message } = await finish([
      chunk({ content: "a" }, "stop"),
      frame("[DONE]"),
      chunk({ content: "b" }),
    ]);
    expect(message.content).toEqual([{ type: "text", text: "a" }]);
  });

  it("reads a frame of a megabyte", async () => {
    const text = "å".repeat(500_000);
    expect((await finish([chunk({ content: text }), chunk({}, "stop")])).message.content).toEqual([
      { type: "text", text },
    ]);
  });

  it("may be one whole JSON completion, by any content type", async () => {
    const { parts } = await drain(streamOf([` ${JSON.stringify(completion("Hi."))}`]));
    expect(parts.map((part) => part.type)).toEqual(["text_delta", "finish"]);
    const calls = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }],
    };
    const whole = { choices: [{ message: calls, finish_reason: "tool_calls" }] };
    const { parts: called } = await drain(streamOf([JSON.stringify(whole)]));
    expect(called[0]).toEqual({
      type: "tool_call_delta",
      index: 0,
      id: "a",
      name: "f",
      argumentsDelta: "{}",
    });
  });
});

describe("members that some servers have elsewhere", () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const last = frame({ choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] });

  it("usage is read inside of the choice", async () => {
    const response = await finish([chunk({ content: "a" }), chunk({ content: "b" }), last]);
    expect(response.usage).toEqual({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
  });

  it("thoughts are read beside an empty member for them", async () => {
    const thought = chunk({ reasoning_content: "", reasoning: "hm" });
    const response = await finish([thought, chunk({ content: "a" }), last]);
    expect(response.message.content[0]).toEqual({ type: "reasoning", text: "hm" });
  });

  it("an answer that is said to have broken off is none", async () => {
    const broken = frame({
      choices: [{ index: 0, delta: {}, finish_reason: "insufficient_system_resource" }],
    });
    const { error } = await drain(streamOf([chunk({ content: "a" }), broken]));
    expect(error).toBeInstanceOf(IncompleteStreamError);
  });
});

describe("what is no answer", () => {
  const failure = async (...pieces: string[]): Promise<unknown> => (await drain(streamOf(pieces))).error;

  it.each([
    ["an empty body", []],
    ["comments only", [": hello\n\n"]],
    ["[DONE] only", ["data: [DONE]\n\n"]],
    ["[DONE] before a finish", [chunk({ content: "x" }), "data: [DONE]\n\n"]],
    ["a frame that is not JSON", [chunk({ content: "x" }), "data: {oops\n\n"]],
    ["a frame that is not an object", ["data: 7\n\n"]],
    ["JSON that breaks off", ['{"choices": [{"mess']],
  ])("%s is an incomplete stream", async (_, pieces) => {
    expect(await failure(...pieces)).toBeInstanceOf(IncompleteStreamError);
  });

  it("a page of HTML is told by what it says", async () => {
    const error = await failure("<html>\n<body>Please sign in</body>\n</html>");
    expect(error).toBeInstanceOf(ModelError);
    expect(error instanceof Error ? error.message : "").toContain("Please sign in");
  });

  it("JSON that is no completion is told by what it says", async () => {
    const error = await failure('{"hello":"there"}');
    expect(error).toBeInstanceOf(ModelError);
    expect(error instanceof Error ? error.message : "").toContain("there");
  });

  it.each([
    ["an error member", frame({ error: { message: "slow down", code: "rate_limit_exceeded" } })],
    [
      "an error beside choices",
      frame({ error: { message: "slow down", code: 429 }, choices: [{ delta: {} }] }),
    ],
    ["an error event", `event: error\n${frame({ message: "slow down", code: "429" })}`],
    ["the type error", frame({ type: "error", code: "429", message: "slow down" })],
    ["a code and a message", frame({ code: "429", message: "slow down" })],
    ["one whole body", JSON.stringify({ error: { message: "slow down", code: "rate_limit_exceeded" } })],
  ])("an error told by %s is thrown typed, behind the parts that came before it", async (_, told) => {
    const { parts, error } = await drain(
      streamOf(told.startsWith("{") ? [told] : [chunk({ content: "x" }) + told]),
    );
    expect(error).toBeInstanceOf(RateLimitError);
    const before: readonly ModelStreamPart[] = told.startsWith("{")
      ? []
      : [{ type: "text_delta", text: "x" }];
    expect(parts).toEqual(before);
  });

  it("leaves nothing behind the error", async () => {
    const stream = streamOf([chunk({ content: "x" })]);
    await drain(stream);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

describe("the iterator", () => {
  it("answers calls of next() made all at once in their order", async () => {
    const stream = streamOf([chunk({ content: "a" }), chunk({ content: "b" }), chunk({}, "stop")]);
    const results = await Promise.all([
      stream.next(),
      stream.next(),
      stream.next(),
      stream.next(),
      stream.next(),
    ]);
    expect(results.map((result) => result.value?.type)).toEqual([
      "text_delta",
      "text_delta",
      "finish",
      undefined,
      undefined,
    ]);
  });

  it("ends at once when it is left, before it began and in its middle", async () => {
    const unopened = streamOf([chunk({ content: "a" }, "stop")]);
    expect(await unopened.return()).toEqual({ done: true, value: undefined });
    expect((await unopened.next()).done).toBe(true);
    const begun = streamOf([chunk({ content: "a" }), chunk({ content: "b" }), chunk({}, "stop")]);
    await begun.next();
    await begun.return();
    expect((await begun.next()).done).toBe(true);
  });
});
