// Native chat through the vendor's client: three formats, plain and streamed, serving modes, unknown fields.
import type { models } from "oci-generativeaiinference";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { started, testConfig } from "../../test/support/client.ts";
import { framesOf, nativeClient, onDemand } from "../../test/support/native.ts";
import type { Question, ToolDeltaStyle, Turn } from "../index.ts";
import { modelOcid } from "../models/catalog.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
const client = nativeClient(emulator, config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

type Request = models.ChatDetails["chatRequest"];

const gptOss = onDemand("openai.gpt-oss-120b");
const commandR = onDemand("cohere.command-r-08-2024");
const commandA = onDemand("cohere.command-a-reasoning-08-2025");

const text = (value: string): models.TextContent => ({ type: "TEXT", text: value });
const generic = (extra: object = {}): Request => {
  const messages: models.UserMessage[] = [{ role: "USER", content: [text("Hi")] }];
  return { apiFormat: "GENERIC", messages, ...extra };
};
const cohere = (extra: object = {}): Request => ({ apiFormat: "COHERE", message: "Hi", ...extra });
const cohereV2 = (extra: object = {}): Request => {
  const content: models.CohereTextContentV2[] = [{ type: "TEXT", text: "Hi" }];
  const messages: models.CohereUserMessageV2[] = [{ role: "USER", content }];
  return { apiFormat: "COHEREV2", messages, ...extra };
};

const send = (
  chatRequest: Request,
  servingMode: models.ChatDetails["servingMode"] = gptOss,
  compartmentId = config.compartmentId,
): ReturnType<typeof client.chat> =>
  client.chat({ chatDetails: { compartmentId, servingMode, chatRequest } });

const plain = async (
  turn: Turn,
  chatRequest: Request,
  servingMode?: models.ChatDetails["servingMode"],
): Promise<models.ChatResult> => {
  emulator.script(turn);
  const answer = await send(chatRequest, servingMode);
  if (answer === null || answer instanceof ReadableStream) throw new Error("no plain answer");
  return answer.chatResult;
};

const frames = async (
  turn: Turn,
  chatRequest: Request,
  servingMode?: models.ChatDetails["servingMode"],
): Promise<readonly unknown[]> => {
  emulator.script(turn);
  return framesOf(await send(chatRequest, servingMode));
};

/** The frames without their padding. */
const bare = (all: readonly unknown[]): readonly unknown[] =>
  all.map((frame) => {
    if (typeof frame !== "object" || frame === null) return frame;
    return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== "pad"));
  });

const toolCalls = [
  { id: "call_a", name: "get_weather", arguments: { city: "Chicago, Illinois" } },
  { id: "call_b", name: "get_weather", arguments: { city: "Oslo" } },
];
const usage = { inputTokens: 10, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 };
const nativeUsage = {
  promptTokens: 10,
  completionTokens: 7,
  totalTokens: 17,
  promptTokensDetails: { cachedTokens: 4 },
  completionTokensDetails: { reasoningTokens: 3 },
};

