// Tools that the service runs itself, as the vendor's client sees the rule-based responder use them, plain and streamed.
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  collect,
  keyFetch,
  model,
  openaiClient,
  started,
  testConfig,
} from "../../../../test/support/client.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const { client } = session;
/** Signs nothing, so that the clock can be moved. */
const byKey = openaiClient(emulator, config, { fetch: keyFetch(config) });

type Response = OpenAI.Responses.Response;
type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Tool = OpenAI.Responses.Tool;
type Item = Response["output"][number];

const create = (body: Body, by: OpenAI = client): Promise<Response> =>
  by.responses.create({ model, ...body });
const typesOf = ({ output }: Response): readonly string[] => output.map(({ type }) => type);
const itemOf = <Type extends Item["type"]>(
  { output }: Response,
  type: Type,
): Extract<Item, { readonly type: Type }> => {
  const found = output.find((item): item is Extract<Item, { readonly type: Type }> => item.type === type);
  if (found === undefined)
    throw new Error(`There is no ${type} among ${output.map((item) => item.type).join()}.`);
  return found;
};
const annotationsOf = (
  response: Response,
): readonly OpenAI.Responses.ResponseOutputText["annotations"][number][] => {
  const [part] = itemOf(response, "message").content;
  return part?.type === "output_text" ? part.annotations : [];
};

const code: Tool = { type: "code_interpreter", container: { type: "auto" } };
const mcp = (more: Partial<OpenAI.Responses.Tool.Mcp> = {}): Tool => ({
  type: "mcp",
  server_label: "wiki",
  server_url: "https://wiki.example.com/mcp",
  ...more,
});

const contentOf = async (container_id: string, file: string): Promise<string> => {
  const response = await client.containers.files.content.retrieve(file, { container_id });
  return await response.text();
};

/** The events of a stream, without the answer's text. */
const eventsOf = async (body: Body): Promise<readonly string[]> => {
  const stream = await client.responses.create({ model, ...body, stream: true });
  const events = await collect(stream);
  return events
    .map(({ type }) => type.replace("response.", ""))
    .filter((type) => !/^(created|in_progress|completed|content_part|output_text)/.test(type));
};

