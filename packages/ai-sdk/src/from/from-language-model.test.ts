/** Models of the AI SDK in agents, and what goes to them. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { Agent, tool } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { startChatServer } from "../../test/chat-server.ts";
import { failureOf, fake, hello, STOP, USAGE } from "../../test/fake-model.ts";
import { fromLanguageModel } from "./from-language-model.ts";

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
