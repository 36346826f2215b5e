// Responses as the vendor's client sees them: answers plain and streamed, resources, hosted tools, failures.
import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, model, started, testConfig } from "../../test/support/client.ts";
import type { Turn } from "../index.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

type Event = OpenAI.Responses.ResponseStreamEvent;
type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "stream">;

const full: Turn = {
  text: "It rains in Chicago.",
  reasoning: "The sky is grey.",
  toolCalls: [
    { id: "call_a", name: "get_weather", arguments: { city: "Chicago", note: "wind & rain, all day long" } },
    { id: "call_b", name: "get_weather", arguments: { city: "Oslo" } },
  ],
  usage: { inputTokens: 10, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 },
};

const stream = async (turn: Turn, body: Partial<Body> = {}): Promise<readonly Event[]> => {
  emulator.script(turn);
  return collect(await client.responses.create({ model, input: "Hi", ...body, stream: true }));
};

/** Ids are random; everything else about two answers to the same script is alike. */
const withoutIds = (response: unknown): unknown =>
  JSON.parse(JSON.stringify(response).replaceAll(/"(resp|rs|msg|fc)_[0-9a-f]{32}"/g, '"$1"'));

const responseOf = (event: Event | undefined): OpenAI.Responses.Response => {
  if (event === undefined || !("response" in event)) throw new Error(`no response in ${event?.type}`);
  return event.response;
};

describe("a response", () => {
  it("has reasoning, text, calls and usage, plain and streamed alike", async () => {
    emulator.script(full);
    const plain = await client.responses.create({ model, input: "Hi" });
    const events = await stream(full);
    expect(plain).toMatchObject({
      object: "response",
      status: "completed",
      model,
      created_at: expect.closeTo(Date.now() / 1000, -2),
      output_text: full.text,
      output: [
        { type: "reasoning", content: [{ type: "reasoning_text", text: full.reasoning }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: full.text }] },
        { type: "function_call", call_id: "call_a", name: "get_weather" },
        { type: "function_call", call_id: "call_b", arguments: '{"city":"Oslo"}' },
      ],
      usage: {
        input_tokens: 10,
        output_tokens: 7,
        total_tokens: 17,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 3 },
      },
    });
    const { output_text: _, ...object } = plain;
    expect(withoutIds(responseOf(events.at(-1)))).toEqual(withoutIds(object));
    expect(emulator.generations).toBe(2);
  });

  it("is accumulated from its stream by the vendor's own accumulator", async () => {
    emulator.script(full);
    const streamed = client.responses.stream({ model, input: "Hi" });
    const types: string[] = [];
    streamed.on("event", ({ type }) => types.push(type));
    const final = await streamed.finalResponse();
    expect(final.output_text).toBe(full.text);
    expect(final.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "message",
      "function_call",
      "function_call",
    ]);
    expect(types).toContain("response.function_call_arguments.delta");
  });

  it("is streamed as the documented sequence of events, numbered and named", async () => {
    const events = await stream(full);
    const sequence = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    const item = (...steps: readonly string[]): readonly string[] => [
      "output_item.added",
      ...steps,
      "output_item.done",
    ];
    const part = (name: string): readonly string[] =>
      item("content_part.added", `${name}.delta`, `${name}.done`, "content_part.done");
    const call = item("function_call_arguments.delta", "function_call_arguments.done");
    expect(sequence.map((type) => type.replace("response.", ""))).toEqual(
      ["created", "in_progress", part("reasoning_text"), part("output_text"), call, call, "completed"].flat(),
    );
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(responseOf(events[0])).toMatchObject({ status: "in_progress", output: [], usage: null });
  });

  it("tells a call's name when it appears and its arguments in deltas of the same item", async () => {
    const events = await stream(full);
    const added = events.flatMap((event) =>
      event.type === "response.output_item.added" && event.item.type === "function_call" ? [event] : [],
    );
    expect(added.map(({ item }) => item)).toMatchObject([
      { call_id: "call_a", name: "get_weather", arguments: "" },
      { call_id: "call_b", name: "get_weather", arguments: "" },
    ]);
    const [first] = added;
    const deltas = events.flatMap((event) =>
      event.type === "response.function_call_arguments.delta" && event.item_id === first?.item.id
        ? [event]
        : [],
    );
    expect(deltas.length).toBeGreaterThan(2);
    expect(new Set(deltas.map(({ output_index }) => output_index))).toEqual(new Set([2]));
    expect(JSON.parse(deltas.map(({ delta }) => delta).join(""))).toEqual(full.toolCalls?.[0]?.arguments);
  });

  it("without text, calls and anything else is an empty message", async () => {
    emulator.script({});
    const { output } = await client.responses.create({ model, input: "Hi" });
    expect(output).toMatchObject([{ type: "message", content: [{ type: "output_text", text: "" }] }]);
  });

  it("that refuses says so in a part of its own", async () => {
    const events = await stream({ refusal: "I will not." });
    const types = events.map(({ type }) => type);
    expect(types).toContain("response.refusal.delta");
    expect(types).toContain("response.refusal.done");
    expect(responseOf(events.at(-1)).output).toMatchObject([
      { content: [{ type: "refusal", refusal: "I will not." }] },
    ]);
  });

  it("carries annotations, each with an event", async () => {
    const citation = { type: "file_citation", file_id: "file_1", filename: "a.pdf", index: 3 };
    const events = await stream({ text: "As written.", annotations: [citation] });
    expect(events.find(({ type }) => type === "response.output_text.annotation.added")).toMatchObject({
      annotation: citation,
      annotation_index: 0,
    });
    expect(responseOf(events.at(-1)).output).toMatchObject([{ content: [{ annotations: [citation] }] }]);
  });

  it.each([
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ] as const)("that ends with %s is incomplete because of %s", async (finishReason, reason) => {
    const events = await stream({ text: "It", finishReason });
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason } },
    });
  });

  it("that fails ends with response.failed and its error", async () => {
    const failure = { code: "server_error", message: "The model fell over." };
    const events = await stream({ text: "It", failure });
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: failure },
    });
    emulator.script({ failure });
    expect(await client.responses.create({ model, input: "Hi" })).toMatchObject({ status: "failed" });
  });

  it("shows the reasoning of gpt-5 as a summary, and only when one is asked for", async () => {
    const id = "openai.gpt-5";
    const turn = { text: "Yes.", reasoning: "The sky is grey." };
    const silent = await stream(turn, { model: id });
    expect(silent.some(({ type }) => type.includes("reasoning"))).toBe(false);
    expect(responseOf(silent.at(-1)).output[0]).toMatchObject({ type: "reasoning", summary: [] });
    const asked = await stream(turn, { model: id, reasoning: { summary: "auto" } });
    const types = new Set(asked.map(({ type }) => type));
    for (const step of ["part.added", "text.delta", "text.done", "part.done"]) {
      expect(types).toContain(`response.reasoning_summary_${step}`);
    }
    expect(responseOf(asked.at(-1)).output[0]).toMatchObject({
      summary: [{ type: "summary_text", text: turn.reasoning }],
    });
  });

  it("comes from the offline responder, which sees instructions, tools and results", async () => {
    const tools: OpenAI.Responses.FunctionTool[] = [
      {
        type: "function",
        name: "get_weather",
        description: "Current weather for a city.",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        strict: false,
      },
    ];
    const first = await client.responses.create({ model, input: "How is the weather in Oslo?", tools });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error("no call");
    expect(JSON.parse(call.arguments)).toEqual({ city: "Oslo" });
    const second = await client.responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: '{"tempC":4}' }],
    });
    expect(second.output_text).toContain("temp C 4");
  });
});

