import {
  assistantMessage,
  DIALECTS,
  hostedTool,
  type JsonObject,
  type Message,
  type ModelRequest,
  toolMessage,
  userMessage,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { chatProfile, DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { type EncodedResponsesRequest, encodeResponsesRequest, type ResponsesTarget } from "./encode.ts";

const encode = (
  request: Partial<ModelRequest>,
  target: Partial<ResponsesTarget> = {},
): EncodedResponsesRequest =>
  encodeResponsesRequest(
    { messages: [], ...request },
    { modelId: "m", profile: DEFAULT_CHAT_PROFILE, stream: false, ...target },
  );
const itemsOf = (...messages: readonly Message[]): unknown => encode({ messages }).body.input;

describe("a Responses request", () => {
  it("sets nothing that was not asked for", () => {
    expect(encode({ messages: [userMessage("Hi")] })).toEqual({
      body: {
        model: "m",
        input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] }],
      },
      warnings: [],
    });
    expect(encode({}, { stream: true }).body).toEqual({ model: "m", stream: true, input: [] });
  });

  it("names settings as this API does, and warns of those it does not have", () => {
    const { body, warnings } = encode({
      tools: [{ name: "f", description: "", parameters: { type: "object" } }],
      settings: {
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 100,
        parallelToolCalls: false,
        reasoning: { effort: "low", summary: "auto" },
        verbosity: "low",
        serviceTier: "flex",
        topK: 4,
        stop: ["."],
        seed: 1,
        frequencyPenalty: 1,
        presencePenalty: 1,
      },
    });
    expect(body).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 100,
      parallel_tool_calls: false,
      reasoning: { effort: "low", summary: "auto" },
      text: { verbosity: "low" },
      service_tier: "flex",
    });
    for (const name of ["top_k", "stop", "seed", "frequency_penalty", "presence_penalty"]) {
      expect(body).not.toHaveProperty(name);
    }
    expect(warnings).toHaveLength(5);
    expect(warnings[0]).toBe("the Responses API has no setting like topK: it was not sent");
  });

  it("leaves out what a family refuses, and what means nothing without tools", () => {
    const profile = chatProfile({ name: "thinking", unsupported: ["temperature", "reasoning_effort"] });
    const { body, warnings } = encode(
      { settings: { temperature: 0.5, parallelToolCalls: true, reasoning: { effort: "low" } } },
      { profile },
    );
    expect(body).toEqual({ model: "m", input: [] });
    expect(warnings).toEqual([
      'models of the family "thinking" take no temperature: it was not sent',
      'models of the family "thinking" take no reasoning.effort: it was not sent',
    ]);
  });

  it("merges extra members, into groups as well, and unites what is to be included", () => {
    const { body } = encode(
      {
        outputSchema: { name: "o", schema: { type: "object" } },
        settings: {
          verbosity: "low",
          reasoning: { effort: "low" },
          extraBody: {
            metadata: { a: "b" },
            text: { verbosity: "high" },
            reasoning: { mode: "x" },
            include: ["file_search_call.results"],
          },
        },
      },
      { include: ["reasoning.encrypted_content"] },
    );
    expect(body).toMatchObject({
      metadata: { a: "b" },
      text: { verbosity: "high", format: { type: "json_schema" } },
      reasoning: { effort: "low", mode: "x" },
      include: ["reasoning.encrypted_content", "file_search_call.results"],
    });
  });

  it("carries tools flat, with strict said, and hosted tools under their type", () => {
    const { body } = encode({
      tools: [
        { name: "loose", description: "d", parameters: { type: "object", properties: {} } },
        {
          name: "tight",
          description: "d",
          parameters: { type: "object", properties: {}, additionalProperties: false },
          strict: true,
        },
      ],
      hostedTools: [
        hostedTool.fileSearch({ vectorStoreIds: ["vs_1"] }),
        hostedTool.mcp({ label: "wiki", url: "https://example.com/mcp" }),
      ],
    });
    expect(body.tools).toEqual([
      {
        type: "function",
        name: "loose",
        description: "d",
        parameters: { type: "object", properties: {} },
        strict: false,
      },
      expect.objectContaining({ type: "function", name: "tight", strict: true }),
      { type: "file_search", vector_store_ids: ["vs_1"] },
      {
        type: "mcp",
        server_label: "wiki",
        server_url: "https://example.com/mcp",
        require_approval: "always",
      },
    ]);
  });

  it.each([
    ["auto", "auto"],
    [{ name: "f" }, { type: "function", name: "f" }],
    [{ name: "file_search" }, { type: "file_search" }],
    [{ name: "mcp:wiki" }, { type: "mcp", server_label: "wiki" }],
  ])("chooses %j among tools as %j", (toolChoice, expected) => {
    const tools = [{ name: "f", description: "", parameters: {} }];
    const hostedTools = [
      hostedTool.fileSearch({ vectorStoreIds: [] }),
      hostedTool.mcp({ label: "wiki", url: "https://example.com" }),
    ];
    const choice = toolChoice as NonNullable<ModelRequest["toolChoice"]>;
    expect(encode({ tools, hostedTools, toolChoice: choice }).body.tool_choice).toEqual(expected);
    expect(encode({ toolChoice: choice }).body).not.toHaveProperty("tool_choice");
  });

  it("binds the answer where this API wants it, under text", () => {
    const outputSchema = {
      name: "o",
      description: "d",
      schema: { type: "object", title: "T" },
      strict: true,
    };
    const { body, warnings } = encode({ outputSchema });
    expect(body.text).toEqual({
      format: {
        type: "json_schema",
        name: "o",
        description: "d",
        schema: { type: "object", title: "T" },
        strict: false,
      },
    });
    expect(body).not.toHaveProperty("response_format");
    expect(warnings[0]).toContain("does not fit strict mode");
    const small = chatProfile({ name: "small", outputSchema: DIALECTS.gemini });
    expect(encode({ outputSchema }, { profile: small }).body.text).toMatchObject({
      format: { schema: { type: "object", properties: {} } },
    });
    const free = chatProfile({ name: "free", structuredOutput: "json_object" });
    expect(encode({ outputSchema }, { profile: free }).body.text).toEqual({
      format: { type: "json_object" },
    });
    const none = chatProfile({ name: "none", structuredOutput: "none" });
    expect(encode({ outputSchema }, { profile: none }).body).not.toHaveProperty("text");
  });
});

