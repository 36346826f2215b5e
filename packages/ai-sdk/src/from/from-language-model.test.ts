/** Models of the AI SDK in agents: what goes to them, what comes back, what is kept for the next turn, and how they fail. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  type LanguageModelV3,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Content,
  type LanguageModelV4FinishReason,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4StreamPart,
  LoadAPIKeyError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  Agent,
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  type Message,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  tool,
} from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { startChatServer } from "../../test/chat-server.ts";
import { fromLanguageModel } from "./from-language-model.ts";

const USAGE = {
  inputTokens: { total: 3, noCache: 1, cacheRead: 2, cacheWrite: undefined },
  outputTokens: { total: 4, text: 3, reasoning: 1 },
};
const STOP: LanguageModelV4FinishReason = { unified: "stop", raw: "end_turn" };

const answerOf = (
  content: readonly LanguageModelV4Content[],
  more: Partial<LanguageModelV4GenerateResult> = {},
): LanguageModelV4GenerateResult => ({
  content: [...content],
  finishReason: STOP,
  usage: USAGE,
  warnings: [],
  ...more,
});

/** A model of the AI SDK that does what it is told, and remembers what it was asked. */
function fake(
  told: {
    readonly answers?: readonly (LanguageModelV4GenerateResult | Error)[];
    readonly streams?: readonly (readonly LanguageModelV4StreamPart[])[];
    readonly provider?: string;
  } = {},
) {
  const asked: LanguageModelV4CallOptions[] = [];
  const languageModel: LanguageModelV4 = {
    specificationVersion: "v4",
    provider: told.provider ?? "acme.chat",
    modelId: "m",
    supportedUrls: {},
    async doGenerate(options) {
      asked.push(options);
      const answer = told.answers?.[asked.length - 1] ?? answerOf([{ type: "text", text: "Yes." }]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async doStream(options) {
      asked.push(options);
      const parts = told.streams?.[asked.length - 1] ?? [];
      return {
        stream: new ReadableStream({
          start(controller) {
            for (const part of parts) controller.enqueue(part);
            controller.close();
          },
        }),
      };
    },
  };
  return { asked, languageModel };
}

const hello: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function collect(stream: AsyncIterable<ModelStreamPart>): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

test("an agent runs its tools with a model of the AI SDK, over a socket", async () => {
  const server = await startChatServer();
  try {
    server.say(
      { text: "Let me look.", toolCalls: [{ name: "get_weather", arguments: '{"city":"Oslo"}' }] },
      { text: "It is 3 degrees." },
    );
    const provider = createOpenAICompatible({ name: "local", baseURL: server.url, includeUsage: true });
    const model = fromLanguageModel(provider("m"));
    expect(model).toMatchObject({ provider: "ai-sdk:local.chat", modelId: "m" });
    expect(model.capabilities.structuredOutput).toBe("json");
    const weather = tool({
      name: "get_weather",
      description: "Current weather for a city.",
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, celsius: 3 }),
    });
    const result = await new Agent({ model, tools: [weather] }).run("Weather in Oslo?");
    expect(result.text).toBe("It is 3 degrees.");
    expect(server.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(JSON.stringify(server.requests[1]?.messages)).toContain('\\"celsius\\":3');
  } finally {
    await server.close();
  }
});

describe("what is asked", () => {
  const weather = { name: "weather", description: "Weather.", parameters: { type: "object" }, strict: true };

  test("goes in the AI SDK's words", async () => {
    const { asked, languageModel } = fake();
    const model = fromLanguageModel(languageModel, { providerOptions: { acme: { tier: "gold" } } });
    const { warnings } = await model.complete({
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "See?" },
            { type: "image", url: "https://example.com/a.png", detail: "low" },
            { type: "image", url: "data:image/gif;base64,R0lGOD==" },
            { type: "audio", data: "UklGRg==", format: "mp3" },
            { type: "file", fileId: "file_1", filename: "a.pdf", mediaType: "application/pdf" },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "tool_call", id: "1", name: "weather", arguments: '{"city":"Oslo"}' }],
        },
        { role: "tool", callId: "1", name: "weather", content: "rain" },
        { role: "assistant", content: [{ type: "tool_call", id: "2", name: "weather", arguments: "Oslo" }] },
        { role: "tool", callId: "2", name: "weather", content: "no such city", isError: true },
        {
          role: "tool",
          callId: "3",
          name: "weather",
          content: [{ type: "image", data: "R0lG", mediaType: "image/gif" }],
        },
      ],
      tools: [weather],
      toolChoice: { name: "weather" },
      outputSchema: { name: "place", description: "A place.", schema: { type: "object" } },
      settings: { temperature: 0, topK: 3, stop: ["END"], reasoning: { effort: "low" }, verbosity: "low" },
    });
    expect(asked[0]).toEqual({
      prompt: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "See?" },
            {
              type: "file",
              mediaType: "image",
              data: {
                type: "url",
                url: new URL("https://example.com/a.png"),
                originalUrl: "https://example.com/a.png",
              },
              providerOptions: { locus: { detail: "low" }, openai: { imageDetail: "low" } },
            },
            { type: "file", mediaType: "image/gif", data: { type: "data", data: "R0lGOD==" } },
            { type: "file", mediaType: "audio/mpeg", data: { type: "data", data: "UklGRg==" } },
            {
              type: "file",
              mediaType: "application/pdf",
              filename: "a.pdf",
              data: { type: "reference", reference: { acme: "file_1" } },
            },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "tool-call", toolCallId: "1", toolName: "weather", input: { city: "Oslo" } }],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "1",
              toolName: "weather",
              output: { type: "text", value: "rain" },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "tool-call", toolCallId: "2", toolName: "weather", input: { arguments: "Oslo" } },
          ],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "2",
              toolName: "weather",
              output: { type: "error-text", value: "no such city" },
            },
            {
              type: "tool-result",
              toolCallId: "3",
              toolName: "weather",
              output: {
                type: "content",
                value: [{ type: "file", mediaType: "image/gif", data: { type: "data", data: "R0lG" } }],
              },
            },
          ],
        },
      ],
      tools: [
        {
          type: "function",
          name: "weather",
          description: "Weather.",
          inputSchema: { type: "object" },
          strict: true,
        },
      ],
      toolChoice: { type: "tool", toolName: "weather" },
      responseFormat: { type: "json", name: "place", description: "A place.", schema: { type: "object" } },
      temperature: 0,
      topK: 3,
      stopSequences: ["END"],
      reasoning: "low",
      providerOptions: { acme: { tier: "gold" } },
    });
    expect(warnings).toEqual([
      expect.stringMatching(/arguments of a call of "weather" are no JSON object/),
      expect.stringMatching(/no common word for verbosity/),
    ]);
  });

  test("goes to a model of the version before as that has it", async () => {
    const prompts: unknown[] = [];
    const older = {
      ...fake().languageModel,
      specificationVersion: "v3",
      doGenerate: async (options: object) => {
        prompts.push(options);
        return {
          content: [{ type: "file", mediaType: "image/png", data: new Uint8Array([1]) }],
          finishReason: STOP,
          usage: USAGE,
          warnings: [],
        };
      },
    } as unknown as LanguageModelV3;
    const { message, warnings } = await fromLanguageModel(older).complete({
      messages: [
        { role: "user", content: [{ type: "image", url: "https://example.com/a.png" }] },
        {
          role: "tool",
          callId: "1",
          name: "t",
          content: [{ type: "image", data: "R0lG", mediaType: "image/gif" }],
        },
      ],
      settings: { reasoning: { effort: "high" } },
    });
    expect(prompts[0]).toMatchObject({
      prompt: [
        { content: [{ type: "file", mediaType: "image/*", data: new URL("https://example.com/a.png") }] },
        {
          content: [
            {
              output: {
                type: "content",
                value: [{ type: "image-data", data: "R0lG", mediaType: "image/gif" }],
              },
            },
          ],
        },
      ],
    });
    expect(prompts[0]).not.toHaveProperty("reasoning");
    expect(warnings).toEqual([expect.stringMatching(/reasoning effort/)]);
    expect(message.content).toMatchObject([
      { type: "provider", item: { part: { type: "file", data: { type: "data", data: "AQ==" } } } },
    ]);
  });

  test("is refused where hosted tools are asked for", async () => {
    const { asked, languageModel } = fake();
    const hostedTools = [{ hosted: "web_search" as const, name: "web_search", options: {} }];
    const failure = await failureOf(fromLanguageModel(languageModel).complete({ ...hello, hostedTools }));
    expect(failure).toMatchObject({ code: "hosted_tools_unsupported" });
    expect(asked).toEqual([]);
  });
});

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

