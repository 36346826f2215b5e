/** Models of Locus in the AI SDK's own functions: whole, streamed, with tools, schemas, images, errors and aborts. */
import {
  APICallError,
  type LanguageModelV4CallOptions,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  type ChatModel,
  ConfigurationError,
  InvalidRequestError,
  RateLimitError,
  ServerError,
} from "@locus-sdk/core";
import { ScriptedModel, type ScriptedStep } from "@locus-sdk/core/testing";
import { generateText, type ModelMessage, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { toLanguageModel } from "./to-language-model.ts";

// They are checked here, and would be written to the console besides.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const weather = tool({
  description: "Current weather for a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 3 }),
});

const scripted = (...script: readonly ScriptedStep[]) => {
  const inner = new ScriptedModel(script);
  return { inner, model: toLanguageModel(inner) };
};

/** A turn that thinks, shows an item of its provider's, and calls; the texts survive no parsing. */
const CALLING: ScriptedStep = {
  content: [
    { type: "reasoning", text: "Oslo it is.", id: "rs_1", signature: "sealed", encrypted: "gAAA" },
    { type: "provider", provider: "scripted", item: { redacted: "abc" } },
    { type: "text", text: "Let me look." },
    { type: "tool_call", id: "call_1", providerId: "fc_1", name: "weather", arguments: '{ "city": "Oslo" }' },
    { type: "tool_call", id: "call_2", name: "weather", arguments: '{"city":"Bergen"}' },
  ],
  providerState: { provider: "scripted", modelId: "scripted", data: { responseId: "resp_1" } },
};

const CALLS = CALLING as { readonly content: readonly unknown[]; readonly providerState: unknown };