describe("the code interpreter", () => {
  it.each([
    ["Solve 3x + 11 = 14.", "x = 1."],
    ["I need to solve the equation 2y - 4 = y + 1. Can you help me?", "y = 5."],
    ["Solve for x: 5x - 1.5 = -2x + 12.5", "x = 2."],
    ["What is 12 * 12?", "12 * 12 = 144."],
    ["What is the square root of 144?", "is 12."],
    ["Give me the factorial of 10", "is 3628800."],
    ["Use the python tool: what is the mean of 3, 4 and 8?", "the mean is 5."],
    ["What are the first ten prime numbers?", "2, 3, 5, 7, 11, 13, 17, 19, 23, 29."],
    ["List the primes below 12", "2, 3, 5, 7, 11."],
    ["First 8 Fibonacci numbers please", "0, 1, 1, 2, 3, 5, 8, 13."],
  ])("works out: %s", async (input, answer) => {
    const response = await create({ input, tools: [code] });
    expect(typesOf(response)).toEqual(["code_interpreter_call", "message"]);
    expect(response.output_text).toContain(answer);
    expect(response.output_text).toMatch(/\(offline emulator\)$/);
    const call = itemOf(response, "code_interpreter_call");
    expect(call).toMatchObject({
      status: "completed",
      outputs: null,
      code: expect.stringContaining("print"),
    });
    expect(await client.containers.retrieve(call.container_id)).toMatchObject({ status: "running" });
  });

  it("shows what the code printed where it is asked to", async () => {
    const include = ["code_interpreter_call.outputs"] as const;
    const response = await create({ input: "What is 7 / 2?", tools: [code], include: [...include] });
    expect(itemOf(response, "code_interpreter_call").outputs).toEqual([{ type: "logs", logs: "3.5\n" }]);
  });

  it("leaves a question alone that there is nothing to work out for", async () => {
    const response = await create({ input: "Hello!", tools: [code, mcp()] });
    expect(typesOf(response)).toEqual(["message"]);
    expect(await collect(client.containers.list())).toEqual([]);
  });

  it("is run all the same when it must be", async () => {
    for (const tool_choice of [{ type: "code_interpreter" }, "required"] as const) {
      const response = await create({ input: "Hello!", tools: [code], tool_choice });
      expect(typesOf(response)).toEqual(["code_interpreter_call", "message"]);
    }
    expect(typesOf(await create({ input: "What is 1 + 1?", tools: [code], tool_choice: "none" }))).toEqual([
      "message",
    ]);
    const absent = create({ input: "Hello!", tools: [mcp()], tool_choice: { type: "code_interpreter" } });
    await expect(absent).rejects.toMatchObject({ status: 400, param: "tool_choice" });
  });

  it("leaves the files that it was asked for in the container", async () => {
    const input = "Compute the first 5 primes and save them as primes.csv";
    const response = await create({ input, tools: [code] });
    const [citation] = annotationsOf(response);
    if (citation?.type !== "container_file_citation") throw new Error("no citation");
    const { container_id, file_id, start_index, end_index } = citation;
    expect(citation).toMatchObject({ filename: "primes.csv" });
    expect(response.output_text.slice(start_index, end_index)).toBe("sandbox:/mnt/data/primes.csv");
    expect(await contentOf(container_id, file_id)).toBe("n,value\n1,2\n2,3\n3,5\n4,7\n5,11\n");
    const file = await client.containers.files.retrieve(file_id, { container_id });
    expect(file).toMatchObject({ source: "assistant", path: "/mnt/data/primes.csv" });
    expect(itemOf(response, "code_interpreter_call")).toMatchObject({ container_id });
  });

  it("draws a chart that is a picture", async () => {
    const response = await create({ input: "Plot a bar chart of 3, 1, 4, 1, 5", tools: [code] });
    const [citation] = annotationsOf(response);
    if (citation?.type !== "container_file_citation") throw new Error("no citation");
    expect(citation.filename).toBe("chart.png");
    expect((await contentOf(citation.container_id, citation.file_id)).slice(1, 4)).toBe("PNG");
  });

  it("reads the numbers in the files of its container", async () => {
    const { id } = await client.containers.create({ name: "data" });
    const csv = 'item,price,count\n"nut, small",1.5,10\nbolt,2.5,20\n';
    await client.containers.files.create(id, { file: await toFile(Buffer.from(csv), "data.csv") });
    const tools: Tool[] = [{ type: "code_interpreter", container: id }];
    const ask = async (input: string): Promise<string> => (await create({ input, tools })).output_text;
    expect(await ask("Sum the price column in data.csv")).toContain("2 rows: the sum of price is 4.");
    expect(await ask("What is the average count in data.csv?")).toContain("the mean of count is 15.");
    expect(await ask("What is in data.csv?")).toContain("the sum of price is 4, the mean of price is 2");
    expect(await ask("What is in other.csv?")).toContain("There is no other.csv");
  });

  it("is given uploaded files in a container of its own", async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from("1\n2\n3\n"), "numbers.csv"),
      purpose: "user_data",
    });
    const tools: Tool[] = [
      { type: "code_interpreter", container: { type: "auto", memory_limit: "4g", file_ids: [file.id] } },
    ];
    const response = await create({ input: "What is the maximum in numbers.csv?", tools });
    expect(response.output_text).toContain("the maximum of column 1 is 3.");
    const { container_id } = itemOf(response, "code_interpreter_call");
    expect(await client.containers.retrieve(container_id)).toMatchObject({ memory_limit: "4g" });
    expect(await collect(client.containers.files.list(container_id))).toHaveLength(1);
  });

  it("goes on in the container of the thread, and in a new one once that has expired", async () => {
    const first = await create({ input: "Save 1, 2 and 3 as data.csv", tools: [code] }, byKey);
    const next = (input: string): Promise<Response> =>
      create({ input, tools: [code], previous_response_id: first.id }, byKey);
    const { container_id } = itemOf(first, "code_interpreter_call");
    const second = await next("Sum the value column in data.csv");
    expect(itemOf(second, "code_interpreter_call").container_id).toBe(container_id);
    expect(second.output_text).toContain("the sum of value is 6.");
    emulator.clock.advance(20 * 60_000);
    expect(itemOf(await next("What is 1 + 1?"), "code_interpreter_call").container_id).not.toBe(container_id);
  });

  it("does not run in a container that is not there, or not any more", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const ask = (container: string): Promise<Response> =>
      create({ input: "What is 1 + 1?", tools: [{ type: "code_interpreter", container }] }, byKey);
    expect(itemOf(await ask(id), "code_interpreter_call").container_id).toBe(id);
    await expect(ask("cntr_0")).rejects.toMatchObject({ status: 404 });
    emulator.clock.advance(20 * 60_000);
    await expect(ask(id)).rejects.toMatchObject({ status: 404 });
  });

  it.each(["1/2x + 3 = 7", "x^2 = 4", "2x * 3 = 12", "2x + y = 3"])(
    "does not pretend to solve %s",
    async (equation) => {
      const response = await create({ input: `Solve ${equation}`, tools: [code] });
      expect(response.output_text).not.toContain("gives");
    },
  );

  it("reads a long text of terms without an end as fast as any other", async () => {
    const response = await create({ input: `Solve ${"1 + ".repeat(5000)}`, tools: [code] });
    expect(response.output_text).not.toContain("gives");
  });

  it("leaves sums to a function that is there for them", async () => {
    const calculator: Tool = {
      type: "function",
      name: "calculator",
      strict: false,
      parameters: { type: "object", properties: { expression: { type: "string" } } },
    };
    const response = await create({ input: "What is 2 + 3?", tools: [code, calculator] });
    expect(typesOf(response)).toEqual(["function_call"]);
  });
});