describe("a plain answer", () => {
  it("in GENERIC has content, reasoning, calls, a finish reason and usage", async () => {
    const turn: Turn = { text: "It rains.", reasoning: "Grey.", toolCalls, usage };
    expect(await plain(turn, generic())).toMatchObject({
      modelId: "openai.gpt-oss-120b",
      modelVersion: "1.0",
      chatResponse: {
        apiFormat: "GENERIC",
        choices: [
          {
            index: 0,
            finishReason: "tool_calls",
            message: {
              role: "ASSISTANT",
              content: [text("It rains.")],
              reasoningContent: "Grey.",
              toolCalls: [
                {
                  id: "call_a",
                  type: "FUNCTION",
                  name: "get_weather",
                  arguments: '{"city":"Chicago, Illinois"}',
                },
                { id: "call_b" },
              ],
            },
          },
        ],
        usage: nativeUsage,
      },
    });
    expect(emulator.generations).toBe(1);
  });

  it("in COHERE has text, calls without ids, a finish reason and the history", async () => {
    const { chatResponse } = await plain({ text: "It rains.", toolCalls, usage }, cohere(), commandR);
    const calls = toolCalls.map(({ name, arguments: parameters }) => ({ name, parameters }));
    expect(chatResponse).toMatchObject({
      apiFormat: "COHERE",
      text: "It rains.",
      finishReason: "COMPLETE",
      toolCalls: calls,
      chatHistory: [
        { role: "USER", message: "Hi" },
        { role: "CHATBOT", message: "It rains.", toolCalls: calls },
      ],
      usage: nativeUsage,
    });
    expect(JSON.stringify(chatResponse)).not.toContain("call_a");
  });

  it("in COHEREV2 has thinking, text or a plan with calls, a finish reason and usage", async () => {
    const turn: Turn = { text: "It rains.", reasoning: "Grey.", usage };
    const { chatResponse: said } = await plain(turn, cohereV2(), commandA);
    expect(said).toMatchObject({
      apiFormat: "COHEREV2",
      finishReason: "COMPLETE",
      message: {
        role: "ASSISTANT",
        content: [
          { type: "THINKING", thinking: "Grey." },
          { type: "TEXT", text: "It rains." },
        ],
      },
      usage: nativeUsage,
    });
    const { chatResponse: called } = await plain(
      { ...turn, toolCalls },
      cohereV2({ thinking: { type: "DISABLED" } }),
      commandA,
    );
    expect(called).toMatchObject({
      finishReason: "TOOL_CALL",
      message: { toolPlan: "It rains.", toolCalls: [{ id: "call_a", type: "FUNCTION" }, { id: "call_b" }] },
    });
    expect(JSON.stringify(called)).not.toContain("content");
  });

  it.each([
    ["length", "length", "MAX_TOKENS", "MAX_TOKENS"],
    ["content_filter", "content_filter", "ERROR_TOXIC", "ERROR"],
  ] as const)("ends with %s in every format's own word", async (finishReason, first, second, third) => {
    const turn: Turn = { text: "It", finishReason };
    const answers = [
      await plain(turn, generic()),
      await plain(turn, cohere(), commandR),
      await plain(turn, cohereV2(), commandA),
    ];
    expect(answers.map(({ chatResponse }) => chatResponse)).toMatchObject([
      { choices: [{ finishReason: first }] },
      { finishReason: second },
      { finishReason: third },
    ]);
  });

  it("that fails is an error", async () => {
    const failure = { code: "500", message: "Down." };
    await expect(plain({ failure }, generic())).rejects.toMatchObject({ statusCode: 500, message: "Down." });
    await expect(plain({ error: "TooManyRequests" }, generic())).rejects.toMatchObject({
      statusCode: 429,
      serviceCode: "TooManyRequests",
    });
    expect(emulator.generations).toBe(0);
  });
});