describe("the stream's wire form", () => {
  const raw = async (turn: Turn): Promise<string> => {
    emulator.script(turn);
    const response = await client.responses.create({ model, input: "Hi", stream: true }).asResponse();
    return response.text();
  };

  it("has event lines unless told otherwise, and no [DONE]", async () => {
    const named = await raw({ text: "Hi" });
    expect(named).toMatch(/^event: response\.created\ndata: \{/);
    expect(named).not.toContain("[DONE]");
    const bare = await raw({ text: "Hi", wire: { eventLines: false } });
    expect(bare).not.toContain("event:");
    expect(await stream({ text: "Hi", wire: { eventLines: false } })).toHaveLength(9);
  });

  it("may number its events out of order", async () => {
    const events = await stream({ text: "It rains.", wire: { sequence: "shuffled" } });
    expect(events.slice(0, 4).map((event) => event.sequence_number)).toEqual([1, 0, 3, 2]);
    const deltas = events.flatMap((event) =>
      event.type === "response.output_text.delta" ? [event.delta] : [],
    );
    expect(deltas.join("")).toBe("It rains.");
  });

  it("breaks off with an error event of the Responses' own shape", async () => {
    const text = await raw({ text: "Hi", faults: [{ type: "error_event", after: 3 }] });
    const last = text.trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(last.slice("data: ".length))).toMatchObject({
      type: "error",
      code: "server_error",
      sequence_number: 3,
    });
  });

  it("may lack its last event, and be cut", async () => {
    const unfinished = await stream({ text: "Hi", faults: [{ type: "missing_finish" }] });
    expect(unfinished.at(-1)?.type).toBe("response.output_item.done");
    await expect(stream({ text: "Hi", faults: [{ type: "reset", after: 2 }] })).rejects.toThrow();
    expect(emulator.requests.at(-1)).toMatchObject({ charged: true, cut: true });
  });

  it("of a scripted error is the error", async () => {
    await expect(stream({ error: "TooManyRequests" })).rejects.toMatchObject({ status: 429 });
    expect(emulator.generations).toBe(0);
  });
});

