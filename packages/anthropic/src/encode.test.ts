/** Requests as the Messages API takes them. */
import {
  InvalidRequestError,
  type JsonObject,
  type Message,
  type ModelRequest,
  type TextPart,
  type ToolCallPart,
  type ToolDefinition,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { type EncodedRequest, encodeMessagesRequest, type MessagesTarget } from "./encode.ts";
import { claudeFamily } from "./families.ts";

const hi: Message = { role: "user", content: "Hi" };
const weather: ToolDefinition = {
  name: "get_weather",
  description: "Weather.",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};
const outputSchema = {
  name: "the answer",
  schema: { type: "object", properties: { n: { type: "number" } } },
};

function encode(
  request: Partial<ModelRequest>,
  modelId = "claude-sonnet-4-5",
  target: Partial<MessagesTarget> = {},
): EncodedRequest {
  return encodeMessagesRequest(
    { messages: [hi], ...request },
    { modelId, family: claudeFamily(modelId), stream: false, ...target },
  );
}
const messagesOf = (messages: readonly Message[]): unknown => encode({ messages }).body.messages;
const text = (said: string): TextPart & JsonObject => ({ type: "text", text: said });

describe("a conversation", () => {
  it("that asks nothing is refused before it is sent", () => {
    const nothing: readonly Message[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "  " },
    ];
    expect(() => encode({ messages: nothing })).toThrow(InvalidRequestError);
    expect(() => encode({ messages: nothing })).toThrow("was asked nothing");
  });

  it("that begins with the assistant begins with a note of the user's, and says so", () => {
    const greeted: readonly Message[] = [{ role: "assistant", content: [text("Hello.")] }, hi];
    const { body, warnings } = encode({ messages: greeted });
    expect(body.messages).toEqual([
      { role: "user", content: [text("[The assistant began this conversation.]")] },
      { role: "assistant", content: [text("Hello.")] },
      { role: "user", content: [text("Hi")] },
    ]);
    expect(warnings).toEqual([expect.stringContaining("began with the assistant")]);
  });

  it("leaves out of its past a file that another provider has, and says so", () => {
    const past: readonly Message[] = [
      { role: "user", content: [text("Read."), { type: "file", fileId: "file-abc123" }] },
      { role: "assistant", content: [text("Done.")] },
      hi,
    ];
    expect(JSON.stringify(messagesOf(past))).not.toContain("file-abc123");
    expect(encode({ messages: past }).warnings).toEqual([expect.stringContaining("another provider")]);
  });

  it("has its system prompt apart, and neighbours of one role in one turn", () => {
    const { body, warnings } = encode({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "system", content: " " },
        hi,
        { role: "user", content: [{ type: "text", text: "" }, text("Again")] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Yes?" },
            { type: "text", text: "\n" },
          ],
        },
        { role: "user", content: "" },
        { role: "user", content: "Well" },
      ],
    });
    expect(body.system).toEqual([text("Be brief.")]);
    expect(body.messages).toEqual([
      { role: "user", content: [text("Hi"), text("Again")] },
      { role: "assistant", content: [text("Yes?")] },
      { role: "user", content: [text("Well")] },
    ]);
    expect(warnings).toEqual([]);
  });

  it("keeps a later system message in its place, as a note", () => {
    const { body, warnings } = encode({ messages: [hi, { role: "system", content: "Now in French." }] });
    expect(body).not.toHaveProperty("system");
    expect(body.messages).toEqual([
      { role: "user", content: [text("Hi"), text("<system>\nNow in French.\n</system>")] },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it("answers calls at the beginning of the user's turn, failures marked, images and files inside", () => {
    const call = (id: string): ToolCallPart => ({
      type: "tool_call",
      id,
      name: "get_weather",
      arguments: '{"city":"Oslo"}',
    });
    const messages: readonly Message[] = [
      hi,
      { role: "assistant", content: [call("a"), call("b"), call("c")] },
      { role: "tool", callId: "a", name: "get_weather", content: "rain" },
      { role: "tool", callId: "b", name: "get_weather", content: "", isError: true },
      {
        role: "tool",
        callId: "c",
        name: "get_weather",
        content: [
          { type: "text", text: "A chart:" },
          { type: "image", data: "iVBORw0KGgoAAA" },
          { type: "audio", data: "UklGR", format: "wav" },
        ],
      },
      { role: "user", content: "And Bergen?" },
    ];
    const { body, warnings } = encode({ messages });
    expect(body.messages).toEqual([
      { role: "user", content: [text("Hi")] },
      {
        role: "assistant",
        content: ["a", "b", "c"].map((id) => ({
          type: "tool_use",
          id,
          name: "get_weather",
          input: { city: "Oslo" },
        })),
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "rain" },
          {
            type: "tool_result",
            tool_use_id: "b",
            content: "the tool failed without a message",
            is_error: true,
          },
          {
            type: "tool_result",
            tool_use_id: "c",
            content: [
              text("A chart:"),
              { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgoAAA" } },
              text("[left out: audio (wav), which this model cannot read]"),
            ],
          },
          text("And Bergen?"),
        ],
      },
    ]);
    expect(warnings).toEqual([
      'the result of "get_weather" held audio (wav), which Claude cannot read: it was left out',
    ]);
  });

  it("gives ids of other providers in characters that the API takes, each its own, the same in call and result", () => {
    const ids = ["call.1:x", "call_1_x", "call/1/x", "toolu_9", ""];
    const messages: readonly Message[] = [
      hi,
      {
        role: "assistant",
        content: ids.map((id) => ({ type: "tool_call", id, name: "f", arguments: "" })),
      },
      ...ids.map((callId): Message => ({ role: "tool", callId, name: "f", content: callId })),
    ];
    const sent = JSON.parse(JSON.stringify(messagesOf(messages))) as {
      content: { id?: string; tool_use_id?: string; input?: object }[];
    }[];
    const called = sent[1]?.content.map(({ id }) => id);
    expect(called).toEqual(["call_1_x", "call_1_x_2", "call_1_x_3", "toolu_9", "call"]);
    expect(sent[2]?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(called);
    expect(sent[1]?.content[0]?.input).toEqual({});
  });

  it("leaves out what is another model's, and says so", () => {
    const { body, warnings } = encode({
      messages: [
        hi,
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm.", id: "rs_1", encrypted: "x" },
            { type: "provider", provider: "openai.responses", item: { type: "web_search_call" } },
            { type: "reasoning", text: "Mine.", signature: "s" },
            { type: "refusal", text: "I would rather not." },
          ],
        },
        hi,
      ],
    });
    expect(body.messages).toMatchObject([
      {},
      {
        content: [{ type: "thinking", thinking: "Mine.", signature: "s" }, text("I would rather not.")],
      },
      {},
    ]);
    expect(warnings).toEqual([
      "the reasoning of another model was left out: a model is given no thoughts but its own",
      'an item of provider "openai.responses" has no place in the Messages API and was left out',
    ]);
  });

  it.each(['{"city": "Osl', "[1]", '"text"'])("keeps arguments that are no object: %s", (written) => {
    const { body, warnings } = encode({
      messages: [
        hi,
        { role: "assistant", content: [{ type: "tool_call", id: "a", name: "f", arguments: written }] },
      ],
    });
    expect(body.messages).toMatchObject([{}, { content: [{ input: { unparsed_arguments: written } }] }]);
    expect(warnings).toHaveLength(1);
  });

  it("refuses what the user has just said and cannot be sent; of what was said before, leaves it out", () => {
    const audio: Message = { role: "user", content: [{ type: "audio", data: "UklGR", format: "wav" }] };
    expect(() => encode({ messages: [audio] })).toThrow(InvalidRequestError);
    expect(() => encode({ messages: [audio] })).toThrow(/audio \(wav\), and part 1/);
    const later = encode({
      messages: [audio, { role: "assistant", content: [{ type: "text", text: "?" }] }, hi],
    });
    expect(later.warnings).toHaveLength(1);
  });
});

