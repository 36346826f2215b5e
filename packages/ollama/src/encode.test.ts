/** Requests on the wire: every setting, every kind of message, and a word for what cannot be sent. */
import {
  type AssistantPart,
  deepFreeze,
  InvalidRequestError,
  type JsonObject,
  type Message,
  type ModelRequest,
} from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EncodeTarget, encodeRequest } from "./encode.ts";

const ask: Message = { role: "user", content: "Hi" };
const target: EncodeTarget = { modelId: "m", vision: true };
const encode = (request: Partial<ModelRequest>, more: Partial<EncodeTarget> = {}) =>
  encodeRequest({ messages: [ask], ...request }, { ...target, ...more });
const messagesOf = (...messages: readonly Message[]): unknown => encode({ messages }).body.messages;
const weather = { name: "weather", description: "Weather.", parameters: { type: "object" } };
const PNG = "iVBORw0KGgo=";

describe("settings", () => {
  it("are not sent where they are not set", () => {
    expect(encode({})).toEqual({ body: { model: "m", messages: [ask], stream: true }, warnings: [] });
  });

  it("have the server's names", () => {
    const settings = {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      seed: 7,
      stop: ["END"],
      maxOutputTokens: 100,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
    };
    expect(encode({ settings }, { numCtx: 8192, keepAlive: "10m", think: true })).toEqual({
      body: {
        model: "m",
        messages: [ask],
        think: true,
        keep_alive: "10m",
        options: {
          num_ctx: 8192,
          temperature: 0.5,
          top_p: 0.9,
          top_k: 40,
          seed: 7,
          stop: ["END"],
          num_predict: 100,
          frequency_penalty: 0.1,
          presence_penalty: 0.2,
        },
        stream: true,
      },
      warnings: [],
    });
  });

  it("of which the server knows nothing are told of", () => {
    const { body, warnings } = encode({
      settings: { verbosity: "low", serviceTier: "flex", reasoning: { summary: "auto" } },
    });
    expect(body).toEqual({ model: "m", messages: [ask], stream: true });
    expect(warnings).toEqual([
      expect.stringContaining("verbosity"),
      expect.stringContaining("serviceTier"),
      expect.stringContaining("summaries"),
    ]);
  });

  it("of one's own go along, options among the others, and cannot end streaming", () => {
    const extraBody = { options: { min_p: 0.1, temperature: 1 }, truncate: false, stream: false };
    expect(encode({ settings: { temperature: 0, extraBody } }, { numCtx: 4096 }).body).toMatchObject({
      options: { num_ctx: 4096, min_p: 0.1, temperature: 1 },
      truncate: false,
      stream: true,
    });
  });

  it.each([
    ["none", false, 0],
    ["minimal", "low", 1],
    ["low", "low", 0],
    ["medium", "medium", 0],
    ["high", "high", 0],
    ["xhigh", "high", 1],
  ] as const)("ask for effort %s as think %s, over what the model was made with", (effort, think, told) => {
    const { body, warnings } = encode({ settings: { reasoning: { effort } } }, { think: true });
    expect(body.think).toBe(think);
    expect(warnings).toHaveLength(told);
  });
});

describe("tools", () => {
  it("are sent as functions, and answers bound to a schema by it", () => {
    const schema = { type: "object", properties: { a: { type: "number" } } };
    expect(encode({ tools: [weather], toolChoice: "auto" }).body.tools).toEqual([
      { type: "function", function: weather },
    ]);
    expect(encode({ outputSchema: { name: "a", schema } })).toMatchObject({
      body: { format: schema },
      warnings: [],
    });
  });

  it("bind an answer in the words of a grammar, and what it lacks is told", () => {
    const schema = {
      type: "object",
      properties: {
        code: { type: "string", pattern: "^[A-Z]+$" },
        word: { type: "string", pattern: "\\w" },
        any: { description: "Anything." },
      },
    };
    expect(encode({ outputSchema: { name: "a", schema } })).toMatchObject({
      body: { format: { properties: { code: schema.properties.code, word: { type: "string" }, any: {} } } },
      warnings: ['output schema "a": /properties/word: pattern is not understood by Ollama and was left out'],
    });
  });

  it("that are not to be called are not sent", () => {
    expect(encode({ tools: [weather], toolChoice: "none" })).toMatchObject({
      body: { stream: true },
      warnings: [],
    });
    expect(encode({ tools: [weather], toolChoice: "none" }).body).not.toHaveProperty("tools");
  });

  it.each([
    [{ toolChoice: "required" }, "some tool"],
    [{ toolChoice: { name: "weather" } }, 'tool "weather"'],
    [{ settings: { parallelToolCalls: false } }, "one tool at a time"],
    [{ outputSchema: { name: "report", schema: {} } }, "bound to a schema may call no tools"],
  ] as const)("with %j come with a warning", (request, warning) => {
    const { body, warnings } = encode({ tools: [weather], ...request });
    expect(body.tools).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(encode(request).warnings).toEqual([]);
  });

  it("of the provider's own are refused", () => {
    const hosted = { hosted: "web_search", name: "web", options: {} } as const;
    expect(() => encode({ hostedTools: [hosted] })).toThrow(InvalidRequestError);
  });
});

