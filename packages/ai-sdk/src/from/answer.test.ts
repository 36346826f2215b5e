/** What models of the AI SDK answer: the same whole and streamed, with what their providers want to see again. */
import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import { IncompleteStreamError, type Message } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { answerOf, collect, failureOf, fake, hello, USAGE } from "../../test/fake-model.ts";
import { fromLanguageModel } from "./from-language-model.ts";

/** An answer with all that a provider may want to see again. */
const RICH: readonly LanguageModelV4Content[] = [
  { type: "reasoning", text: "Hm.", providerMetadata: { acme: { signature: "s1" } } },
  { type: "reasoning", text: "", providerMetadata: { acme: { redacted: "r" } } },
  { type: "custom", kind: "acme.compaction", providerMetadata: { acme: { id: "c" } } },
  { type: "tool-call", toolCallId: "ws", toolName: "web_search", input: '{"q":"x"}', providerExecuted: true },
  { type: "tool-result", toolCallId: "ws", toolName: "web_search", result: { hits: 2 } },
  { type: "source", sourceType: "url", id: "s", url: "https://example.com" },
  { type: "text", text: "Looking.", providerMetadata: { acme: { itemId: "t1" } } },
  {
    type: "tool-call",
    toolCallId: "1",
    toolName: "weather",
    input: '{ "city": "Oslo" }',
    providerMetadata: { acme: { thoughtSignature: "ts" } },
  },
];

const RICH_AGAIN = [
  { type: "reasoning", text: "Hm.", providerOptions: { acme: { signature: "s1" } } },
  { type: "reasoning", text: "", providerOptions: { acme: { redacted: "r" } } },
  { type: "custom", kind: "acme.compaction", providerOptions: { acme: { id: "c" } } },
  { type: "tool-call", toolCallId: "ws", toolName: "web_search", input: { q: "x" }, providerExecuted: true },
  {
    type: "tool-result",
    toolCallId: "ws",
    toolName: "web_search",
    output: { type: "json", value: { hits: 2 } },
  },
  { type: "text", text: "Looking.", providerOptions: { acme: { itemId: "t1" } } },
  {
    type: "tool-call",
    toolCallId: "1",
    toolName: "weather",
    input: { city: "Oslo" },
    providerOptions: { acme: { thoughtSignature: "ts" } },
  },
];

/** The same answer, streamed. */
const RICH_STREAM: readonly LanguageModelV4StreamPart[] = [
  { type: "stream-start", warnings: [{ type: "unsupported", feature: "seed" }] },
  { type: "response-metadata", id: "r1", modelId: "m-2026" },
  { type: "reasoning-start", id: "0" },
  { type: "reasoning-delta", id: "0", delta: "Hm." },
  { type: "reasoning-delta", id: "0", delta: "", providerMetadata: { acme: { signature: "s1" } } },
  { type: "reasoning-end", id: "0" },
  { type: "reasoning-start", id: "1", providerMetadata: { acme: { redacted: "r" } } },
  { type: "reasoning-end", id: "1" },
  ...(RICH.filter(
    (part) =>
      part.type === "custom" ||
      part.type === "source" ||
      part.type === "tool-result" ||
      (part.type === "tool-call" && part.providerExecuted === true),
  ) as LanguageModelV4StreamPart[]),
  { type: "text-start", id: "0" },
  { type: "text-delta", id: "0", delta: "Look" },
  { type: "text-delta", id: "0", delta: "ing." },
  { type: "text-end", id: "0", providerMetadata: { acme: { itemId: "t1" } } },
  { type: "tool-input-start", id: "1", toolName: "weather" },
  { type: "tool-input-delta", id: "1", delta: '{ "city": ' },
  { type: "tool-input-delta", id: "1", delta: '"Oslo" }' },
  { type: "tool-input-end", id: "1" },
  ...(RICH.slice(-1) as LanguageModelV4StreamPart[]),
  { type: "finish", usage: USAGE, finishReason: { unified: "tool-calls", raw: "tool_use" } },
];