describe("tools", () => {
  it("are sent with their schemas, bound where the family can bind them", () => {
    const strict = { ...weather, strict: true };
    expect(encode({ tools: [weather, strict] }).body.tools).toEqual([
      { name: "get_weather", description: "Weather.", input_schema: weather.parameters },
      {
        name: "get_weather",
        description: "Weather.",
        input_schema: { ...weather.parameters, additionalProperties: false },
        strict: true,
      },
    ]);
    const old = encode(
      { tools: [strict, { name: "now", description: "", parameters: {} }] },
      "claude-opus-4-1",
    );
    expect(old.body.tools).toEqual([
      { name: "get_weather", description: "Weather.", input_schema: weather.parameters },
      { name: "now", input_schema: { type: "object" } },
    ]);
    expect(old.warnings).toHaveLength(1);
  });

  it.each([
    ["auto", undefined, { type: "auto" }],
    ["none", true, { type: "none" }],
    ["required", undefined, { type: "any" }],
    [{ name: "get_weather" }, false, { type: "tool", name: "get_weather", disable_parallel_tool_use: true }],
    [undefined, false, { type: "auto", disable_parallel_tool_use: true }],
    [undefined, true, { type: "auto", disable_parallel_tool_use: false }],
    [undefined, undefined, undefined],
  ] as const)("choice %j, parallel %j becomes %j", (toolChoice, parallelToolCalls, expected) => {
    const { body, warnings } = encode({
      tools: [weather],
      ...(toolChoice === undefined ? {} : { toolChoice }),
      settings: parallelToolCalls === undefined ? {} : { parallelToolCalls },
    });
    expect(body.tool_choice).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it("are left to models that cannot be made to call one, with a warning", () => {
    const asked = { tools: [weather], toolChoice: "required" } as const;
    const always = encode(asked, "claude-opus-5-5");
    const thinks = encode({ ...asked, settings: { reasoning: { effort: "low" } } });
    for (const { body, warnings } of [always, thinks]) {
      expect(body.tool_choice).toEqual({ type: "auto" });
      expect(warnings).toHaveLength(1);
    }
  });

  it("have no choice where there are none, and are refused where the provider would run them", () => {
    const { body } = encode({ toolChoice: "required", settings: { parallelToolCalls: false } });
    expect(body).not.toHaveProperty("tool_choice");
    expect(() => encode({ hostedTools: [{ hosted: "web_search", name: "web", options: {} }] })).toThrow(
      InvalidRequestError,
    );
  });
});

describe("thinking within a budget", () => {
  const settings = { reasoning: { effort: "low" } } as const;
  const call: ToolCallPart = { type: "tool_call", id: "a", name: "f", arguments: "{}" };
  const result: Message = { role: "tool", callId: "a", name: "f", content: "1" };
  const thinking = (messages: readonly Message[], modelId?: string): EncodedRequest =>
    encode({ messages, settings }, modelId);

  it("goes on where the calls being answered were thought of, and begins with a new question", () => {
    const signed = { type: "reasoning", text: "Hm.", signature: "s" } as const;
    const conversations: readonly (readonly Message[])[] = [
      [hi, { role: "assistant", content: [signed, call] }, result],
      [hi, { role: "assistant", content: [{ type: "text", text: "Yes?" }] }, hi],
    ];
    for (const messages of conversations) {
      const { body, warnings } = thinking(messages);
      expect(body.thinking).toEqual({ type: "enabled", budget_tokens: 2048 });
      expect(warnings).toEqual([]);
    }
  });

  it("waits where they were made without: the API refuses a turn that begins to think in its middle", () => {
    const messages: readonly Message[] = [hi, { role: "assistant", content: [call] }, result];
    const { body, warnings } = thinking(messages);
    expect(body).not.toHaveProperty("thinking");
    expect(warnings).toHaveLength(1);
    expect(thinking(messages, "claude-opus-5-5").body.thinking).toEqual({ type: "adaptive" });
  });
});

describe("an output schema", () => {
  const closed = { ...outputSchema.schema, additionalProperties: false };

  it("binds the answer, beside the effort and what the caller adds", () => {
    const { body, answerTool } = encode(
      {
        outputSchema,
        settings: { reasoning: { effort: "low" }, extraBody: { output_config: { effort: "max" } } },
      },
      "claude-sonnet-5-5",
    );
    expect(body.output_config).toEqual({ effort: "max", format: { type: "json_schema", schema: closed } });
    expect(answerTool).toBeUndefined();
  });

  it("is a tool that has to be called where the family cannot be bound", () => {
    const { body, answerTool } = encode({ outputSchema }, "claude-3-5-haiku-20241022");
    expect(answerTool).toBe("the_answer");
    expect(body).toMatchObject({
      tools: [{ name: "the_answer", input_schema: outputSchema.schema }],
      tool_choice: { type: "tool", name: "the_answer", disable_parallel_tool_use: true },
    });
    const beside = encode({ outputSchema, tools: [{ ...weather, name: "the_answer" }] }, "claude-opus-4-1");
    expect(beside.answerTool).toBe("the_answer_");
    expect(beside.body.tool_choice).toMatchObject({ type: "any" });
  });
});

describe("prompt caching", () => {
  const asked: Partial<ModelRequest> = {
    tools: [weather, { ...weather, name: "other" }],
    messages: [
      { role: "system", content: "Be brief." },
      { role: "system", content: "Be kind." },
      { role: "user", content: "One" },
      { role: "assistant", content: [{ type: "text", text: "1" }] },
      {
        role: "user",
        content: [
          { type: "text", text: "Two" },
          { type: "image", url: "https://a/b.png" },
        ],
      },
    ],
  };
  const marked = (body: JsonObject): readonly string[] =>
    JSON.stringify(body).match(/\{[^{}]*"cache_control"/g) ?? [];

  it("marks the last tool, the end of the system prompt and of the user's last turn", () => {
    const { body } = encode(asked, "claude-sonnet-4-5", { promptCaching: true });
    const cache_control = { type: "ephemeral" };
    expect(body.tools).toMatchObject([{}, { name: "other", cache_control }]);
    expect(body.system).toEqual([text("Be brief."), { ...text("Be kind."), cache_control }]);
    expect(body.messages).toMatchObject([
      {},
      {},
      {
        content: [
          text("Two"),
          { type: "image", source: { type: "url", url: "https://a/b.png" }, cache_control },
        ],
      },
    ]);
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(3);
  });

  it("marks nothing unless it is asked for", () => {
    expect(marked(encode(asked).body)).toEqual([]);
  });
});

describe("extraBody", () => {
  it("has the last word on everything but whether to stream", () => {
    const { body } = encode({
      settings: { extraBody: { max_tokens: 7, stream: true, metadata: { user_id: "u" } } },
    });
    expect(body).toMatchObject({ max_tokens: 7, stream: false, metadata: { user_id: "u" } });
  });
});