describe("messages", () => {
  it("carry calls with arguments as objects, thoughts, and results by the tool's name", () => {
    expect(
      messagesOf(
        { role: "system", content: "Be brief." },
        { role: "system", content: " " },
        ask,
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm." },
            { type: "text", text: "I look." },
            { type: "tool_call", id: "c1", name: "weather", arguments: '{"city":"Oslo"}' },
            { type: "tool_call", id: "c2", name: "now", arguments: "" },
            { type: "text", text: "Wait." },
          ],
        },
        { role: "tool", callId: "c1", name: "weather", content: "rain" },
        { role: "tool", callId: "c2", name: "now", content: "no clock", isError: true },
      ),
    ).toEqual([
      { role: "system", content: "Be brief." },
      ask,
      {
        role: "assistant",
        content: "I look.\n\nWait.",
        thinking: "Hm.",
        tool_calls: [
          { id: "c1", function: { name: "weather", arguments: { city: "Oslo" } } },
          { id: "c2", function: { name: "now", arguments: {} } },
        ],
      },
      { role: "tool", tool_name: "weather", tool_call_id: "c1", content: "rain" },
      { role: "tool", tool_name: "now", tool_call_id: "c2", content: "Error: no clock" },
    ]);
  });

  it.each(['{"city": "Osl', "[1]", '"Oslo"'])("wrap arguments that are no object: %s", (text) => {
    const call: AssistantPart = { type: "tool_call", id: "c", name: "f", arguments: text };
    const { body, warnings } = encode({ messages: [{ role: "assistant", content: [call] }] });
    expect(body.messages).toMatchObject([{ tool_calls: [{ function: { arguments: { arguments: text } } }] }]);
    expect(warnings).toEqual([expect.stringContaining('a call of "f"')]);
  });

  it("carry images beside their text, from data and from data URLs", () => {
    const content = [
      { type: "text", text: "What" },
      { type: "image", data: PNG },
      { type: "image", url: `data:image/png;base64,${PNG}` },
      { type: "image", url: "data:image/svg+xml,%3Csvg/%3E 100%" },
      { type: "text", text: "is this?" },
    ] as const;
    expect(messagesOf({ role: "user", content })).toEqual([
      {
        role: "user",
        content: "What\nis this?",
        images: [PNG, PNG, Buffer.from("<svg/> 100%").toString("base64")],
      },
    ]);
  });

  it("bring the images of results in a user message behind all of them", () => {
    const calls: readonly AssistantPart[] = ["a", "b"].map((id) => ({
      type: "tool_call",
      id,
      name: "shot",
      arguments: "{}",
    }));
    const { body, warnings } = encode({
      messages: [
        ask,
        { role: "assistant", content: calls },
        { role: "tool", callId: "a", name: "shot", content: [{ type: "image", data: PNG }] },
        { role: "tool", callId: "b", name: "shot", content: "none" },
      ],
    });
    expect(body.messages).toMatchObject([
      {},
      {},
      { role: "tool", content: "[1 image(s): see the user message that follows]" },
      { role: "tool", content: "none" },
      { role: "user", images: [PNG] },
    ]);
    expect(warnings).toEqual([expect.stringContaining('the result of "shot" holds images')]);
  });

  it("leave out of history what cannot be sent, with a note in its place and a warning", () => {
    const content = [
      { type: "image", url: "https://example.com/secret.png" },
      { type: "file", data: "QQ==", mediaType: "application/pdf" },
      { type: "audio", data: "QQ==", format: "wav" },
    ] as const;
    const { body, warnings } = encode({ messages: [{ role: "user", content }] });
    expect(body.messages).toMatchObject([
      { content: expect.stringMatching(/image by URL.*\n.*a file.*\n.*audio/) },
    ]);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(warnings).toHaveLength(3);
    const blind = encode(
      { messages: [{ role: "user", content: [{ type: "image", data: PNG }] }] },
      { vision: false },
    );
    expect(JSON.stringify(blind.body)).not.toContain(PNG);
    expect(blind.warnings).toHaveLength(1);
  });

  it("are encoded once where they are frozen, with their warnings each time", () => {
    const message: Message = deepFreeze({
      role: "assistant",
      content: [{ type: "provider", provider: "x", item: {} }],
    });
    const [first, second] = [encode({ messages: [message] }), encode({ messages: [message] })];
    expect((first.body.messages as readonly JsonObject[])[0]).toBe(
      (second.body.messages as readonly JsonObject[])[0],
    );
    expect(second.warnings).toEqual(first.warnings);
  });

  it("bring any arguments back as they came", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const text = JSON.stringify(args);
        const call: AssistantPart = { type: "tool_call", id: "c", name: "f", arguments: text };
        expect(messagesOf({ role: "assistant", content: [call] })).toMatchObject([
          { tool_calls: [{ function: { arguments: JSON.parse(text) as object } }] },
        ]);
      }),
    );
  });
});
