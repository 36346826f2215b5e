/** COHERE bodies: a conversation as what is asked, what was said and what came back. */
import type { Message, ModelRequest, ToolCallPart } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targetFor } from "../../../test/native-encode.ts";
import type { NativeChatOptions } from "../options.ts";
import { encodeCohere } from "./encode.ts";

const encode = (request: Partial<ModelRequest>, options: NativeChatOptions = {}, stream = false) =>
  encodeCohere(
    { messages: [{ role: "user", content: "Hi" }], ...request },
    targetFor("cohere.command-r-08-2024", stream, options),
  );
const bodyOf = (...messages: readonly Message[]) => encode({ messages }).chatRequest;
const tool = {
  name: "f",
  description: "F.",
  parameters: { type: "object", properties: { a: { type: "string" } } },
};
const call = (id: string, args: string, name = "f"): ToolCallPart => ({
  type: "tool_call",
  id,
  name,
  arguments: args,
});
const result = (callId: string, content: string, isError = false): Message => ({
  role: "tool",
  callId,
  name: "f",
  content,
  ...(isError ? { isError: true } : {}),
});
const user = (content: string): Message => ({ role: "user", content });

describe("the conversation", () => {
  test("its last words are the message, its first instructions the preamble, the rest its history in order", () => {
    expect(
      bodyOf(
        { role: "system", content: "Be brief." },
        { role: "system", content: "Be kind." },
        user("One"),
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "hm" },
            { type: "text", text: "1" },
          ],
        },
        { role: "system", content: "Now in French." },
        user("Two"),
      ),
    ).toEqual({
      apiFormat: "COHERE",
      isStream: false,
      message: "Two",
      preambleOverride: "Be brief.\n\nBe kind.",
      chatHistory: [
        { role: "USER", message: "One" },
        { role: "CHATBOT", message: "1" },
        { role: "SYSTEM", message: "Now in French." },
      ],
    });
  });

  test("two calls of one tool in one turn come back with the parameters each was made with", () => {
    expect(
      bodyOf(
        user("Weather?"),
        { role: "assistant", content: [call("1", '{"a":"Oslo"}'), call("2", '{"a":"Rio"}')] },
        result("2", "hot"),
        result("1", '{"tempC":3}'),
      ),
    ).toMatchObject({
      message: "",
      chatHistory: [
        { role: "USER", message: "Weather?" },
        {
          role: "CHATBOT",
          message: " ",
          toolCalls: [
            { name: "f", parameters: { a: "Oslo" } },
            { name: "f", parameters: { a: "Rio" } },
          ],
        },
      ],
      toolResults: [
        { call: { name: "f", parameters: { a: "Rio" } }, outputs: [{ result: "hot" }] },
        { call: { name: "f", parameters: { a: "Oslo" } }, outputs: [{ tempC: 3 }] },
      ],
    });
  });

  test("results that were answered are history, and never stand beside a new message", () => {
    const body = bodyOf(
      user("Q"),
      { role: "assistant", content: [call("1", "{}")] },
      result("1", "007"),
      user("And?"),
    );
    expect(body).not.toHaveProperty("toolResults");
    expect(body).toMatchObject({
      message: "And?",
      chatHistory: [
        { role: "USER" },
        { role: "CHATBOT" },
        // Not the number seven.
        {
          role: "TOOL",
          toolResults: [{ call: { name: "f", parameters: {} }, outputs: [{ result: "007" }] }],
        },
      ],
    });
  });

  test("a reminder behind the results, or behind the question, leaves them what they are", () => {
    const reminder: Message = { role: "system", content: "Hurry." };
    const turn: Message[] = [
      user("Q"),
      { role: "assistant", content: [call("1", "")] },
      result("1", "x", true),
    ];
    expect(bodyOf(...turn, reminder)).toMatchObject({
      message: "",
      toolResults: [{ outputs: [{ error: "Error: x" }] }],
      chatHistory: [{ role: "USER" }, { role: "CHATBOT" }, { role: "SYSTEM", message: "Hurry." }],
    });
    expect(bodyOf(user("Q"), reminder)).toMatchObject({
      message: "Q",
      chatHistory: [{ role: "SYSTEM", message: "Hurry." }],
    });
  });

  test("a result whose call is gone, and arguments that are no object, are told as they are", () => {
    const { chatRequest, warnings } = encode({
      messages: [user("Q"), { role: "assistant", content: [call("1", "[1]")] }, result("9", "x")],
    });
    expect(chatRequest).toMatchObject({
      chatHistory: [{}, { toolCalls: [{ parameters: { arguments: "[1]" } }] }],
      toolResults: [{ call: { name: "f", parameters: {} } }],
    });
    expect(warnings).toEqual([expect.stringContaining("no JSON object")]);
  });

  test("whatever the conversation, there is a message or there are results, never both, and no text is empty", () => {
    const message = fc.oneof(
      fc.record({ role: fc.constant("system" as const), content: fc.string() }),
      fc.record({ role: fc.constant("user" as const), content: fc.string() }),
      fc.record({ role: fc.constant("assistant" as const), content: fc.constant([call("1", "{}")]) }),
      fc.constant(result("1", "r")),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const body = bodyOf(...messages);
        expect(body.message === "").toBe(body.toolResults !== undefined);
        for (const each of (body.chatHistory ?? []) as readonly { role: string; message?: string }[]) {
          if (each.role !== "TOOL") expect(each.message).not.toBe("");
        }
      }),
    );
  });
});