describe("file search", () => {
  const store = async (): Promise<string> => {
    const stores = openaiClient(emulator, config, {
      fetch: keyFetch(config),
      base: "/20231130/openai/v1",
    });
    const text = "Guests may cancel a booking until noon of the day before. Dogs are welcome in the garden.";
    const file = await stores.files.create({
      file: await toFile(Buffer.from(text), "rules.txt"),
      purpose: "assistants",
    });
    const { id } = await stores.vectorStores.create({ name: "rules" });
    emulator.clock.advance(60_000);
    await stores.vectorStores.files.create(id, { file_id: file.id });
    emulator.clock.advance(60_000);
    expect(await stores.vectorStores.files.retrieve(file.id, { vector_store_id: id })).toMatchObject({
      status: "completed",
    });
    return id;
  };

  it("quotes the best passage, cites its file and shows results where it is asked to", async () => {
    const tools: Tool[] = [{ type: "file_search", vector_store_ids: [await store()] }];
    const input = "Until when may guests cancel a booking?";
    const response = await create({ input, tools }, byKey);
    expect(typesOf(response)).toEqual(["file_search_call", "message"]);
    expect(itemOf(response, "file_search_call")).toMatchObject({ queries: [input], results: null });
    expect(response.output_text).toContain("cancel a booking until noon");
    expect(annotationsOf(response)).toMatchObject([
      { type: "file_citation", filename: "rules.txt", file_id: expect.stringMatching(/^file-/) },
    ]);
    const shown = await create({ input, tools, include: ["file_search_call.results"] }, byKey);
    expect(itemOf(shown, "file_search_call").results).toMatchObject([
      { filename: "rules.txt", text: expect.stringContaining("noon"), score: expect.any(Number) },
    ]);
  });

  it("says so when nothing is found, and refuses stores that are not there", async () => {
    const id = await store();
    const ask = (vector_store_ids: string[]): Promise<Response> =>
      create({ input: "Quantum chromodynamics?", tools: [{ type: "file_search", vector_store_ids }] }, byKey);
    const response = await ask([id]);
    expect(typesOf(response)).toEqual(["file_search_call", "message"]);
    expect(response.output_text).toContain("found nothing");
    await expect(ask(["vs_0"])).rejects.toMatchObject({ status: 404 });
  });

  it("is left alone by what the conversation answers", async () => {
    const tools: Tool[] = [{ type: "file_search", vector_store_ids: [await store()] }];
    const first = await create({ input: "My name is Ada.", tools }, byKey);
    const second = await create({ input: "What is my name?", tools, previous_response_id: first.id }, byKey);
    expect([first, second].flatMap(typesOf)).toEqual(["message", "message"]);
    expect(second.output_text).toContain("Ada");
  });
});