const called = (statusCode: number | undefined, more: Partial<APICallError> = {}): APICallError =>
  new APICallError({
    message: "says no",
    url: "https://acme.example",
    requestBodyValues: {},
    ...(statusCode === undefined ? {} : { statusCode }),
    ...more,
  });

describe("what fails", () => {
  test.each<[string, Error, new (message: string) => LocusError, object]>([
    ["401", called(401), AuthenticationError, { status: 401, retryable: false }],
    ["403", called(403), PermissionOrNotFoundError, { status: 403 }],
    ["404", called(404), PermissionOrNotFoundError, { status: 404 }],
    ["408", called(408), TimeoutError, { status: 408, retryable: true }],
    ["422", called(422), InvalidRequestError, { status: 422 }],
    [
      "429",
      called(429, { responseHeaders: { "retry-after": "2", "x-request-id": "r" } }),
      RateLimitError,
      { retryAfterMs: 2000, requestId: "r", retryable: true },
    ],
    ["500", called(500), ServerError, { status: 500, retryable: true }],
    ["a long prompt", called(400, { responseBody: "maximum context length is 8" }), ContextLengthError, {}],
    ["a filtered prompt", called(400, { message: "content_filter" }), ContentFilterError, {}],
    ["no connection", called(undefined, { isRetryable: true }), ConnectionError, { retryable: true }],
    ["an answer that is none", called(200), ModelError, { code: "invalid_response" }],
    ["no key", new LoadAPIKeyError({ message: "key is missing" }), ConfigurationError, {}],
    [
      "no model",
      new NoSuchModelError({ modelId: "m", modelType: "languageModel" }),
      PermissionOrNotFoundError,
      {},
    ],
    ["no images", new UnsupportedFunctionalityError({ functionality: "images" }), InvalidRequestError, {}],
    ["a cut connection", new TypeError("terminated"), ConnectionError, { retryable: true }],
    ["anything else", new Error("bug with password=hunter2"), ModelError, { retryable: false }],
  ])("is told by its kind: %s", async (_, error, type, more) => {
    const model = fromLanguageModel(fake({ answers: [error] }).languageModel, { maxRetries: 0 });
    const failure = await failureOf(model.complete(hello));
    expect(failure).toBeInstanceOf(type);
    expect(failure).toMatchObject({ cause: error, ...more });
    expect(String(failure)).not.toContain("hunter2");
  });

  test("is tried again where that may help, and told", async () => {
    const busy = called(503, { responseHeaders: { "retry-after-ms": "0" } });
    const { asked, languageModel } = fake({ answers: [busy, busy] });
    const told: string[] = [];
    const request = { ...hello, onRetry: ({ what }: { readonly what: string }) => void told.push(what) };
    const { message } = await fromLanguageModel(languageModel).complete(request);
    expect(message.content).toEqual([{ type: "text", text: "Yes." }]);
    expect([asked.length, told.length]).toEqual([3, 2]);
  });

  test("ends a stream where it happens, behind what had come", async () => {
    const streams = [
      [
        { type: "text-start" as const, id: "0" },
        { type: "text-delta" as const, id: "0", delta: "Once" },
        { type: "error" as const, error: new TypeError("terminated") },
      ],
    ];
    const stream = fromLanguageModel(fake({ streams }).languageModel).stream(hello)[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ done: false, value: { type: "text_delta", text: "Once" } });
    expect(await failureOf(stream.next())).toBeInstanceOf(IncompleteStreamError);
    expect(await stream.next()).toMatchObject({ done: true });
  });

  test("a model that does not heed its signal is left alone, and a late stream is cancelled", async () => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<{ stream: ReadableStream<LanguageModelV4StreamPart> }>();
    const languageModel: LanguageModelV4 = {
      ...fake().languageModel,
      doStream: () => {
        asked.resolve();
        return answered.promise;
      },
    };
    const controller = new AbortController();
    const stream = fromLanguageModel(languageModel).stream({ ...hello, signal: controller.signal });
    const failure = failureOf(collect(stream));
    await asked.promise;
    controller.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    const left = Promise.withResolvers<string>();
    answered.resolve({ stream: new ReadableStream({ cancel: () => left.resolve("cancelled") }) });
    expect(await left.promise).toBe("cancelled");
  });

  test.each<[string, unknown, RegExp]>([
    ["a name", "openai/gpt-4o", /"openai\/gpt-4o" is the name of a model/],
    ["something else", {}, /this is none/],
    [
      "an older model",
      { ...fake().languageModel, specificationVersion: "v2" },
      /"v2".*expected "v4" or "v3"/,
    ],
  ])("is refused at once: %s", (_, given, says) => {
    expect(() => fromLanguageModel(given as LanguageModelV4)).toThrow(says);
    expect(() => fromLanguageModel(given as LanguageModelV4)).toThrow(ConfigurationError);
  });

  test("is an option that nobody knows", () => {
    const { languageModel } = fake();
    expect(() => fromLanguageModel(languageModel, { retries: 1 } as object)).toThrow(/"retries"/);
    expect(() => fromLanguageModel(languageModel, { maxRetries: -1 })).toThrow(/maxRetries/);
  });
});