describe("generateText", () => {
  test("hands on what is asked, and what is answered, counted and told", async () => {
    const { inner, model } = scripted({
      text: "Rain.",
      requestId: "req_1",
      usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 2, costUsd: 0.25 },
      warnings: ["no seed was sent"],
    });
    const result = await generateText({
      model,
      instructions: "You are brief.",
      prompt: "Weather?",
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 100,
      stopSequences: ["END"],
      seed: 7,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      reasoning: "high",
      providerOptions: {
        locus: { verbosity: "low", reasoning: { summary: "auto" } },
        openai: { user: "me" },
      },
    });
    expect(inner.requests[0]).toEqual({
      messages: [
        { role: "system", content: "You are brief." },
        { role: "user", content: "Weather?" },
      ],
      settings: {
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        maxOutputTokens: 100,
        stop: ["END"],
        seed: 7,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        verbosity: "low",
        reasoning: { effort: "high", summary: "auto" },
      },
    });
    expect(result.text).toBe("Rain.");
    expect(result.finishReason).toBe("stop");
    expect(result.response).toMatchObject({ id: "req_1", modelId: "scripted" });
    expect(result.usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 15,
      inputTokenDetails: { noCacheTokens: 6, cacheReadTokens: 4 },
      outputTokenDetails: { textTokens: 3, reasoningTokens: 2 },
    });
    expect(result.warnings).toEqual([{ type: "other", message: "no seed was sent" }]);
    expect(result.providerMetadata).toEqual({ locus: { costUsd: 0.25 } });
  });

  test.each(["generateText", "streamText"])(
    "%s runs tools over several steps, and the model sees its own words again, sealed and verbatim",
    async (way) => {
      const { inner, model } = scripted(CALLING, "It rains.");
      const options = { model, prompt: "Weather?", tools: { weather }, stopWhen: stepCountIs(3) };
      const text =
        way === "generateText" ? (await generateText(options)).text : await streamText(options).text;
      expect(text).toBe("It rains.");
      expect(inner.requests[0]?.tools).toMatchObject([
        { name: "weather", description: "Current weather for a city.", parameters: { type: "object" } },
      ]);
      expect(inner.requests[1]?.messages).toEqual([
        { role: "user", content: "Weather?" },
        { role: "assistant", content: CALLS.content },
        { role: "tool", callId: "call_1", name: "weather", content: '{"city":"Oslo","celsius":3}' },
        { role: "tool", callId: "call_2", name: "weather", content: '{"city":"Bergen","celsius":3}' },
      ]);
      expect(inner.requests[1]?.providerState).toEqual(CALLS.providerState);
    },
  );

  test("binds an answer to a schema", async () => {
    const { inner, model } = scripted('{"city":"Oslo"}');
    const output = Output.object({ schema: z.object({ city: z.string() }), name: "place" });
    expect((await generateText({ model, prompt: "Where?", output })).output).toEqual({ city: "Oslo" });
    expect(inner.requests[0]?.outputSchema).toMatchObject({
      name: "place",
      schema: { type: "object", required: ["city"] },
    });
  });

  test("asks for JSON of any shape as an object, and says so", async () => {
    const { inner, model } = scripted('{"a":1}');
    const result = await generateText({ model, prompt: "Any.", output: Output.json() });
    expect(result.output).toEqual({ a: 1 });
    expect(inner.requests[0]?.outputSchema).toEqual({ name: "response", schema: { type: "object" } });
    expect(result.warnings).toMatchObject([{ type: "compatibility", feature: "responseFormat" }]);
  });

  test("gives images, sounds and files by their kind, with the image's type where only its bytes tell", async () => {
    const { inner, model } = scripted("Seen.");
    const bytes = Uint8Array.from(Buffer.from(PNG, "base64"));
    const messages: ModelMessage[] = [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "file", data: bytes, mediaType: "image" },
          { type: "file", data: PNG, mediaType: "image/png", providerOptions: { locus: { detail: "low" } } },
          { type: "file", data: "UklGRg==", mediaType: "audio/wav" },
          { type: "file", data: "JVBERi0=", mediaType: "application/pdf", filename: "a.pdf" },
        ],
      },
    ];
    await generateText({ model, messages });
    expect(inner.requests[0]?.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", data: PNG, mediaType: "image/png" },
          { type: "image", data: PNG, mediaType: "image/png", detail: "low" },
          { type: "audio", data: "UklGRg==", format: "wav" },
          { type: "file", data: "JVBERi0=", mediaType: "application/pdf", filename: "a.pdf" },
        ],
      },
    ]);
  });

  test("leaves URLs to the model's provider where it is said to fetch them", async () => {
    const inner = new ScriptedModel(["Seen."]);
    const model = toLanguageModel(inner, { supportedUrls: { "image/*": [/^https:/] } });
    const url = "https://example.com/cat.png";
    const content = [{ type: "file" as const, data: new URL(url), mediaType: "image/png" }];
    await generateText({ model, messages: [{ role: "user", content }] });
    expect(inner.requests[0]?.messages).toEqual([
      { role: "user", content: [{ type: "image", url, mediaType: "image/png" }] },
    ]);
  });

  test("tries again what may pass, and not what will not", async () => {
    const busy = scripted(
      { error: new RateLimitError("slow down", { status: 429, retryAfterMs: 0 }) },
      "Now.",
    );
    expect((await generateText({ model: busy.model, prompt: "Hi" })).text).toBe("Now.");
    const wrong = scripted(
      { error: new InvalidRequestError("no", { status: 400, requestId: "req_9" }) },
      "Never.",
    );
    const failure = await generateText({ model: wrong.model, prompt: "Hi" }).catch((error: unknown) => error);
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({
      statusCode: 400,
      isRetryable: false,
      responseHeaders: { "x-request-id": "req_9" },
    });
    expect(wrong.inner.requests).toHaveLength(1);
  });

  test("throws what is wrong with the set-up as it is", async () => {
    const { model } = scripted({ error: new ConfigurationError("no key", { hint: "Set one." }) });
    await expect(generateText({ model, prompt: "Hi" })).rejects.toBeInstanceOf(ConfigurationError);
  });

  test("stops the model when the caller gives up", async () => {
    const { inner, model } = scripted({ text: "Late.", delayMs: 60_000 });
    const controller = new AbortController();
    const asked = generateText({ model, prompt: "Hi", abortSignal: controller.signal, maxRetries: 0 });
    await vi.waitFor(() => expect(inner.requests).toHaveLength(1));
    controller.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("streamText", () => {
  test("tells of thoughts, words and calls as they come, and of the whole at the end", async () => {
    const { model } = scripted({
      reasoning: "Hm, Oslo.",
      text: "Let me look.",
      toolCalls: [{ name: "weather", arguments: { city: "Oslo" } }],
      usage: { inputTokens: 3, outputTokens: 4 },
      warnings: ["told at the end"],
    });
    const result = streamText({ model, prompt: "Weather?", tools: { weather } });
    const types: string[] = [];
    for await (const part of result.fullStream) if (types.at(-1) !== part.type) types.push(part.type);
    expect(types).toEqual([
      "start",
      "start-step",
      "reasoning-start",
      "reasoning-delta",
      "text-start",
      "text-delta",
      "text-end",
      "tool-input-start",
      "tool-input-delta",
      "reasoning-end",
      "tool-input-end",
      "tool-call",
      "tool-result",
      "finish-step",
      "finish",
    ]);
    expect(await result.reasoningText).toBe("Hm, Oslo.");
    expect(await result.finishReason).toBe("tool-calls");
    expect((await result.usage).totalTokens).toBe(7);
    expect(await result.providerMetadata).toEqual({ locus: { warnings: ["told at the end"] } });
  });

  test("hands on what a model gives only at its end", async () => {
    const response = {
      message: {
        role: "assistant" as const,
        content: [{ type: "refusal" as const, text: "I would rather not." }],
      },
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      stopReason: "stop" as const,
      modelId: "m",
    };
    const inner: ChatModel = {
      provider: "p",
      modelId: "m",
      capabilities: new ScriptedModel([]).capabilities,
      complete: () => Promise.resolve(response),
      async *stream() {
        yield { type: "finish", response };
      },
    };
    expect(await streamText({ model: toLanguageModel(inner), prompt: "Hi" }).text).toBe(
      "I would rather not.",
    );
  });

  test("tries again what fails before an answer has begun, and tells of what fails later", async () => {
    const late = scripted(
      { error: new ServerError("down", { status: 503, retryAfterMs: 0 }) },
      { text: "Half an answer", error: new ServerError("gone", { status: 500 }) },
    );
    const errors: unknown[] = [];
    const result = streamText({
      model: late.model,
      prompt: "Hi",
      onError: ({ error }) => void errors.push(error),
    });
    let text = "";
    for await (const part of result.fullStream) if (part.type === "text-delta") text += part.text;
    expect(text).toBe("Half an answer");
    expect(errors).toMatchObject([{ statusCode: 500, isRetryable: true }]);
    expect(late.inner.requests).toHaveLength(2);
  });

  test("takes a stream that breaks off for an error", async () => {
    const { model } = scripted({ text: "Once upon", truncated: true });
    const errors: unknown[] = [];
    const result = streamText({ model, prompt: "Hi", onError: ({ error }) => void errors.push(error) });
    await result.consumeStream();
    expect(errors).toMatchObject([{ cause: { code: "incomplete_stream" }, isRetryable: false }]);
  });

  test("lets go of the model when its reader leaves, and when its caller gives up", async () => {
    const { inner, model } = scripted("A long story. ".repeat(100), "Another long story. ".repeat(100));
    const left = await model.doStream(ask());
    const reader = left.stream.getReader();
    await reader.read();
    await reader.read();
    expect(inner.openStreams).toBe(1);
    await reader.cancel();
    await vi.waitFor(() => expect(inner.openStreams).toBe(0));
    const controller = new AbortController();
    const aborted = (await model.doStream({ ...ask(), abortSignal: controller.signal })).stream.getReader();
    await aborted.read();
    controller.abort(new Error("enough"));
    await expect(aborted.read()).rejects.toThrow("enough");
    await vi.waitFor(() => expect(inner.openStreams).toBe(0));
  });
});

const ask = (more: Partial<LanguageModelV4CallOptions> = {}): LanguageModelV4CallOptions => ({
  prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
  ...more,
});

describe("what has no counterpart", () => {
  test("is warned of", async () => {
    const { inner, model } = scripted("Yes.");
    const { warnings } = await model.doGenerate(
      ask({
        headers: { "user-agent": "ai/7", "x-team": "a" },
        reasoning: "max",
        tools: [
          { type: "function", name: "f", inputSchema: { type: "object" }, inputExamples: [{ input: {} }] },
        ],
      }),
    );
    expect(warnings.map((warning) => "feature" in warning && warning.feature)).toEqual([
      "inputExamples",
      'reasoning "max"',
      "headers",
    ]);
    expect(inner.requests[0]?.settings).toEqual({ reasoning: { effort: "xhigh" } });
  });

  test.each<[string, Partial<LanguageModelV4CallOptions>, RegExp]>([
    [
      "a provider's tool",
      { tools: [{ type: "provider", id: "openai.web_search", name: "web", args: {} }] },
      /web_search/,
    ],
    [
      "a sound by URL",
      {
        prompt: [
          {
            role: "user",
            content: [
              {
                type: "file",
                mediaType: "audio/wav",
                data: { type: "url", url: new URL("https://a.example/a.wav") },
              },
            ],
          },
        ],
      },
      /sounds by URL/,
    ],
  ])("is refused where the answer would be to another question: %s", async (_, more, says) => {
    const { inner, model } = scripted("Never.");
    const failure = await Promise.resolve(model.doGenerate(ask(more))).catch((error: unknown) => error);
    expect(UnsupportedFunctionalityError.isInstance(failure)).toBe(true);
    expect(String(failure)).toMatch(says);
    expect(inner.requests).toEqual([]);
  });

  test("is named where a setting of ours is misspelt", async () => {
    const { model } = scripted("Never.");
    await expect(model.doGenerate(ask({ providerOptions: { locus: { verbositi: "low" } } }))).rejects.toThrow(
      /verbosity/,
    );
    expect(() => toLanguageModel(new ScriptedModel([]), { supportedUrl: {} } as object)).toThrow(
      /supportedUrls/,
    );
  });
});

test("results of tools keep their form: text, JSON, errors, refusals and images", async () => {
  const { inner, model } = scripted("Yes.");
  const result = (
    id: string,
    output: Extract<
      LanguageModelV4CallOptions["prompt"][number],
      { role: "tool" }
    >["content"][number] extends infer P
      ? P extends { type: "tool-result"; output: infer O }
        ? O
        : never
      : never,
  ) => ({ type: "tool-result" as const, toolCallId: id, toolName: "t", output });
  await model.doGenerate({
    prompt: [
      {
        role: "tool",
        content: [
          result("1", { type: "text", value: "a" }),
          result("2", { type: "json", value: { a: 1 } }),
          result("3", { type: "error-text", value: "no" }),
          result("4", { type: "error-json", value: { no: 1 } }),
          result("5", { type: "execution-denied", reason: "not today" }),
          result("6", {
            type: "content",
            value: [
              { type: "text", text: "see" },
              { type: "file", mediaType: "image/png", data: { type: "data", data: PNG } },
            ],
          }),
        ],
      },
    ],
  });
  const contents = inner.requests[0]?.messages.map(({ role: _role, ...message }) => message);
  expect(contents).toEqual([
    { callId: "1", name: "t", content: "a" },
    { callId: "2", name: "t", content: '{"a":1}' },
    { callId: "3", name: "t", content: "no", isError: true },
    { callId: "4", name: "t", content: '{"no":1}', isError: true },
    { callId: "5", name: "t", content: "not today", isError: true },
    {
      callId: "6",
      name: "t",
      content: [
        { type: "text", text: "see" },
        { type: "image", data: PNG, mediaType: "image/png" },
      ],
    },
  ]);
});

test("a call that was repaired is sent as it was run, and one that is not JSON as it was written", async () => {
  const { inner, model } = scripted(
    { toolCalls: [{ name: "weather", arguments: '{"city": "Osl' }] },
    "Sorry.",
  );
  await generateText({ model, prompt: "Weather?", tools: { weather }, stopWhen: stepCountIs(2) });
  expect(inner.requests[1]?.messages[1]).toMatchObject({ content: [{ arguments: '{"city": "Osl' }] });
  const repaired = scripted({ toolCalls: [{ name: "weather", arguments: '{"city": "Osl' }] }, "Yes.");
  await generateText({
    model: repaired.model,
    prompt: "Weather?",
    tools: { weather },
    stopWhen: stepCountIs(2),
    repairToolCall: async ({ toolCall }) => ({ ...toolCall, input: '{"city":"Oslo"}' }),
  });
  expect(repaired.inner.requests[1]?.messages[1]).toMatchObject({
    content: [{ arguments: '{"city":"Oslo"}' }],
  });
});

test("a tool may be required, forbidden or chosen", async () => {
  const { inner, model } = scripted("a", "b", "c");
  const tools = [{ type: "function" as const, name: "weather", inputSchema: { type: "object" as const } }];
  for (const toolChoice of [
    { type: "required" },
    { type: "none" },
    { type: "tool", toolName: "weather" },
  ] as const) {
    await model.doGenerate(ask({ tools, toolChoice }));
  }
  expect(inner.requests.map(({ toolChoice }) => toolChoice)).toEqual([
    "required",
    "none",
    { name: "weather" },
  ]);
});
