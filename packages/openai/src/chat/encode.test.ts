/** What goes over the wire for a request, and what is said about the rest. */
import {
  DIALECTS,
  deepFreeze,
  hostedTool,
  type Message,
  type ModelRequest,
  type ModelSettings,
  type ToolDefinition,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { encodeChatRequest } from "./encode.ts";
import { OPENAI_CHAT_PROFILES } from "./openai-profiles.ts";
import { type ChatProfile, chatProfile, DEFAULT_CHAT_PROFILE, findChatProfile } from "./profile.ts";

const hi: Message = { role: "user", content: "Hi" };
const encode = (
  request: Partial<ModelRequest>,
  profile: ChatProfile = DEFAULT_CHAT_PROFILE,
  stream = false,
): ReturnType<typeof encodeChatRequest> =>
  encodeChatRequest({ messages: [hi], ...request }, { modelId: "m", profile, stream });
const settingsFor = (modelId: string, settings: ModelSettings): ReturnType<typeof encodeChatRequest> =>
  encode({ settings }, findChatProfile(modelId, OPENAI_CHAT_PROFILES));

const tool: ToolDefinition = {
  name: "f",
  description: "Does f.",
  parameters: { type: "object", properties: { a: { type: "string" } } },
};

describe("encodeChatRequest", () => {
  it("sends nothing that was not asked for", () => {
    expect(encode({}).body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
      stream: false,
    });
  });

  it("refuses hosted tools, which it has not, instead of leaving them out", () => {
    const hostedTools = [hostedTool.webSearch()];
    expect(() => encode({ hostedTools })).toThrow(
      'chat completions of "m" have no hosted tools, and "web_search" is one',
    );
  });

  it("asks for usage in streams, and only there", () => {
    expect(encode({}, DEFAULT_CHAT_PROFILE, true).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(encode({}).body).not.toHaveProperty("stream_options");
    const without = chatProfile({ name: "old", unsupported: ["stream_options"] });
    expect(encode({}, without, true).body).not.toHaveProperty("stream_options");
  });

  it("gives every setting its name on the wire", () => {
    const { body, warnings } = encode({
      tools: [tool],
      settings: {
        temperature: 0,
        topP: 0.5,
        topK: 40,
        maxOutputTokens: 100,
        stop: ["END"],
        seed: 7,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        parallelToolCalls: false,
        reasoning: { effort: "low" },
        verbosity: "high",
        serviceTier: "flex",
      },
    });
    expect(body).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      max_tokens: 100,
      stop: ["END"],
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      parallel_tool_calls: false,
      reasoning_effort: "low",
      verbosity: "high",
      service_tier: "flex",
    });
    expect(warnings).toEqual([]);
  });

  it("merges extraBody over everything but the stream flag", () => {
    const { body } = encode({
      settings: { temperature: 1, extraBody: { temperature: 2, n: 1, stream: true } },
    });
    expect(body).toMatchObject({ temperature: 2, n: 1, stream: false });
  });

  it("warns that chat completions has no reasoning summaries", () => {
    expect(encode({ settings: { reasoning: { summary: "auto" } } }).warnings).toEqual([
      expect.stringContaining("reasoning summaries"),
    ]);
  });

  it("drops tool settings where there are no tools, because servers refuse them", () => {
    const { body } = encode({ toolChoice: "required", settings: { parallelToolCalls: true } });
    expect(body).not.toHaveProperty("tool_choice");
    expect(body).not.toHaveProperty("parallel_tool_calls");
  });

  it.each(["gpt-5", "gpt-5.2-mini", "o1", "o3-mini", "o4-mini", "openai.gpt-5.4"])(
    "sends %s its output limit under the new name and no sampling settings",
    (modelId) => {
      const { body, warnings } = settingsFor(modelId, {
        maxOutputTokens: 10,
        temperature: 0,
        topP: 1,
        stop: ["x"],
      });
      expect(body).toMatchObject({ max_completion_tokens: 10 });
      for (const name of ["max_tokens", "temperature", "top_p", "stop"])
        expect(body).not.toHaveProperty(name);
      expect(warnings).toHaveLength(3);
    },
  );

  it.each([
    ["gpt-4o", "max_completion_tokens", true],
    ["gpt-oss-120b", "max_tokens", true],
    ["openai.gpt-oss-20b", "max_tokens", true],
    ["gpt-4o-search-preview", "max_tokens", false],
    ["gpt-5-chat-latest", "max_completion_tokens", true],
    ["llama-3.3-70b", "max_tokens", true],
  ])("knows what %s takes", (modelId, limit, sampling) => {
    const { body } = settingsFor(modelId, { maxOutputTokens: 10, temperature: 0.5 });
    expect(body).toHaveProperty(limit, 10);
    expect(Object.hasOwn(body, "temperature")).toBe(sampling);
  });
});

