/** GENERIC bodies: every field that a request has a place for, and the families' wishes. */
import {
  type AssistantPart,
  hostedTool,
  type JsonObject,
  type Message,
  type ModelRequest,
} from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { targetFor } from "../../../test/native-encode.ts";
import { encodeGeneric } from "./encode.ts";

const encode = (request: Partial<ModelRequest>, modelId = "openai.gpt-oss-120b", stream = false) =>
  encodeGeneric({ messages: [{ role: "user", content: "Hi" }], ...request }, targetFor(modelId, stream));
const messagesOf = (messages: readonly Message[], modelId?: string) =>
  encode({ messages }, modelId).chatRequest.messages;
const text = (value: string) => [{ type: "TEXT", text: value }];
const tool = {
  name: "f",
  description: "F.",
  parameters: { type: "object", properties: { a: { type: "string" } } },
};
const calls = (...ids: string[]): AssistantPart[] =>
  ids.map((id) => ({ type: "tool_call", id, name: "f", arguments: `{"a":"${id}"}` }));

test("a plain request sets nothing that was not asked for", () => {
  expect(encode({})).toEqual({
    chatRequest: { apiFormat: "GENERIC", isStream: false, messages: [{ role: "USER", content: text("Hi") }] },
    warnings: [],
  });
});

test("a streamed request asks for its usage", () => {
  expect(encode({}, undefined, true).chatRequest).toMatchObject({
    isStream: true,
    streamOptions: { isIncludeUsage: true },
  });
});

test("every setting has its place", () => {
  const settings = {
    temperature: 0.5,
    topP: 0.9,
    topK: 5,
    maxOutputTokens: 16_000,
    stop: ["."],
    seed: 7,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    parallelToolCalls: false,
    reasoning: { effort: "low" },
    verbosity: "high",
    serviceTier: "priority",
    extraBody: {
      logitBias: { a: 1 },
      numGenerations: 1,
      prediction: { type: "CONTENT", content: text("x") },
    },
  } as const;
  expect(encode({ settings, tools: [tool], toolChoice: { name: "f" } }).chatRequest).toMatchObject({
    temperature: 0.5,
    topP: 0.9,
    topK: 5,
    maxTokens: 16_000,
    stop: ["."],
    seed: 7,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    isParallelToolCalls: false,
    reasoningEffort: "LOW",
    verbosity: "HIGH",
    serviceTier: "PRIORITY",
    logitBias: { a: 1 },
    numGenerations: 1,
    toolChoice: { type: "FUNCTION", name: "f" },
    // Flat: never nested in `function`.
    tools: [{ type: "FUNCTION", name: "f", description: "F.", parameters: tool.parameters }],
  });
});

test("extraBody cannot change the format, nor whether the answer is streamed", () => {
  const settings = { extraBody: { apiFormat: "COHERE", isStream: true } };
  expect(encode({ settings }).chatRequest).toMatchObject({ apiFormat: "GENERIC", isStream: false });
});

test.each([
  ["openai.gpt-4o", "maxCompletionTokens"],
  ["openai.gpt-5", "maxCompletionTokens"],
  ["openai.gpt-oss-20b", "maxTokens"],
  ["xai.grok-4", "maxTokens"],
  ["meta.llama-3.3-70b-instruct", "maxTokens"],
])("%s is limited by %s", (modelId, name) => {
  expect(encode({ settings: { maxOutputTokens: 9 } }, modelId).chatRequest).toHaveProperty(name, 9);
});

test("what a family refuses is not sent, and told", () => {
  const { chatRequest, warnings } = encode({ settings: { frequencyPenalty: 1, stop: ["."] } }, "xai.grok-4");
  expect(Object.keys(chatRequest).toSorted()).toEqual(["apiFormat", "isStream", "messages"]);
  expect(warnings).toEqual([
    'models of the family "grok-reasoning" take no stop: it was not sent',
    'models of the family "grok-reasoning" take no frequencyPenalty: it was not sent',
  ]);
});

test("an effort this format lacks is sent as its highest; choices and flags go only with tools", () => {
  const { chatRequest, warnings } = encode({
    settings: { reasoning: { effort: "xhigh" }, parallelToolCalls: true },
    toolChoice: "required",
  });
  expect(chatRequest).toMatchObject({ reasoningEffort: "HIGH" });
  expect(chatRequest).not.toHaveProperty("toolChoice");
  expect(chatRequest).not.toHaveProperty("isParallelToolCalls");
  expect(warnings).toHaveLength(1);
});

test.each(["auto", "none", "required"] as const)("the choice %s goes as its type", (toolChoice) => {
  expect(encode({ tools: [tool], toolChoice }).chatRequest.toolChoice).toEqual({
    type: toolChoice.toUpperCase(),
  });
});

describe("schemas", () => {
  const shared: JsonObject = {
    type: "object",
    properties: { at: { $ref: "#/$defs/at" } },
    required: ["at"],
    additionalProperties: false,
    $defs: { at: { type: "integer", exclusiveMinimum: 0 } },
  };

  test("an output schema is bound by name, strictly where it fits", () => {
    const outputSchema = { name: "at", description: "When.", schema: shared, strict: true };
    expect(encode({ outputSchema }).chatRequest.responseFormat).toEqual({
      type: "JSON_SCHEMA",
      jsonSchema: { name: "at", description: "When.", schema: shared, isStrict: true },
    });
    const loose = { type: "object", properties: { a: { type: "string" } } };
    const { chatRequest, warnings } = encode({ outputSchema: { name: "a", schema: loose, strict: true } });
    expect(chatRequest.responseFormat).toMatchObject({ jsonSchema: { isStrict: false } });
    expect(warnings).toEqual([expect.stringContaining("does not fit strict mode")]);
  });

  test("Gemini gets neither references nor exclusive bounds, in tools and outputs alike", () => {
    const inlined = { at: { type: "integer", minimum: 1 } };
    const { chatRequest } = encode(
      { tools: [{ ...tool, parameters: shared }], outputSchema: { name: "at", schema: shared } },
      "google.gemini-2.5-pro",
    );
    expect(chatRequest.tools).toMatchObject([{ parameters: { properties: inlined } }]);
    expect(chatRequest.responseFormat).toMatchObject({ jsonSchema: { schema: { properties: inlined } } });
    expect(JSON.stringify(chatRequest)).not.toMatch(/\$ref|\$defs|exclusive/);
  });
});