describe("an MCP server", () => {
  it("is listed once and called without asking where no approval is needed", async () => {
    const tools = [mcp({ require_approval: "never" })];
    const first = await create({ input: "Look up the history of Rome in the wiki", tools });
    expect(typesOf(first)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
    expect(itemOf(first, "mcp_list_tools")).toMatchObject({
      server_label: "wiki",
      tools: [{ name: "search", input_schema: { type: "object" } }, { name: "fetch" }],
    });
    const call = itemOf(first, "mcp_call");
    expect(call).toMatchObject({ server_label: "wiki", name: "search", error: null });
    expect(JSON.parse(call.arguments)).toHaveProperty("query");
    expect(first.output_text).toMatch(/Imagined result of search .*\(offline emulator\)$/);
    const input = "And search the wiki for Athens";
    const second = await create({ input, tools, previous_response_id: first.id });
    expect(typesOf(second)).toEqual(["mcp_call", "message"]);
  });

  it("has the tools that the request allows", async () => {
    const tools = [mcp({ require_approval: "never", allowed_tools: { tool_names: ["roll"] } })];
    const response = await create({ input: "Roll the dice", tools });
    expect(itemOf(response, "mcp_list_tools").tools.map(({ name }) => name)).toEqual(["roll"]);
    expect(itemOf(response, "mcp_call").name).toBe("roll");
  });

  const asked = async (): Promise<{ readonly response: Response; readonly id: string }> => {
    const response = await create({ input: "Look up Rome in the wiki", tools: [mcp()] });
    expect(typesOf(response)).toEqual(["mcp_list_tools", "mcp_approval_request"]);
    return { response, id: itemOf(response, "mcp_approval_request").id };
  };
  const decide = (approval_request_id: string, approve: boolean): OpenAI.Responses.ResponseInputItem => ({
    type: "mcp_approval_response",
    approval_request_id,
    approve,
  });

  it("is called once the client has approved", async () => {
    const { response, id } = await asked();
    const input = [decide(id, true)];
    const approved = await create({ input, tools: [mcp()], previous_response_id: response.id });
    expect(typesOf(approved)).toEqual(["mcp_call", "message"]);
    const request = itemOf(response, "mcp_approval_request");
    expect(itemOf(approved, "mcp_call")).toMatchObject({
      approval_request_id: id,
      name: request.name,
      arguments: request.arguments,
    });
    const after = await create({ input: "Thanks", previous_response_id: approved.id });
    expect(typesOf(after)).toEqual(["message"]);
  });

  it("is not called if the client declines", async () => {
    const { response, id } = await asked();
    const input = [decide(id, false)];
    const declined = await create({ input, tools: [mcp()], previous_response_id: response.id });
    expect(typesOf(declined)).toEqual(["message"]);
    expect(declined.output_text).toContain("declined");
    const after = await create({ input: "Hello", tools: [mcp()], previous_response_id: declined.id });
    expect(typesOf(after)).toEqual(["message"]);
  });

  it("is approved within a conversation and in a replayed input as well", async () => {
    const conversation = await client.conversations.create();
    const tools = [mcp()];
    const first = await create({ input: "Look up Rome in the wiki", tools, conversation: conversation.id });
    const input = [decide(itemOf(first, "mcp_approval_request").id, true)];
    const second = await create({ input, tools, conversation: conversation.id });
    expect(typesOf(second)).toEqual(["mcp_call", "message"]);
    const items = await collect(client.conversations.items.list(conversation.id, { order: "asc" }));
    expect(items.map(({ type }) => type)).toEqual([
      "message",
      "mcp_list_tools",
      "mcp_approval_request",
      "mcp_approval_response",
      "mcp_call",
      "message",
    ]);
    const user = { role: "user", content: "Look up Rome in the wiki" } as const;
    const request = itemOf(first, "mcp_approval_request");
    const replayed = await create({ input: [user, request, ...input], tools, store: false });
    expect(typesOf(replayed)).toEqual(["mcp_call", "message"]);
  });

  it("asks for approval of what is not exempt", async () => {
    const require_approval = { never: { tool_names: ["search"] } };
    const ask = (name: string): Promise<Response> =>
      create({
        input: "Rome",
        tools: [mcp({ require_approval })],
        tool_choice: { type: "mcp", server_label: "wiki", name },
      });
    expect(typesOf(await ask("search"))).toContain("mcp_call");
    expect(typesOf(await ask("fetch"))).toContain("mcp_approval_request");
  });

  it("leaves its credentials out of the response", async () => {
    const tools = [mcp({ authorization: "secret-token", headers: { "x-key": "secret-key" } })];
    const { id } = await create({ input: "Hi", tools });
    expect(JSON.stringify(await client.responses.retrieve(id))).not.toContain("secret-");
  });
});

describe("web search and image generation", () => {
  it("are imagined, and say so", async () => {
    const web = await create({
      input: "What is the latest news about Rome?",
      tools: [{ type: "web_search" }],
    });
    expect(typesOf(web)).toEqual(["web_search_call", "message"]);
    expect(itemOf(web, "web_search_call")).toMatchObject({ action: { type: "search" } });
    expect(web.output_text).toMatch(/imagined.*\(offline emulator\)$/);
    const [citation] = annotationsOf(web);
    if (citation?.type !== "url_citation") throw new Error("no citation");
    expect(web.output_text.slice(citation.start_index, citation.end_index)).toBe(citation.url);
    const tools: Tool[] = [{ type: "image_generation" }];
    const drawn = await create({ input: "Draw a picture of a cat", tools });
    expect(typesOf(drawn)).toEqual(["image_generation_call", "message"]);
    const png = Buffer.from(itemOf(drawn, "image_generation_call").result ?? "", "base64");
    expect(png.toString("latin1", 1, 4)).toBe("PNG");
    expect(typesOf(await create({ input: "Draw a conclusion", tools }))).toEqual(["message"]);
  });
});

describe("a stream", () => {
  it("tells what hosted tools do in the events of their kind", async () => {
    const added = "output_item.added";
    const done = "output_item.done";
    const coded = await eventsOf({ input: "What is 1 + 1?", tools: [code] });
    expect([...new Set(coded)]).toEqual([
      added,
      "code_interpreter_call.in_progress",
      "code_interpreter_call_code.delta",
      "code_interpreter_call_code.done",
      "code_interpreter_call.interpreting",
      "code_interpreter_call.completed",
      done,
    ]);
    const called = await eventsOf({ input: "wiki", tools: [mcp({ require_approval: "never" })] });
    expect([...new Set(called)]).toEqual([
      added,
      "mcp_list_tools.in_progress",
      "mcp_list_tools.completed",
      done,
      "mcp_call.in_progress",
      "mcp_call_arguments.delta",
      "mcp_call_arguments.done",
      "mcp_call.completed",
    ]);
    expect(await eventsOf({ input: "latest news", tools: [{ type: "web_search" }] })).toEqual([
      added,
      "web_search_call.in_progress",
      "web_search_call.searching",
      "web_search_call.completed",
      done,
      added,
      done,
    ]);
  });

  it("adds up to what is stored, citations and all", async () => {
    const body = { model, input: "Save the first 3 primes as primes.csv", tools: [code] };
    const stream = client.responses.stream(body);
    const kinds = new Set<string>();
    stream.on("event", ({ type }) => kinds.add(type));
    const final = await stream.finalResponse();
    expect(kinds).toContain("response.output_text.annotation.added");
    const stored = await client.responses.retrieve(final.id);
    expect(stored.output_text).toBe(final.output_text);
    expect(annotationsOf(stored)).toEqual(annotationsOf(final));
    expect(itemOf(stored, "code_interpreter_call")).toEqual(itemOf(final, "code_interpreter_call"));
  });
});
