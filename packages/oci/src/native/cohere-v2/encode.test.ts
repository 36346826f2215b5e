/** COHEREV2 bodies: contents of several kinds, plans, nested tools, thinking. */
import type { AssistantPart, ModelRequest } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { targetFor } from "../../../test/native-encode.ts";
import { TOOL_PLAN } from "../answer.ts";
import type { NativeChatOptions } from "../options.ts";
import { encodeCohereV2 } from "./encode.ts";

const THINKER = "cohere.command-a-reasoning-08-2025";
const encode = (
  request: Partial<ModelRequest>,
  modelId = THINKER,
  options: NativeChatOptions = {},
  stream = false,
) =>
  encodeCohereV2(
    { messages: [{ role: "user", content: "Hi" }], ...request },
    targetFor(modelId, stream, options),
  );
const text = (value: string) => [{ type: "TEXT", text: value }];
const tool = { name: "f", description: "F.", parameters: { type: "object" } };

test("messages keep roles, contents, plans, ids and citations", () => {
  const citations = [{ start: 0, end: 1, text: "T" }];
  const content: AssistantPart[] = [
    { type: "reasoning", text: "Hm." },
    { type: "reasoning", text: "I will ask.", id: TOOL_PLAN },
    { type: "tool_call", id: "f_1", name: "f", arguments: "" },
    { type: "provider", provider: "oci", item: { type: "citations", items: citations } },
  ];
  const sent = encode(
    {
      messages: [
        { role: "system", content: "S" },
        {
          role: "user",
          content: [
            { type: "text", text: "See" },
            { type: "image", url: "https://x/y.png", detail: "low" },
            {
              type: "file",
              data: Buffer.from("é").toString("base64"),
              mediaType: "text/plain",
              filename: "a.txt",
            },
          ],
        },
        { role: "assistant", content },
        { role: "tool", callId: "f_1", name: "f", content: "no", isError: true },
      ],
    },
    "cohere.command-a-vision-07-2025",
    { thinkingTokenBudget: 100 },
  );
  expect(sent.chatRequest.messages).toEqual([
    { role: "SYSTEM", content: text("S") },
    {
      role: "USER",
      content: [
        { type: "TEXT", text: "See" },
        { type: "IMAGE_URL", imageUrl: { url: "https://x/y.png", detail: "LOW" } },
        { type: "DOCUMENT", document: { id: "a.txt", data: { title: "a.txt", snippet: "é" } } },
      ],
    },
    {
      role: "ASSISTANT",
      content: [{ type: "THINKING", thinking: "Hm." }],
      toolPlan: "I will ask.",
      toolCalls: [{ id: "f_1", type: "FUNCTION", function: { name: "f", arguments: "{}" } }],
      citations,
    },
    { role: "TOOL", toolCallId: "f_1", content: text("Error: no") },
  ]);
});

test("thoughts go back only to a model that thinks, and no message is without content", () => {
  const messages = [{ role: "assistant", content: [{ type: "reasoning", text: "Hm." }] }] as const;
  expect(encode({ messages }, "cohere.command-a-vision-07-2025").chatRequest.messages).toEqual([
    { role: "ASSISTANT", content: text(".") },
  ]);
});

describe("tools", () => {
  test("are nested, and chosen by toolsChoice", () => {
    const { chatRequest } = encode({ tools: [{ ...tool, strict: true }], toolChoice: "required" });
    expect(chatRequest).toMatchObject({
      tools: [
        { type: "FUNCTION", function: { name: "f", description: "F.", parameters: { type: "object" } } },
      ],
      toolsChoice: "REQUIRED",
      isStrictToolsEnabled: true,
    });
    expect(chatRequest).not.toHaveProperty("toolChoice");
  });

  test("one that must be called is the only one offered", () => {
    const { chatRequest } = encode({ tools: [tool, { ...tool, name: "g" }], toolChoice: { name: "g" } });
    expect(chatRequest).toMatchObject({ tools: [{ function: { name: "g" } }], toolsChoice: "REQUIRED" });
    expect(encode({ tools: [tool], toolChoice: "none" }).chatRequest).toMatchObject({ toolsChoice: "NONE" });
    expect(encode({ tools: [tool], toolChoice: "auto" }).chatRequest).not.toHaveProperty("toolsChoice");
  });
});

test("thinking is switched by the effort, and limited by the option", () => {
  const thinking = (
    effort: "none" | "high" | undefined,
    options: NativeChatOptions = {},
    model = THINKER,
  ) => {
    const settings = effort === undefined ? {} : { reasoning: { effort } };
    const { chatRequest, warnings } = encode({ settings }, model, options);
    return [chatRequest.thinking, warnings.length];
  };
  expect(thinking("none")).toEqual([{ type: "DISABLED" }, 0]);
  expect(thinking("high")).toEqual([{ type: "ENABLED" }, 0]);
  expect(thinking("high", { thinkingTokenBudget: 500 })).toEqual([{ type: "ENABLED", tokenBudget: 500 }, 0]);
  expect(thinking(undefined)).toEqual([undefined, 0]);
  expect(thinking("high", {}, "cohere.command-a-vision-07-2025")).toEqual([undefined, 1]);
  expect(thinking("none", {}, "cohere.command-a-vision-07-2025")).toEqual([undefined, 0]);
});

test("settings and options have their names here", () => {
  const settings = { maxOutputTokens: 9, stop: ["."], topK: 3, extraBody: { priority: 1 } };
  const outputSchema = { name: "o", schema: { type: "object" } };
  const options = { safetyMode: "OFF", citationQuality: "OFF", documents: [{ data: { a: 1 } }] } as const;
  expect(encode({ settings, outputSchema }, THINKER, options, true).chatRequest).toEqual({
    apiFormat: "COHEREV2",
    isStream: true,
    streamOptions: { isIncludeUsage: true },
    messages: [{ role: "USER", content: text("Hi") }],
    maxTokens: 9,
    stopSequences: ["."],
    topK: 3,
    priority: 1,
    responseFormat: { type: "JSON_OBJECT", schema: { type: "object" } },
    safetyMode: "OFF",
    citationOptions: { mode: "OFF" },
    documents: options.documents,
  });
});

test("what cannot be read is named in the text, and told", () => {
  const content = [
    { type: "audio", data: "", format: "wav" },
    { type: "file", url: "https://x/y.pdf", filename: "y.pdf" },
  ] as const;
  const { chatRequest, warnings } = encode({ messages: [{ role: "user", content }] });
  expect(JSON.stringify(chatRequest.messages)).toMatch(/audio left out.*file left out: y\.pdf/);
  expect(warnings).toHaveLength(2);
});