describe("what is answered", () => {
  test("is the same whole and streamed, and its provider sees all of it again", async () => {
    const more = {
      finishReason: { unified: "tool-calls", raw: "tool_use" },
      response: { id: "r1", modelId: "m-2026" },
      warnings: [{ type: "unsupported", feature: "seed" }],
    } as const satisfies Partial<LanguageModelV4GenerateResult> | object;
    const whole = fake({ answers: [answerOf(RICH, { ...more, warnings: [...more.warnings] })] });
    const model = fromLanguageModel(whole.languageModel);
    const response = await model.complete(hello);
    expect(response).toMatchObject({
      stopReason: "tool_calls",
      modelId: "m-2026",
      requestId: "r1",
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7, cachedInputTokens: 2, reasoningTokens: 1 },
      warnings: ["seed is not supported"],
      hostedTools: [{ name: "web_search", status: "completed", input: '{"q":"x"}', output: { hits: 2 } }],
    });
    const parts = await collect(
      fromLanguageModel(fake({ streams: [RICH_STREAM] }).languageModel).stream(hello),
    );
    expect(parts.at(-1)).toEqual({ type: "finish", response });
    const deltas = parts.flatMap((part) => (part.type === "tool_call_delta" ? [part.argumentsDelta] : []));
    expect(deltas.join("")).toBe('{ "city": "Oslo" }');

    // As a store hands it back.
    const kept: Message = JSON.parse(JSON.stringify(response.message));
    await model.complete({ messages: [...hello.messages, kept] });
    expect(whole.asked[1]?.prompt[1]).toEqual({ role: "assistant", content: RICH_AGAIN });
  });

  test("goes to no other provider, and that is said", async () => {
    const { message } = await fromLanguageModel(fake({ answers: [answerOf(RICH)] }).languageModel).complete(
      hello,
    );
    const other = fake({ provider: "other.chat" });
    const { warnings } = await fromLanguageModel(other.languageModel).complete({ messages: [message] });
    expect(JSON.stringify(other.asked[0]?.prompt)).not.toContain("acme");
    expect(other.asked[0]?.prompt[0]).toMatchObject({
      content: [{ text: "Hm." }, { text: "" }, { text: "Looking." }, { toolCallId: "1" }],
    });
    expect(warnings).toEqual([expect.stringMatching(/"ai-sdk:acme.chat".*left out/)]);
  });

  test.each<[LanguageModelV4FinishReason["unified"], string]>([
    ["length", "length"],
    ["content-filter", "content_filter"],
    ["stop", "stop"],
  ])("ends with %s as %s", async (unified, stopReason) => {
    const answers = [answerOf([{ type: "text", text: "Yes" }], { finishReason: { unified, raw: "x" } })];
    expect(await fromLanguageModel(fake({ answers }).languageModel).complete(hello)).toMatchObject({
      stopReason,
    });
  });

  test("ends for a reason nobody knows with a warning", async () => {
    const answers = [
      answerOf([{ type: "text", text: "Yes" }], { finishReason: { unified: "other", raw: "moon" } }),
    ];
    const response = await fromLanguageModel(fake({ answers }).languageModel).complete(hello);
    expect(response).toMatchObject({ stopReason: "stop", warnings: [expect.stringContaining("moon")] });
  });

  test.each<[string, readonly LanguageModelV4StreamPart[]]>([
    ["no finish", []],
    [
      "a finish without a reason",
      [{ type: "finish", usage: USAGE, finishReason: { unified: "other", raw: undefined } }],
    ],
    [
      "an interruption",
      [{ type: "finish", usage: USAGE, finishReason: { unified: "interrupted", raw: "x" } }],
    ],
  ])("is none where its stream ends with %s", async (_, ending) => {
    const begun: readonly LanguageModelV4StreamPart[] = [
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "Once" },
    ];
    const { languageModel } = fake({ streams: [[...begun, ...ending]] });
    const failure = await failureOf(collect(fromLanguageModel(languageModel).stream(hello)));
    expect(failure).toBeInstanceOf(IncompleteStreamError);
  });
});
