/** Models of Locus in `generateText`: what is handed on, with tools, schemas, images, errors and aborts. */
import { APICallError } from "@ai-sdk/provider";
import { ConfigurationError, InvalidRequestError, RateLimitError } from "@locus-sdk/core";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { generateText, type ModelMessage, Output, stepCountIs, streamText } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { CALLING, CALLS, PNG, scripted, weather } from "../../test/scripted.ts";
import { toLanguageModel } from "./to-language-model.ts";

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