describe("the settings", () => {
  test("have their names here, and options theirs", () => {
    const settings = {
      temperature: 0.5,
      topP: 0.7,
      topK: 500,
      maxOutputTokens: 16_000,
      stop: ["."],
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      extraBody: { promptTruncation: "OFF" },
    };
    const documents = [{ id: "1", snippet: "x" }];
    const options = { documents, safetyMode: "STRICT", citationQuality: "FAST" } as const;
    expect(encode({ settings }, options, true).chatRequest).toEqual({
      apiFormat: "COHERE",
      isStream: true,
      streamOptions: { isIncludeUsage: true },
      message: "Hi",
      temperature: 0.5,
      topP: 0.7,
      topK: 500,
      maxTokens: 16_000,
      stopSequences: ["."],
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      promptTruncation: "OFF",
      ...options,
    });
  });

  test("what this format does not have is told", () => {
    const { warnings } = encode(
      {
        settings: {
          reasoning: { effort: "low" },
          verbosity: "low",
          serviceTier: "auto",
          parallelToolCalls: false,
        },
        tools: [tool],
        toolChoice: "required",
        messages: [{ role: "user", content: [{ type: "audio", data: "", format: "wav" }] }],
      },
      { citationQuality: "OFF" },
    );
    expect(warnings).toHaveLength(7);
  });

  test("results beside tools leave the model its next step, unless no more calls are wanted", () => {
    const messages: Message[] = [
      user("Q"),
      { role: "assistant", content: [call("1", "{}")] },
      result("1", "x"),
    ];
    const answering = encode({ messages, tools: [tool] }).chatRequest;
    expect(answering).toMatchObject({ message: "", tools: [{ name: "f" }] });
    expect(answering).not.toHaveProperty("isForceSingleStep");
    expect(encode({ messages, tools: [tool], toolChoice: "none" }).chatRequest).toMatchObject({
      tools: [{ name: "f" }],
      isForceSingleStep: true,
    });
    // Results are refused without tools, as in the call that sums up when an agent has reached its limit.
    expect(encode({ messages }).chatRequest).toMatchObject({
      tools: [{ name: "f", description: "Not available any more." }],
      isForceSingleStep: true,
    });
    expect(encode({ tools: [tool] }).chatRequest).not.toHaveProperty("isForceSingleStep");
  });

  test("a schema binds the answer, but not beside tools", () => {
    const outputSchema = { name: "out", schema: { type: "object" } };
    expect(encode({ outputSchema }).chatRequest.responseFormat).toEqual({
      type: "JSON_OBJECT",
      schema: { type: "object" },
    });
    const { chatRequest, warnings } = encode({ outputSchema, tools: [tool] });
    expect(chatRequest).not.toHaveProperty("responseFormat");
    expect(warnings).toEqual([expect.stringContaining('"out" was not sent')]);
  });

  test("a choice of tools is made by what is offered", () => {
    const tools = [tool, { ...tool, name: "g" }];
    expect(encode({ tools, toolChoice: "none" })).toMatchObject({
      chatRequest: { message: "Hi" },
      warnings: [],
    });
    expect(encode({ tools, toolChoice: "none" }).chatRequest).not.toHaveProperty("tools");
    expect(encode({ tools, toolChoice: { name: "g" } }).chatRequest.tools).toMatchObject([{ name: "g" }]);
    expect(encode({ tools, toolChoice: "auto" }).chatRequest.tools).toHaveLength(2);
  });

  test("hosted tools are refused", () => {
    const hostedTools = [{ hosted: "web_search", name: "web_search", options: {} }] as const;
    expect(() => encode({ hostedTools })).toThrow(/hosted tool "web_search"/);
  });
});