describe("a user's message", () => {
  it("carries text, images, files and audio in this API's forms", () => {
    const message = userMessage([
      { type: "text", text: "See:" },
      { type: "image", url: "https://example.com/a.png", detail: "low" },
      { type: "image", data: "iVBORw0KGgo=" },
      { type: "file", data: "AAAA", mediaType: "application/pdf", filename: "a.pdf" },
      { type: "file", url: "https://example.com/a.pdf" },
      { type: "file", fileId: "file_1" },
      { type: "audio", data: "AAAA", format: "wav" },
    ]);
    expect(itemsOf(message)).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "See:" },
          { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
          { type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
          { type: "input_file", file_url: "https://example.com/a.pdf" },
          { type: "input_file", file_id: "file_1" },
          { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
        ],
      },
    ]);
  });

  it("carries a data URL as data, however its scheme is written", () => {
    const message = userMessage([
      { type: "file", url: "DATA:application/pdf;base64,AAAA", filename: "a.pdf" },
    ]);
    expect(itemsOf(message)).toMatchObject([
      {
        content: [{ type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" }],
      },
    ]);
  });

  it("says in words what a family cannot be shown", () => {
    const profile = chatProfile({ name: "blind", input: { image: false, file: true, audio: false } });
    const messages = [userMessage([{ type: "image", data: "AAAA" }])];
    const { body, warnings } = encode({ messages }, { profile });
    expect(JSON.stringify(body.input)).toContain("[image left out: this model cannot read it]");
    expect(warnings).toEqual(['models of the family "blind" take no image input: it was left out']);
  });
});