describe("hosted tools", () => {
  it("appear as their items, with the events of their kind, before the text", async () => {
    const hosted = [
      {
        type: "mcp_list_tools",
        id: "mcpl_1",
        server_label: "docs",
        tools: [{ name: "search", input_schema: {} }],
      },
      {
        type: "mcp_call",
        id: "mcp_1",
        server_label: "docs",
        name: "search",
        arguments: '{"q":"rain"}',
        output: "yes",
      },
      { type: "file_search_call", status: "completed", queries: ["rain"], results: [{ file_id: "file_1" }] },
      {
        type: "code_interpreter_call",
        status: "completed",
        code: "print(1)",
        container_id: "c",
        outputs: [],
      },
      { type: "something_new", status: "completed", payload: { any: ["thing"] } },
    ];
    const events = await stream({ hosted, text: "Done." });
    const types = events.map(({ type }) => type.replace("response.", ""));
    expect(types).toEqual(
      expect.arrayContaining([
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
        "mcp_call.completed",
        "file_search_call.searching",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
      ]),
    );
    const added = events.flatMap((event) =>
      event.type === "response.output_item.added" ? [event.item] : [],
    );
    expect(added.slice(0, 4)).toMatchObject([
      { tools: [] },
      { arguments: "", output: null },
      { status: "in_progress", results: null },
      { code: "", outputs: null },
    ]);
    const { output } = responseOf(events.at(-1));
    expect(output).toMatchObject([...hosted, { type: "message" }]);
    expect(output.every(({ id }) => id !== undefined)).toBe(true);
  });

  it("that fail say so in their events", async () => {
    const events = await stream({
      hosted: [{ type: "mcp_call", name: "search", arguments: "{}", error: { message: "down" } }],
    });
    expect(events.map(({ type }) => type)).toContain("response.mcp_call.failed");
  });

  it("that ask for approval are answered by the id of the request", async () => {
    const hosted = [
      { type: "mcp_approval_request", id: "mcpr_1", name: "delete", arguments: "{}", server_label: "docs" },
    ];
    emulator.script({ hosted }, { text: "Deleted." });
    const asked = await client.responses.create({ model, input: "Delete it" });
    const approve = (approval_request_id: string): Promise<OpenAI.Responses.Response> =>
      client.responses.create({
        model,
        previous_response_id: asked.id,
        input: [{ type: "mcp_approval_response", approval_request_id, approve: true }],
      });
    await expect(approve("mcpr_2")).rejects.toMatchObject({ status: 400, param: "input" });
    expect((await approve("mcpr_1")).output_text).toBe("Deleted.");
  });
});

describe("a stored response", () => {
  it("is retrieved as it was answered, until it is deleted", async () => {
    const created = await client.responses.create({ model, input: "Hi", metadata: { run: "7" } });
    expect(await client.responses.retrieve(created.id)).toEqual(created);
    await client.responses.delete(created.id);
    await expect(client.responses.retrieve(created.id)).rejects.toMatchObject({ status: 404 });
  });

  it("lists its input items, page by page, newest first unless asked otherwise", async () => {
    const said = ["one", "two", "three"];
    const { id } = await client.responses.create({
      model,
      input: said.map((content) => ({ role: "user", content })),
    });
    const texts = async (order?: "asc" | "desc"): Promise<readonly unknown[]> => {
      const items = await collect(
        client.responses.inputItems.list(id, { limit: 2, ...(order === undefined ? {} : { order }) }),
      );
      return items.map((item) => ("content" in item ? item.content?.[0] : undefined));
    };
    const parts = said.map((text) => ({ type: "input_text", text }));
    expect(await texts("asc")).toEqual(parts);
    expect(await texts()).toEqual(parts.toReversed());
    await expect(client.responses.inputItems.list(id, { limit: 101 })).rejects.toMatchObject({ status: 400 });
    await expect(client.responses.inputItems.list(id, { after: "msg_0" })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("of a background request is at work until its time has come, and can be cancelled until then", async () => {
    emulator.script({ text: "Done.", delayMs: 60_000, times: 2 });
    const begin = (): Promise<OpenAI.Responses.Response> =>
      client.responses.create({ model, input: "Hi", background: true });
    const [finished, cancelled] = [await begin(), await begin()];
    expect(finished).toMatchObject({ status: "queued", output: [] });
    expect(await client.responses.retrieve(finished.id)).toMatchObject({ status: "in_progress", output: [] });
    expect(await client.responses.cancel(cancelled.id)).toMatchObject({ status: "cancelled" });
    emulator.clock.advance(60_001);
    expect(await client.responses.retrieve(finished.id)).toMatchObject({ output_text: "Done." });
    expect(await client.responses.retrieve(cancelled.id)).toMatchObject({
      status: "cancelled",
      output: [],
    });
    expect(await client.responses.cancel(finished.id)).toMatchObject({ status: "completed" });
    const synchronous = await client.responses.create({ model, input: "Hi" });
    await expect(client.responses.cancel(synchronous.id)).rejects.toMatchObject({ status: 400 });
  });
});