describe("a stream", () => {
  it("in GENERIC is deltas, then the finish reason, then usage if asked for, each with padding", async () => {
    const turn: Turn = { text: "It rains.", reasoning: "Grey.", usage };
    const all = await frames(turn, generic({ isStream: true, streamOptions: { isIncludeUsage: true } }));
    expect(bare(all)).toEqual([
      { index: 0, message: { role: "ASSISTANT", reasoningContent: "Grey." } },
      { index: 0, message: { role: "ASSISTANT", content: [text("It")] } },
      { index: 0, message: { role: "ASSISTANT", content: [text(" rains.")] } },
      { finishReason: "stop" },
      { usage: nativeUsage },
    ]);
    expect(all.every((frame) => typeof frame === "object" && frame !== null && "pad" in frame)).toBe(true);
    const without = await frames({ ...turn, wire: { pad: false } }, generic({ isStream: true }));
    expect(without.at(-1)).toEqual({ finishReason: "stop" });
  });

  it("in COHERE repeats the full text in its last frame, which alone has the calls", async () => {
    const all = bare(await frames({ text: "It rains.", toolCalls }, cohere({ isStream: true }), commandR));
    expect(all.slice(0, -1)).toEqual([
      { apiFormat: "COHERE", text: "It" },
      { apiFormat: "COHERE", text: " rains." },
    ]);
    expect(all.at(-1)).toMatchObject({
      apiFormat: "COHERE",
      text: "It rains.",
      finishReason: "COMPLETE",
      toolCalls: [
        { name: "get_weather", parameters: { city: "Chicago, Illinois" } },
        { name: "get_weather", parameters: { city: "Oslo" } },
      ],
      chatHistory: [{ role: "USER" }, { role: "CHATBOT", message: "It rains." }],
    });
    expect(all.at(-1)).not.toHaveProperty("usage");
  });

  it("in COHEREV2 is parts, then the finish reason", async () => {
    const turn: Turn = { text: "It rains.", reasoning: "Grey.", usage };
    const asked = cohereV2({ isStream: true, streamOptions: { isIncludeUsage: true } });
    expect(bare(await frames(turn, asked, commandA))).toEqual([
      { apiFormat: "COHEREV2", message: { content: [{ type: "THINKING", thinking: "Grey." }] } },
      { apiFormat: "COHEREV2", message: { content: [{ type: "TEXT", text: "It" }] } },
      { apiFormat: "COHEREV2", message: { content: [{ type: "TEXT", text: " rains." }] } },
      { apiFormat: "COHEREV2", finishReason: "COMPLETE", usage: nativeUsage },
    ]);
    const called = bare(await frames({ text: "Look.", toolCalls }, cohereV2({ isStream: true }), commandA));
    expect(called).toMatchObject([
      { message: { toolPlan: "Look." } },
      { message: { toolCalls: [{ id: "call_a" }] } },
      { message: { toolCalls: [{ id: "call_b" }] } },
      { finishReason: "TOOL_CALL" },
    ]);
  });

  it.each([
    ["meta.llama-3.3-70b-instruct", true],
    ["openai.gpt-oss-120b", false],
    ["google.gemini-2.5-flash", false],
  ])("of %s ends with [DONE]: %s", async (id, done) => {
    const all = await frames({ text: "Hi" }, generic({ isStream: true }), onDemand(id));
    expect(all.at(-1) === "[DONE]").toBe(done);
    const other = await frames(
      { text: "Hi", wire: { done: !done } },
      generic({ isStream: true }),
      onDemand(id),
    );
    expect(other.at(-1) === "[DONE]").toBe(!done);
  });

  it("is no stream to the vendor's client when its content type has a charset", async () => {
    const wire = { contentType: "text/event-stream; charset=utf-8" };
    emulator.script({ text: "Hi", wire });
    await expect(send(generic({ isStream: true }))).rejects.toThrow();
  });

  it("can lack its finish reason, and break off with an error frame", async () => {
    for (const [request, mode] of [
      [generic({ isStream: true }), gptOss],
      [cohere({ isStream: true }), commandR],
      [cohereV2({ isStream: true }), commandA],
    ] as const) {
      const cut = await frames({ text: "Hi", faults: [{ type: "missing_finish" }] }, request, mode);
      expect(JSON.stringify(cut)).not.toContain("finishReason");
      const failed = await frames({ text: "Hi", failure: { code: "500", message: "Down." } }, request, mode);
      expect(failed.at(-1)).toMatchObject({ code: "500", message: "Down." });
      expect(failed).toHaveLength(2);
    }
    const broken = await frames(
      { text: "one two", faults: [{ type: "error_event", after: 1 }] },
      generic({ isStream: true }),
    );
    expect(broken).toMatchObject([{ index: 0 }, { code: "500" }]);
  });
});