describe("an assistant's message", () => {
  it("is items in the order of its parts, each text run a message of its own", () => {
    const call = { type: "tool_call", id: "c1", name: "f", arguments: " " } as const;
    const message = assistantMessage([
      { type: "reasoning", text: "Hm.", id: "rs_1", encrypted: "sealed" },
      { type: "text", text: "One." },
      { type: "text", text: "Two." },
      call,
      { type: "provider", provider: "openai-responses", item: { type: "file_search_call", id: "fs_1" } },
      { type: "refusal", text: "No." },
    ]);
    expect(itemsOf(message)).toEqual([
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "sealed",
      },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "One.", annotations: [] },
          { type: "output_text", text: "Two.", annotations: [] },
        ],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
      { type: "file_search_call", id: "fs_1" },
      { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ]);
  });

  it("leaves out thoughts that are not sealed, and items of other providers", () => {
    const { body, warnings } = encode({
      messages: [
        assistantMessage([
          { type: "reasoning", text: "Hm." },
          { type: "reasoning", text: "Hm.", signature: "of another provider" },
          { type: "provider", provider: "anthropic", item: {} },
        ]),
      ],
    });
    expect(body.input).toEqual([]);
    expect(warnings).toEqual([
      "the reasoning of another model was left out: a model is given no thoughts but its own",
      'an item of provider "anthropic" has no place in the Responses API and was left out',
    ]);
  });
});

describe("a tool's answer", () => {
  const call = { type: "tool_call", id: "own", providerId: "call_1", name: "f", arguments: "{}" } as const;
  const outputOf = (content: Parameters<typeof toolMessage>[1], isError = false, profile = {}): unknown => {
    const messages = [assistantMessage([call]), toolMessage(call, content, { isError })];
    const target = { profile: chatProfile({ name: "p", ...profile }), from: 1 };
    const [item] = encode({ messages }, target).body.input as readonly JsonObject[];
    expect(item).toMatchObject({ type: "function_call_output", call_id: "call_1" });
    return item?.output;
  };

  it("is text, or a list where it holds more than text", () => {
    expect(outputOf("42")).toBe("42");
    expect(
      outputOf([
        { type: "text", text: "4" },
        { type: "text", text: "2" },
      ]),
    ).toBe("4\n2");
    const image = { type: "image", url: "https://example.com/a.png" } as const;
    expect(outputOf([{ type: "text", text: "See:" }, image])).toEqual([
      { type: "input_text", text: "See:" },
      { type: "input_image", image_url: "https://example.com/a.png" },
    ]);
    expect(outputOf([{ type: "text", text: "See:" }, image], false, { toolAttachments: "drop" })).toBe(
      "See:\n[1 attachment(s) left out]",
    );
  });

  it("tells of a failure in words", () => {
    expect(outputOf("no such city", true)).toBe("Error: no such city");
    expect(outputOf("Error: gone", true)).toBe("Error: gone");
    expect(outputOf("", true)).toBe("Error: the tool failed without a message");
    expect(outputOf([{ type: "image", data: "AAAA" }], true)).toMatchObject([
      { text: "Error: the tool failed without a message" },
      { type: "input_image" },
    ]);
  });
});

describe("a call that asks for approval", () => {
  const call = {
    type: "tool_call",
    id: "mcpr_1",
    name: "mcp:wi%2Eki.search.all",
    arguments: '{"q":1}',
    hosted: true,
  } as const;

  it.each([
    ['{"approved":true}', false, { approve: true }],
    ['{"approved":false,"reason":"not now"}', false, { approve: false, reason: "not now" }],
    ["cancelled: the run ended", true, { approve: false, reason: "cancelled: the run ended" }],
    ["", true, { approve: false }],
  ])("is answered by %j (error: %s) with %j", (content, isError, word) => {
    expect(itemsOf(assistantMessage([call]), toolMessage(call, content, { isError }))).toEqual([
      {
        type: "mcp_approval_request",
        id: "mcpr_1",
        server_label: "wi.ki",
        name: "search.all",
        arguments: '{"q":1}',
      },
      { type: "mcp_approval_response", approval_request_id: "mcpr_1", ...word },
    ]);
  });
});
