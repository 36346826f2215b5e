// Chat completions as a client sees them: answers, tool calls in every style, scope, rules, errors.
import type OpenAI from "openai";
import { afterAll, describe, expect, it } from "vitest";
import { collect, model, openaiClient, say, started, testConfig } from "../../test/support/client.ts";
import {
  type ErrorName,
  errorReplies,
  scripted,
  startOciEmulator,
  type ToolDeltaStyle,
  type Turn,
} from "../index.ts";

const config = await testConfig();
afterAll(() => config[Symbol.asyncDispose]());

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

const calls: Turn = {
  toolCalls: [
    { id: "call_a", name: "get_weather", arguments: { city: "Chicago", note: 'wind, "and" rain' } },
    { id: "call_b", name: "get_weather", arguments: { city: "Oslo" } },
  ],
};

describe("an answer", () => {
  it("has text, reasoning, usage and a finish reason, plain and streamed alike", async () => {
    const turn: Turn = {
      text: "It rains in Chicago.",
      reasoning: "The sky is grey.",
      usage: { inputTokens: 10, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 },
      finishReason: "length",
    };
    await using session = await started(config, { answers: scripted([turn, turn]) });
    const plain = await session.client.chat.completions.create({ model, messages: say("Hi") });
    const streamed = await session.client.chat.completions.create({
      model,
      messages: say("Hi"),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(streamed);
    expect(plain).toMatchObject({
      object: "chat.completion",
      model,
      choices: [
        {
          finish_reason: "length",
          message: { role: "assistant", content: turn.text, reasoning_content: turn.reasoning },
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 7,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    });
    const joined = (field: string): string =>
      chunks
        .map(
          ({ choices }) =>
            Object.entries(choices[0]?.delta ?? {}).find(([name]) => name === field)?.[1] ?? "",
        )
        .join("");
    expect([joined("content"), joined("reasoning_content")]).toEqual([turn.text, turn.reasoning]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean)).toEqual(["length"]);
    expect(chunks.at(-1)?.usage).toEqual(plain.usage);
    expect(session.emulator.generations).toBe(2);
  });

  it("that fails breaks off with an error event, and is a 500 when plain", async () => {
    const failure = { code: "server_error", message: "Down." };
    await using session = await started(config, { answers: scripted([{ text: "It", failure, times: 2 }]) });
    const body = { model, messages: say("Hi") };
    const stream = await session.client.chat.completions.create({ ...body, stream: true }).asResponse();
    expect(await stream.text()).toMatch(
      /"content":"It".*\n\ndata: \{"code":"server_error","message":"Down\."\}\n\n$/,
    );
    await expect(session.client.chat.completions.create(body)).rejects.toMatchObject({ status: 500 });
  });

  it("that refuses says so beside its content", async () => {
    await using session = await started(config, { answers: scripted([{ refusal: "No.", times: 2 }]) });
    const body = { model, messages: say("Hi") };
    const plain = await session.client.chat.completions.create(body);
    expect(plain.choices[0]?.message).toMatchObject({ content: null, refusal: "No." });
    const chunks = await collect(await session.client.chat.completions.create({ ...body, stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.delta.refusal).filter(Boolean)).toEqual(["No."]);
  });

  it("is streamed word by word", async () => {
    await using session = await started(config, { answers: scripted([{ text: "It rains  in Chicago." }]) });
    const stream = await session.client.chat.completions.create({ model, messages: say("Hi"), stream: true });
    const pieces: string[] = [];
    for await (const chunk of stream)
      if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
    expect(pieces).toEqual(["It", " rains", "  in", " Chicago."]);
  });

  it("tells usage in a stream only when asked, in a last chunk of its own without choices", async () => {
    await using session = await started(config, {
      answers: scripted([{ text: "Hi" }], { afterwards: "loop" }),
    });
    const read = async (include: boolean): Promise<readonly OpenAI.ChatCompletionChunk[]> => {
      const stream = await session.client.chat.completions.create({
        model,
        messages: say("Hi"),
        stream: true,
        ...(include ? { stream_options: { include_usage: true } } : {}),
      });
      return collect(stream);
    };
    const without = await read(false);
    expect(without.every((chunk) => !("usage" in chunk))).toBe(true);
    const asked = await read(true);
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(asked.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(asked.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  });
});

describe("tool calls", () => {
  interface Slot {
    id?: string;
    name?: string;
    arguments: string;
  }

  const deltas = async (style: ToolDeltaStyle): Promise<readonly OpenAI.ChatCompletionChunk.Choice[]> => {
    await using session = await started(config, { answers: scripted([{ ...calls, toolDeltas: style }]) });
    const stream = await session.client.chat.completions.create({ model, messages: say("Hi"), stream: true });
    const chunks = await collect(stream);
    return chunks.flatMap(({ choices }) => choices);
  };

  it("arrive complete through the vendor's own accumulator when they are indexed", async () => {
    for (const style of ["fragments", "whole"] as const) {
      await using session = await started(config, { answers: scripted([{ ...calls, toolDeltas: style }]) });
      const completion = await session.client.chat.completions
        .stream({ model, messages: say("Hi") })
        .finalChatCompletion();
      const [choice] = completion.choices;
      expect(choice?.finish_reason).toBe("tool_calls");
      expect(
        choice?.message.tool_calls?.map(
          (call) =>
            call.type === "function" && [call.id, call.function.name, JSON.parse(call.function.arguments)],
        ),
      ).toEqual([
        ["call_a", "get_weather", calls.toolCalls?.[0]?.arguments],
        ["call_b", "get_weather", calls.toolCalls?.[1]?.arguments],
      ]);
    }
  });

  it.each(["fragments-at-zero", "fragments-without-index", "re-announced", "whole-at-zero"] as const)(
    "as %s are told apart by their ids, not by position",
    async (style) => {
      const slots: Slot[] = [];
      for (const choice of await deltas(style)) {
        for (const delta of choice.delta.tool_calls ?? []) {
          if (style === "fragments-without-index") expect(delta).not.toHaveProperty("index");
          if (style.endsWith("-at-zero")) expect(delta.index).toBe(0);
          const known = slots.find(({ id }) => id === delta.id);
          if (delta.id !== undefined && known === undefined) slots.push({ id: delta.id, arguments: "" });
          const slot = known ?? slots.at(-1);
          if (slot !== undefined) slot.arguments += delta.function?.arguments ?? "";
        }
      }
      expect(slots.map(({ id, arguments: text }) => [id, JSON.parse(text)])).toEqual([
        ["call_a", calls.toolCalls?.[0]?.arguments],
        ["call_b", calls.toolCalls?.[1]?.arguments],
      ]);
    },
  );

  it("as fragments name id and tool once only", async () => {
    const fragments = (await deltas("fragments")).flatMap(({ delta }) => delta.tool_calls ?? []);
    expect(fragments.filter(({ id }) => id !== undefined)).toHaveLength(2);
    expect(fragments.length).toBeGreaterThan(4);
    expect(fragments[0]).toMatchObject({
      index: 0,
      id: "call_a",
      function: { name: "get_weather", arguments: "" },
    });
  });

  it("without ids carry none", async () => {
    for (const style of ["without-ids", "final-frame"] as const) {
      const choices = await deltas(style);
      const all = choices.flatMap(({ delta }) => delta?.tool_calls ?? []);
      expect(all.map((call) => "id" in call)).toEqual([false, false]);
      const last = choices.at(-1)?.delta.tool_calls;
      expect(last === undefined ? 0 : last.length).toBe(style === "final-frame" ? 2 : 0);
    }
  });

  it("doubly encoded are JSON text of JSON text", async () => {
    const [first] = (await deltas("double-encoded")).flatMap(({ delta }) => delta.tool_calls ?? []);
    const once: unknown = JSON.parse(first?.function?.arguments ?? "");
    expect(JSON.parse(String(once))).toEqual(calls.toolCalls?.[0]?.arguments);
  });

  it("as text tags are split over content and finish with stop", async () => {
    const choices = await deltas("text-tags");
    const text = choices.map(({ delta }) => delta.content ?? "").join("");
    expect(text.match(/<tool_call>.*?<\/tool_call>/g)).toHaveLength(2);
    expect(choices.at(-1)?.finish_reason).toBe("stop");
    expect(choices.every(({ delta }) => !delta.content?.includes("<tool_call>"))).toBe(true);
  });

  it.each([
    ["google.gemini-2.5-flash", "stop", undefined],
    ["xai.grok-4", "tool_calls", "call_a"],
    ["openai.gpt-oss-20b", "tool_calls", "call_a"],
  ])("of %s follow the family, plain as well", async (id, finish, callId) => {
    await using session = await started(config, { answers: scripted([calls, calls]) });
    const plain = await session.client.chat.completions.create({ model: id, messages: say("Hi") });
    expect(plain.choices[0]).toMatchObject({ finish_reason: finish, message: { content: null } });
    expect(plain.choices[0]?.message.tool_calls?.[0]?.id).toBe(callId);
    const stream = await session.client.chat.completions.create({
      model: id,
      messages: say("Hi"),
      stream: true,
    });
    const last = (await collect(stream)).at(-1)?.choices[0];
    expect(last?.finish_reason).toBe(finish);
    expect(last?.delta === null).toBe(id.startsWith("google"));
  });
});

describe("an agent's loop over the default answers", () => {
  it.each(["openai.gpt-oss-120b", "meta.llama-3.3-70b-instruct", "google.gemini-2.5-flash", "xai.grok-4"])(
    "calls tools in parallel, then reports what they said, with %s",
    async (id) => {
      await using session = await started(config);
      const tools: OpenAI.ChatCompletionTool[] = [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Current weather for a city.",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          },
        },
      ];
      const asked = say("Should I take an umbrella in Chicago or in Oslo?");
      const first = await session.client.chat.completions.create({ model: id, messages: asked, tools });
      const made = (first.choices[0]?.message.tool_calls ?? []).flatMap((call, index) => {
        if (call.type !== "function") return [];
        const once: unknown = JSON.parse(call.function.arguments);
        const args: unknown = typeof once === "string" ? JSON.parse(once) : once;
        return [{ id: call.id ?? `made-${index}`, name: call.function.name, args }];
      });
      expect(made.map(({ name, args }) => [name, args])).toEqual([
        ["get_weather", { city: "Chicago" }],
        ["get_weather", { city: "Oslo" }],
      ]);
      const second = await session.client.chat.completions.create({
        model: id,
        tools,
        messages: [
          ...asked,
          {
            role: "assistant",
            tool_calls: made.map((call) => ({
              id: call.id,
              type: "function" as const,
              function: { name: call.name, arguments: JSON.stringify(call.args) },
            })),
          },
          ...made.map((call, index) => ({
            role: "tool" as const,
            tool_call_id: call.id,
            content: JSON.stringify({ sky: index === 0 ? "clear" : "rain", tempC: 20 + index }),
          })),
        ],
      });
      const text = second.choices[0]?.message.content ?? "";
      for (const part of ["Chicago", "clear", "20", "Oslo", "rain", "21", "(offline emulator)"])
        expect(text).toContain(part);
      expect(second.choices[0]?.finish_reason).toBe("stop");
    },
  );
});

describe("scope", () => {
  const send = async (
    headers: Record<string, string>,
    id = model,
  ): Promise<{ status: number; body: unknown }> => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const { signedFetch } = await import("../../test/support/client.ts");
    const { ConfigFileAuthenticationDetailsProvider } = await import("oci-common");
    const fetch = signedFetch(new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT"));
    const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: id, messages: say("Hi") }),
    });
    return { status: response.status, body: await response.json() };
  };

  it("needs a compartment header with a signature", async () => {
    expect(await send({})).toMatchObject({ status: 400, body: { code: "MissingParameter" } });
  });

  it("answers a wrong compartment and a missing model with the same words", async () => {
    const wrong = await send({ "opc-compartment-id": "ocid1.compartment.oc1..other" });
    const missing = await send({ "opc-compartment-id": config.compartmentId }, "nobody.knows-this");
    expect(wrong).toMatchObject({ status: 404, body: { code: "NotAuthorizedOrNotFound" } });
    expect(missing).toEqual(wrong);
  });

  it("takes the tenancy as a compartment", async () => {
    expect(await send({ "opc-compartment-id": config.tenancyId })).toMatchObject({ status: 200 });
  });

  it("knows the models it was given and no others", async () => {
    await using session = await started(config, { models: ["acme.one"] });
    expect(
      (await session.client.chat.completions.create({ model: "acme.one", messages: say("Hi") })).model,
    ).toBe("acme.one");
    await expect(
      session.client.chat.completions.create({ model, messages: say("Hi") }),
    ).rejects.toMatchObject({ status: 404 });
  });
});

describe("paths", () => {
  it("answer 404 for models and 501 for what is not served yet, after authentication", async () => {
    await using session = await started(config);
    await expect(session.client.models.list()).rejects.toMatchObject({
      status: 404,
      code: "NotAuthorizedOrNotFound",
    });
    await expect(session.client.post("/generateText")).rejects.toMatchObject({ status: 404 });
    const native = openaiClient(session.emulator, config, { base: "/20231130/actions" });
    await expect(native.post("/generateText")).rejects.toMatchObject({
      status: 501,
      code: "NotImplemented",
    });
    expect(session.emulator.requests).toHaveLength(3);
    expect((await fetch(`${session.emulator.controlUrl}/20231130/models`)).status).toBe(401);
  });
});

const tool = (parameters: object, name = "get_weather"): OpenAI.ChatCompletionTool => ({
  type: "function",
  function: { name, parameters: { ...parameters } },
});
const plainTool = tool({ type: "object", properties: { city: { type: "string" } } });
const pair: OpenAI.ChatCompletionMessageParam[] = [
  ...say("Hi"),
  {
    role: "assistant",
    tool_calls: [{ id: "1", type: "function", function: { name: "get_weather", arguments: "{}" } }],
  },
];

describe("a body is refused:", () => {
  const refused: readonly (readonly [string, number, Partial<Body>, unknown])[] = [
    [
      "openai.gpt-5",
      400,
      { temperature: 0.5 },
      { error: { code: "unsupported_value", param: "temperature" } },
    ],
    ["openai.gpt-5", 400, { top_p: 0.5 }, { error: { code: "unsupported_value", param: "top_p" } }],
    ["openai.o3", 400, { max_tokens: 10 }, { error: { code: "unsupported_parameter", param: "max_tokens" } }],
    ["openai.gpt-5", 400, { stop: "x" }, { error: { param: "stop" } }],
    ["openai.gpt-5", 400, { presence_penalty: 1 }, { error: { param: "presence_penalty" } }],
    ["openai.gpt-5.5-pro", 404, {}, { error: { param: "model" } }],
    ["openai.gpt-5.6-sol", 400, { tools: [plainTool] }, { error: { param: "reasoning_effort" } }],
    ["xai.grok-3", 400, { frequency_penalty: 1 }, { error: { param: "frequency_penalty" } }],
    ["xai.grok-4", 400, { stop: "x" }, { error: { param: "stop" } }],
    ["xai.grok-3", 400, { reasoning_effort: "low" }, { error: { param: "reasoning_effort" } }],
    ["xai.grok-4.20-multi-agent-0309", 400, {}, { message: /Multi Agent/ }],
    [
      "meta.llama-3.3-70b-instruct",
      400,
      { parallel_tool_calls: true },
      { error: { param: "parallel_tool_calls" } },
    ],
    [
      "google.gemini-2.5-pro",
      400,
      { tools: [tool({ properties: { n: { type: "number", exclusiveMinimum: 0 } } })] },
      { error: { status: "INVALID_ARGUMENT" } },
    ],
    [
      "google.gemini-2.5-pro",
      400,
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: { $ref: "#/$defs/X" } } } },
      { error: { status: "INVALID_ARGUMENT" } },
    ],
    ["cohere.command-r-08-2024", 400, {}, { message: /Unsupported operation/ }],
    ["ocid1.generativeaiendpoint.oc1.x.y", 400, {}, { code: "InvalidParameter" }],
    [model, 400, { store: true }, { error: { param: "store" } }],
    [
      model,
      400,
      { tools: Array.from({ length: 129 }, (_, index) => tool({}, `t${index}`)) },
      { error: { param: "tools" } },
    ],
    [model, 400, { tools: [tool({}, "get weather")] }, { error: { param: "tools[0].function.name" } }],
    [model, 400, { messages: pair }, { error: { message: /did not have response messages: 1/ } }],
    [
      model,
      400,
      { messages: [...say("Hi"), { role: "tool", tool_call_id: "9", content: "x" }] },
      { error: { message: /'9' was not called/ } },
    ],
    [
      model,
      500,
      { messages: [...say("Hi"), { role: "assistant", content: "" }, ...say("Hi")] },
      { message: /null/ },
    ],
    [model, 400, { messages: [] }, { error: { param: "messages" } }],
  ];

  it.each(refused)("%s with %d for %j", async (id, status, change, body) => {
    await using session = await started(config);
    const error = await session.client.chat.completions
      .create({ model: id, messages: say("Hi"), ...change })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ status });
    const matcher = (value: unknown): unknown =>
      value instanceof RegExp
        ? expect.stringMatching(value)
        : typeof value === "object" && value !== null
          ? expect.objectContaining(
              Object.fromEntries(Object.entries(value).map(([key, held]) => [key, matcher(held)])),
            )
          : value;
    const inner = typeof body === "object" && body !== null && "error" in body ? body.error : body;
    expect(error).toHaveProperty("error", matcher(inner));
    expect(session.emulator.generations).toBe(0);
    expect(session.emulator.requests[0]?.refusal).toBeTruthy();
  });

  it("non-string arguments with 400", async () => {
    await using session = await started(config);
    const messages = JSON.parse(
      '[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":{}}}]},{"role":"tool","tool_call_id":"1","content":"x"}]',
    ) as OpenAI.ChatCompletionMessageParam[];
    await expect(session.client.chat.completions.create({ model, messages })).rejects.toMatchObject({
      status: 400,
      param: "messages[1].tool_calls[0].function.arguments",
    });
  });

  it("a call told of by a name that no tool can have", async () => {
    await using session = await started(config);
    const named = (name: string): OpenAI.ChatCompletionMessageParam[] => [
      ...say("Hi"),
      { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name, arguments: "{}" } }] },
      { role: "tool", tool_call_id: "1", content: "x" },
    ];
    for (const name of ["", "functions.search<|channel|>commentary", "x".repeat(65)]) {
      await expect(
        session.client.chat.completions.create({ model, messages: named(name) }),
      ).rejects.toMatchObject({ status: 400, param: "messages[1].tool_calls[0].function.name" });
    }
    const taken = await session.client.chat.completions.create({ model, messages: named("search") });
    expect(taken.choices).toHaveLength(1);
  });

  it("only as far as the strictness goes", async () => {
    const body: Body = { model: "openai.gpt-5", temperature: 0.5, messages: say("Hi") };
    await using lenient = await started(config, { strictness: "off" });
    expect((await lenient.client.chat.completions.create(body)).model).toBe("openai.gpt-5");
    const llama: Body = {
      model: "meta.llama-3.3-70b-instruct",
      messages: [{ role: "system", content: "Be brief." }, ...say("Hi")],
      tools: [plainTool],
    };
    await using documented = await started(config);
    expect((await documented.client.chat.completions.create(llama)).choices).toHaveLength(1);
    await using contested = await started(config, { strictness: "contested" });
    await expect(contested.client.chat.completions.create(llama)).rejects.toMatchObject({ status: 400 });
  });

  it("not when it is what the service takes", async () => {
    await using session = await started(config);
    const bodies: readonly Body[] = [
      { model: "openai.gpt-5", temperature: 1, max_completion_tokens: 10, messages: say("Hi") },
      { model: "openai.gpt-5.6-sol", reasoning_effort: "none", tools: [plainTool], messages: say("Hi") },
      { model: "xai.grok-3-mini", reasoning_effort: "low", stop: null, messages: say("Hi") },
      {
        model: "meta.llama-4-maverick-17b-128e-instruct-fp8",
        parallel_tool_calls: true,
        messages: say("Hi"),
      },
      {
        model: "google.gemini-2.5-pro",
        max_tokens: 10,
        messages: [...pair, { role: "tool", tool_call_id: "1", content: "x" }],
      },
    ];
    for (const body of bodies)
      expect((await session.client.chat.completions.create(body)).choices).toHaveLength(1);
  });
});