describe("tool calls in a GENERIC stream", () => {
  const calls = async (style?: ToolDeltaStyle, id = "openai.gpt-oss-120b"): Promise<readonly unknown[]> => {
    const turn: Turn = { toolCalls, ...(style === undefined ? {} : { toolDeltas: style }) };
    return bare(await frames(turn, generic({ isStream: true }), onDemand(id)));
  };
  const flat = (all: readonly unknown[]): string => JSON.stringify(all);

  it("of gpt-oss name each call once and go on without ids and indices", async () => {
    const all = await calls();
    expect(all[0]).toEqual({
      index: 0,
      message: {
        role: "ASSISTANT",
        toolCalls: [{ type: "FUNCTION", id: "call_a", name: "get_weather", arguments: "" }],
      },
    });
    expect(all[1]).toEqual({
      index: 0,
      message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", arguments: '{"city":"Chi' }] },
    });
    expect(flat(all).match(/call_[ab]/g)).toEqual(["call_a", "call_b"]);
  });

  it("of Grok come whole, frame by frame", async () => {
    const all = await calls(undefined, "xai.grok-4");
    expect(all).toMatchObject([
      { message: { toolCalls: [{ id: "call_a", arguments: '{"city":"Chicago, Illinois"}' }] } },
      { message: { toolCalls: [{ id: "call_b" }] } },
      { finishReason: "tool_calls" },
    ]);
  });

  it("of Gemini have no ids, a content part without text, and finish with stop", async () => {
    const all = await calls(undefined, "google.gemini-2.5-flash");
    expect(flat(all)).not.toContain('"id"');
    expect(all).toMatchObject([
      { message: { content: [{ type: "TEXT" }], toolCalls: [{ name: "get_weather" }] } },
      {},
      { finishReason: "stop" },
    ]);
  });

  it("of Llama have doubly encoded arguments", async () => {
    const [first] = await calls(undefined, "meta.llama-3.3-70b-instruct");
    expect(flat([first])).toContain(
      JSON.stringify(JSON.stringify('{"city":"Chicago, Illinois"}')).slice(1, -1),
    );
  });

  it("can be re-announced, kept for the last frame, or written into the text", async () => {
    expect(flat(await calls("re-announced")).match(/call_a/g)?.length).toBeGreaterThan(1);
    const final = await calls("final-frame");
    expect(final).toMatchObject([
      {
        message: { toolCalls: [{ name: "get_weather" }, { name: "get_weather" }] },
        finishReason: "tool_calls",
      },
    ]);
    const tags = await calls("text-tags");
    const spoken = tags
      .map((frame) => /"text":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(frame))?.[1] ?? "")
      .join("");
    expect(spoken.match(/<tool_call>/g)).toHaveLength(2);
    expect(tags.at(-1)).toEqual({ finishReason: "stop" });
  });
});