describe("tools", () => {
  it("wraps tools as functions and names the chosen one", () => {
    const { body } = encode({ tools: [tool], toolChoice: { name: "f" } });
    expect(body.tools).toEqual([
      { type: "function", function: { name: "f", description: "Does f.", parameters: tool.parameters } },
    ]);
    expect(body.tool_choice).toEqual({ type: "function", function: { name: "f" } });
  });

  it.each(["auto", "none", "required"] as const)("sends the choice %s as it is", (toolChoice) => {
    expect(encode({ tools: [tool], toolChoice }).body.tool_choice).toBe(toolChoice);
  });

  it("sends a strict tool without the flag where strict mode would refuse its schema, and says where", () => {
    const { body, warnings } = encode({ tools: [{ ...tool, strict: true }] });
    expect(body.tools).toMatchObject([{ function: { strict: false } }]);
    expect(warnings).toEqual([expect.stringContaining("allows additional properties")]);
  });

  it("sends a frozen tool to each family in its own way, and tells what it lost every time", () => {
    const frozen = deepFreeze({ ...tool, parameters: { ...tool.parameters, not: {} } });
    const small = chatProfile({ name: "small", toolSchema: DIALECTS.gemini });
    for (let turn = 0; turn < 2; turn += 1) {
      expect(encode({ tools: [frozen] })).toMatchObject({
        body: { tools: [{ function: { parameters: { not: {} } } }] },
        warnings: [],
      });
      const { body, warnings } = encode({ tools: [frozen] }, small);
      expect(body.tools).not.toMatchObject([{ function: { parameters: { not: {} } } }]);
      expect(warnings).toEqual([expect.stringContaining("not is not understood")]);
    }
  });

  it("sends a tool that can be changed as it is now", () => {
    const open = { ...tool };
    encode({ tools: [open] });
    open.description = "Does g.";
    expect(encode({ tools: [open] }).body.tools).toMatchObject([{ function: { description: "Does g." } }]);
  });

  it("rewrites schemas for families with a small dialect, in tools and outputs alike", () => {
    const profile = chatProfile({
      name: "small",
      toolSchema: DIALECTS.gemini,
      outputSchema: DIALECTS.gemini,
    });
    const schema = {
      type: "object",
      properties: { home: { $ref: "#/$defs/City" } },
      $defs: { City: { type: "object", title: "City", properties: { name: { type: "string" } } } },
    };
    const inlined = {
      type: "object",
      properties: { home: { type: "object", properties: { name: { type: "string" } } } },
    };
    const { body } = encode(
      { tools: [deepFreeze({ ...tool, parameters: schema })], outputSchema: { name: "o", schema } },
      profile,
    );
    expect(body.tools).toMatchObject([{ function: { parameters: inlined } }]);
    expect(body.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "o", schema: inlined },
    });
  });

  it("leaves tools out, and says so, where the family has none", () => {
    const { body, warnings } = encode({ tools: [tool] }, chatProfile({ name: "plain", tools: false }));
    expect(body).not.toHaveProperty("tools");
    expect(warnings).toEqual([expect.stringContaining("take no tools")]);
  });
});

describe("output schema", () => {
  const outputSchema = { name: "o", description: "d", schema: { type: "object" }, strict: false } as const;

  it("is sent as json_schema", () => {
    expect(encode({ outputSchema }).body.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "o", description: "d", schema: { type: "object" }, strict: false },
    });
  });

  it("becomes a request for JSON, or none, where the family cannot do more", () => {
    const onlyJson = encode({ outputSchema }, chatProfile({ name: "j", structuredOutput: "json_object" }));
    expect(onlyJson.body.response_format).toEqual({ type: "json_object" });
    expect(onlyJson.warnings).toHaveLength(1);
    const none = encode({ outputSchema }, chatProfile({ name: "n", structuredOutput: "none" }));
    expect(none.body).not.toHaveProperty("response_format");
    expect(none.warnings).toHaveLength(1);
  });
});
