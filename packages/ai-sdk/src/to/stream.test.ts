/** Models of Locus in `streamText`: parts as they come, errors where they happen, and readers that leave. */
import { type ChatModel, ServerError } from "@locus-sdk/core";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { streamText } from "ai";
import { describe, expect, test, vi } from "vitest";
import { ask, scripted, weather } from "../../test/scripted.ts";
import { toLanguageModel } from "./to-language-model.ts";

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