describe("the conversation that a request carries", () => {
  const seen = async (
    request: Request,
    servingMode: models.ChatDetails["servingMode"],
  ): Promise<Question> => {
    let found: Question | undefined;
    emulator.script((question) => {
      found = question;
      return { text: "ok" };
    });
    await send(request, servingMode);
    if (found === undefined) throw new Error("not asked");
    return found;
  };

  it("is read from COHERE's history, message, results and flat tools", async () => {
    const call = { name: "get_weather", parameters: { city: "Oslo" } };
    const { messages, tools, toolChoice } = await seen(
      cohere({
        preambleOverride: "Be brief.",
        chatHistory: [
          { role: "USER", message: "Weather?" },
          { role: "CHATBOT", message: "Looking.", toolCalls: [call] },
        ],
        message: "",
        toolResults: [{ call, outputs: [{ tempC: 4 }] }],
        isForceSingleStep: true,
        tools: [
          {
            name: "get_weather",
            description: "Weather.",
            parameterDefinitions: { city: { type: "str", isRequired: true }, days: { type: "int" } },
          },
        ],
      }),
      commandR,
    );
    expect(messages).toMatchObject([
      { role: "system", text: "Be brief." },
      { role: "user", text: "Weather?" },
      { role: "assistant", text: "Looking.", toolCalls: [{ id: "call_0", arguments: '{"city":"Oslo"}' }] },
      { role: "tool", text: '{"tempC":4}', toolCallId: "call_0" },
    ]);
    expect(tools[0]?.parameters).toMatchObject({
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city"],
    });
    expect(toolChoice).toBe("none");
  });

  it("is read from COHERE's results although no history tells of their calls", async () => {
    const call = { name: "get_weather", parameters: { city: "Oslo" } };
    const toolResults = [{ call, outputs: [{ tempC: 4 }, { wind: 2 }] }];
    const { messages } = await seen(cohere({ toolResults, isForceSingleStep: true }), commandR);
    expect(messages).toMatchObject([
      { role: "user", text: "Hi" },
      { role: "assistant", toolCalls: [{ id: "call_0", name: "get_weather" }] },
      { role: "tool", text: '[{"tempC":4},{"wind":2}]', toolCallId: "call_0" },
    ]);
  });

  it("is read from Gemini's calls and results by their order, because they have no ids", async () => {
    const toolCall = (name: string): object => ({ type: "FUNCTION", name, arguments: "{}" });
    const messages = [
      { role: "USER", content: [text("Hi")] },
      { role: "ASSISTANT", content: [text(".")], toolCalls: [toolCall("f"), toolCall("g")] },
      { role: "TOOL", content: [text("of f")] },
      { role: "TOOL", content: [text("of g")] },
    ];
    const question = await seen(generic({ messages }), onDemand("google.gemini-2.5-pro"));
    const [, asked, ...results] = question.messages;
    expect(asked?.toolCalls.map(({ id }) => id)).toEqual(["call_0", "call_1"]);
    expect(results.map(({ toolCallId }) => toolCallId)).toEqual(["call_0", "call_1"]);
  });

  it("is read from COHEREV2's messages and nested tools", async () => {
    const tool = {
      type: "FUNCTION",
      function: { name: "get_weather", description: "Weather.", parameters: {} },
    };
    const messages = [
      { role: "USER", content: [{ type: "TEXT", text: "Weather?" }] },
      {
        role: "ASSISTANT",
        toolPlan: "Look.",
        toolCalls: [{ id: "a", type: "FUNCTION", function: { name: "get_weather", arguments: "{}" } }],
      },
      { role: "TOOL", toolCallId: "a", content: [{ type: "TEXT", text: "rain" }] },
    ];
    const question = await seen(cohereV2({ messages, tools: [tool], toolsChoice: "REQUIRED" }), commandA);
    expect(question.messages).toMatchObject([
      { role: "user", text: "Weather?" },
      { role: "assistant", text: "Look.", toolCalls: [{ id: "a", name: "get_weather", arguments: "{}" }] },
      { role: "tool", text: "rain", toolCallId: "a" },
    ]);
    expect(question).toMatchObject({ toolChoice: "required", tools: [{ name: "get_weather" }] });
  });

  it("is read from GENERIC's messages, tools, choice and response format", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } } };
    const question = await seen(
      generic({
        tools: [{ type: "FUNCTION", name: "f", description: "F.", parameters: schema }],
        toolChoice: { type: "FUNCTION", name: "f" },
        isParallelToolCalls: false,
        responseFormat: { type: "JSON_SCHEMA", jsonSchema: { name: "answer", schema } },
      }),
      gptOss,
    );
    expect(question).toMatchObject({
      surface: "native",
      tools: [{ name: "f", parameters: schema }],
      toolChoice: { name: "f" },
      parallelToolCalls: false,
      outputSchema: schema,
      jsonOutput: true,
    });
  });

  it("is answered by the offline responder in every format", async () => {
    const tool = { name: "get_weather", description: "Current weather for a city." };
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const question = "How is the weather in Oslo?";
    const answers = [
      send(
        generic({
          messages: [{ role: "USER", content: [text(question)] }],
          tools: [{ type: "FUNCTION", ...tool, parameters }],
        }),
      ),
      send(
        cohere({
          message: question,
          tools: [{ ...tool, parameterDefinitions: { city: { type: "str", isRequired: true } } }],
        }),
        commandR,
      ),
      send(
        cohereV2({
          messages: [{ role: "USER", content: [{ type: "TEXT", text: question }] }],
          tools: [{ type: "FUNCTION", function: { ...tool, parameters } }],
        }),
        commandA,
      ),
    ];
    for (const answer of await Promise.all(answers)) expect(JSON.stringify(answer)).toMatch(/city[^}]*Oslo/);
  });
});

