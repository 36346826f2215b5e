/** How models of the AI SDK fail, are tried again and are left; and what is taken for none. */
import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4StreamPart,
  LoadAPIKeyError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  ModelError,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { collect, failureOf, fake, hello } from "../../test/fake-model.ts";
import { fromLanguageModel } from "./from-language-model.ts";

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