describe("a scripted error", () => {
  it.each(Object.keys(errorReplies) as ErrorName[])(
    "%s arrives with its status and envelope and charges nothing",
    async (name) => {
      await using emulator = await startOciEmulator({ trust: config.trust });
      emulator.script({ error: name });
      const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${config.apiKey.secrets[0]}` },
        body: JSON.stringify({ model, messages: say("Hi"), stream: true }),
      });
      const expected = errorReplies[name];
      expect(response.status).toBe(expected.status);
      const text = await response.text();
      if (typeof expected.body === "string") expect(text).toBe(expected.body);
      else expect(JSON.parse(text)).toEqual(expected.body);
      expect(response.headers.get("retry-after")).toBeNull();
      expect(emulator.generations).toBe(0);
    },
  );

  it("is retried by a client until the burst is over, and one generation is paid", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script(
      { error: "TooManyRequests", times: 2, headers: { "retry-after-ms": "1" } },
      { text: "Done" },
    );
    const client = openaiClient(emulator, config, { maxRetries: 3 });
    const completion = await client.chat.completions.create({ model, messages: say("Hi") });
    expect(completion.choices[0]?.message.content).toBe("Done");
    expect(emulator.requests.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(emulator.generations).toBe(1);
  });

  it("can be any status, header and body, such as a redirect", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script({ status: 307, headers: { location: "http://127.0.0.1:1/" }, body: "" });
    const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
      method: "POST",
      redirect: "manual",
      headers: { authorization: `Bearer ${config.apiKey.secrets[0]}` },
      body: JSON.stringify({ model, messages: say("Hi") }),
    });
    expect([response.status, response.headers.get("location")]).toEqual([307, "http://127.0.0.1:1/"]);
  });
});
