/** Calls of the AI SDK as requests: what has a counterpart, what has none, and results of tools. */
import { type LanguageModelV4CallOptions, UnsupportedFunctionalityError } from "@ai-sdk/provider";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { generateText, stepCountIs } from "ai";
import { describe, expect, test } from "vitest";
import { ask, PNG, scripted, weather } from "../../test/scripted.ts";
import { toLanguageModel } from "./to-language-model.ts";

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

test("bytes of plain text are their text, in their charset; what is no text stays a file", async () => {
  const { inner, model } = scripted("Yes.");
  const file = (mediaType: string, data: Uint8Array | string, filename?: string) => ({
    type: "file" as const,
    mediaType,
    data: { type: "data" as const, data },
    ...(filename === undefined ? {} : { filename }),
  });
  const latin = Uint8Array.from([0xe6, 0xf8]);
  const content = [
    file("text/plain", Buffer.from("ærø"), "island.txt"),
    file("text/plain; charset=UTF-8", Buffer.from("hi").toString("base64")),
    file("text/plain;charset=iso-8859-1", latin),
    file("text/plain", latin),
    file("text/csv", Buffer.from("a,b")),
  ];
  const { warnings } = await model.doGenerate(ask({ prompt: [{ role: "user", content }] }));
  expect(warnings.map((warning) => "details" in warning && warning.details)).toEqual([
    '"island.txt" was sent as its text alone',
  ]);
  expect(inner.requests[0]?.messages[0]?.content).toEqual([
    { type: "text", text: "ærø" },
    { type: "text", text: "hi" },
    { type: "text", text: "æø" },
    { type: "file", mediaType: "text/plain", data: Buffer.from(latin).toString("base64") },
    { type: "file", mediaType: "text/csv", data: Buffer.from("a,b").toString("base64") },
  ]);
});

test.each<[string, unknown, string]>([
  ["a name", "oci:x", 'not "oci:x"'],
  ["a promise", Promise.resolve(new ScriptedModel([])), "did you forget await?"],
])("%s is no model", (_what, given, says) => {
  expect(() => toLanguageModel(given as never)).toThrow(`toLanguageModel: expected a model`);
  expect(() => toLanguageModel(given as never)).toThrow(says);
});