describe("messages", () => {
  test("roles keep their order, and text that is missing is a full stop", () => {
    expect(
      messagesOf([
        { role: "system", content: "S" },
        { role: "system", content: " " },
        { role: "user", content: "" },
        { role: "assistant", content: [] },
        { role: "assistant", content: calls("1") },
        { role: "tool", callId: "1", name: "f", content: "", isError: true },
      ]),
    ).toEqual([
      { role: "SYSTEM", content: text("S") },
      { role: "USER", content: text(".") },
      { role: "ASSISTANT", content: text(".") },
      {
        role: "ASSISTANT",
        content: text("."),
        toolCalls: [{ type: "FUNCTION", id: "1", name: "f", arguments: '{"a":"1"}' }],
      },
      { role: "TOOL", toolCallId: "1", content: text("Error: the tool failed without a message") },
    ]);
  });

  test("parts become contents of their kinds", () => {
    const content = [
      { type: "text", text: "See" },
      { type: "image", data: "iVBORw0KGgo=", detail: "high" },
      { type: "image", url: "https://x/y.png" },
      { type: "file", data: "JVBERi0=", mediaType: "application/pdf" },
      { type: "file", url: "https://x/v.mp4", mediaType: "video/mp4" },
      { type: "audio", data: "AAAA", format: "wav" },
      { type: "file", fileId: "file-1" },
    ] as const;
    const { chatRequest, warnings } = encode(
      { messages: [{ role: "user", content }] },
      "google.gemini-2.5-pro",
    );
    expect(chatRequest.messages).toMatchObject([
      {
        content: [
          { type: "TEXT", text: "See" },
          { type: "IMAGE", imageUrl: { url: "data:image/png;base64,iVBORw0KGgo=", detail: "HIGH" } },
          { type: "IMAGE", imageUrl: { url: "https://x/y.png" } },
          { type: "DOCUMENT", documentUrl: { url: "data:application/pdf;base64,JVBERi0=" } },
          { type: "VIDEO", videoUrl: { url: "https://x/v.mp4" } },
          { type: "AUDIO", audioUrl: { url: "data:audio/wav;base64,AAAA" } },
          { type: "TEXT", text: "[file left out: file-1]" },
        ],
      },
    ]);
    expect(warnings).toHaveLength(1);
    expect(encode({ messages: [{ role: "user", content }] }, "openai.gpt-oss-20b").warnings).toHaveLength(3);
  });

  test("thoughts, annotations and refusals go back to the families that want them", () => {
    const annotations = [{ type: "URL_CITATION" }];
    const content: AssistantPart[] = [
      { type: "reasoning", text: "Hm." },
      { type: "refusal", text: "No." },
      { type: "provider", provider: "oci", item: { type: "annotations", items: annotations } },
    ];
    expect(messagesOf([{ role: "assistant", content }], "openai.gpt-5")).toEqual([
      { role: "ASSISTANT", content: text("."), refusal: "No.", annotations, reasoningContent: "Hm." },
    ]);
    expect(messagesOf([{ role: "assistant", content }], "meta.llama-3.3-70b-instruct")).toEqual([
      { role: "ASSISTANT", content: text("No."), annotations },
    ]);
  });

  test("Gemini gets a result behind every single call, in the calls' order, and attachments behind all of them", () => {
    const image = { type: "image", url: "https://x/y.png" } as const;
    const messages = messagesOf(
      [
        { role: "user", content: "Q" },
        { role: "assistant", content: [{ type: "text", text: "T" }, ...calls("1", "2", "3")] },
        { role: "tool", callId: "3", name: "f", content: "three" },
        { role: "tool", callId: "1", name: "f", content: [{ type: "text", text: "one" }, image] },
        { role: "tool", callId: "2", name: "f", content: "two" },
        { role: "assistant", content: calls("4") },
        { role: "tool", callId: "4", name: "f", content: "four" },
      ],
      "google.gemini-2.5-flash",
    ) as readonly JsonObject[];
    const shape = messages.map(({ role, toolCallId, toolCalls }) =>
      role === "ASSISTANT"
        ? `calls ${(toolCalls as readonly JsonObject[]).map(({ id }) => id).join()}`
        : (toolCallId ?? role),
    );
    expect(shape).toEqual(["USER", "calls 1", "1", "calls 2", "2", "calls 3", "3", "USER", "calls 4", "4"]);
    expect(messages.map(({ content }) => content)[3]).toEqual(text("."));
    expect(messages[7]).toMatchObject({ content: [{ type: "TEXT" }, { type: "IMAGE" }] });
  });
});

test("web search is the hosted tool there is; every other one is refused", () => {
  const search = hostedTool.webSearch({ contextSize: "high", country: "NO" });
  expect(encode({ hostedTools: [search] }).chatRequest.webSearchOptions).toEqual({
    searchContextSize: "HIGH",
    userLocation: { country: "NO" },
  });
  expect(() => encode({ hostedTools: [{ hosted: "mcp", name: "x", options: {} }] })).toThrow(
    /hosted tool "mcp"/,
  );
});