describe("who serves", () => {
  const missing = { statusCode: 404, serviceCode: "NotAuthorizedOrNotFound" };

  it("is a model by name or OCID", async () => {
    const ocid = onDemand(modelOcid("xai.grok-4", config.region));
    expect(await plain({ text: "Hi" }, generic(), ocid)).toMatchObject({ modelId: "xai.grok-4" });
    await expect(send(generic(), onDemand("nobody.model"))).rejects.toMatchObject(missing);
    await expect(send(generic(), onDemand("ocid1.generativeaimodel.oc1..x"))).rejects.toMatchObject(missing);
  });

  const dedicated = (endpointId: string): models.DedicatedServingMode => ({
    servingType: "DEDICATED",
    endpointId,
  });

  it("is an endpoint of a dedicated cluster, which calls tools in its text", async () => {
    const endpoint = dedicated("ocid1.generativeaiendpoint.oc1..a");
    const answer = await plain({ toolCalls }, generic(), endpoint);
    expect(JSON.stringify(answer)).toContain("<tool_call>");
    await expect(send(generic(), dedicated("openai.gpt-oss-120b"))).rejects.toMatchObject(missing);
    await expect(send(generic(), onDemand("ocid1.generativeaiendpoint.oc1..a"))).rejects.toMatchObject(
      missing,
    );
  });

  it("is an endpoint as the emulator was told: its model, and whether it streams", async () => {
    const endpoints = {
      "ocid1.generativeaiendpoint.oc1..cohere": { model: "cohere.command-r-08-2024" },
      "ocid1.generativeaiendpoint.oc1..still": { streaming: false },
    };
    await using other = await started(config, { endpoints });
    const chat = nativeClient(other.emulator, config);
    const ask = (endpointId: string, chatRequest: Request): ReturnType<typeof chat.chat> =>
      chat.chat({
        chatDetails: { compartmentId: config.compartmentId, servingMode: dedicated(endpointId), chatRequest },
      });
    const [commands, still] = Object.keys(endpoints);
    expect(await ask(commands ?? "", cohere())).toMatchObject({
      chatResult: { modelId: "cohere.command-r-08-2024", chatResponse: { apiFormat: "COHERE" } },
    });
    expect(await ask(still ?? "", generic())).toMatchObject({ chatResult: {} });
    await expect(ask(still ?? "", generic({ isStream: true }))).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("Streaming is not supported"),
    });
    await expect(ask("ocid1.generativeaiendpoint.oc1..b", generic())).rejects.toMatchObject(missing);
  });

  it("does so for a compartment of the body's, which must be there and be right", async () => {
    await expect(send(generic(), gptOss, "ocid1.compartment.oc1..other")).rejects.toMatchObject(missing);
    await expect(send(generic(), gptOss, "")).rejects.toMatchObject({ statusCode: 400 });
    await send(generic(), gptOss, config.tenancyId);
  });

  it("takes no API key", async () => {
    const response = await fetch(`${emulator.url}/20231130/actions/chat`, {
      method: "POST",
      headers: { authorization: `Bearer ${config.apiKey.secrets[0]}` },
      body: "{}",
    });
    expect(response.status).toBe(401);
  });
});

describe("fields that nobody knows", () => {
  it("are let through and recorded", async () => {
    await send(generic({ max_tokens: 5 }));
    await send(cohere({ tool_choice: "auto" }), commandR);
    await send(cohereV2({ toolChoice: "REQUIRED" }), commandA);
    expect(emulator.violations.map(({ rule, message }) => [rule, /field (\S+);/.exec(message)?.[1]])).toEqual(
      [
        ["unknown-field", "chatRequest.max_tokens"],
        ["unknown-field", "chatRequest.tool_choice"],
        ["unknown-field", "chatRequest.toolChoice"],
      ],
    );
  });
});
