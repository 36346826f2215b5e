// Bodies that the Responses API refuses, on the common base and on the bare path.
import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import type OpenAI from "openai";
import { afterAll, describe, expect, it } from "vitest";
import { model, openaiClient, signedFetch, started, testConfig } from "../../test/support/client.ts";
import type { Strictness } from "../index.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const send = async (body: object, by: OpenAI = client): Promise<unknown> =>
  by.post("/responses", { body: { model, input: "Hi", ...body } }).catch((error: unknown) => error);

const functionTool = { type: "function", name: "f", parameters: { type: "object", properties: {} } };

describe("a body is refused", () => {
  it.each<[string, object, object]>([
    [
      "with a field of chat completions",
      { response_format: {} },
      { param: "response_format", message: /text\.format/ },
    ],
    ["with messages", { messages: [], input: undefined }, { param: "messages", message: /moved to 'input'/ }],
    ["with max_tokens", { max_tokens: 5 }, { param: "max_tokens", message: /max_output_tokens/ }],
    ["with an unknown field", { foo: 1 }, { param: "foo", code: "unknown_parameter" }],
    ["without input", { input: undefined }, { param: "input", code: "missing_required_parameter" }],
    ["without a model", { model: undefined }, { param: "model" }],
    [
      "with an item that lacks its parts",
      { input: [{ type: "function_call", name: "f", arguments: "{}" }] },
      { param: "input[0].call_id" },
    ],
    [
      "with arguments that are no text",
      { input: [{ type: "function_call", call_id: "c", name: "f", arguments: {} }] },
      { param: "input[0].arguments", code: "invalid_type" },
    ],
    [
      "with a part of chat completions",
      { input: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] },
      { param: "input[0].content[0].type" },
    ],
    [
      "with input text of the assistant",
      { input: [{ role: "assistant", content: [{ type: "input_text", text: "Hi" }] }] },
      { param: "input[0].content[0].type", message: /'output_text'/ },
    ],
    [
      "with both kinds of state",
      { previous_response_id: "resp_0", conversation: "conv_0" },
      { code: "mutually_exclusive_parameters" },
    ],
    [
      "with a nested function tool",
      { tools: [{ type: "function", function: { name: "f" } }] },
      { param: "tools[0].name", code: "missing_required_parameter" },
    ],
    ["with a bad tool name", { tools: [{ ...functionTool, name: "a b" }] }, { param: "tools[0].name" }],
    [
      "that tells of a call by a bad name",
      {
        input: [
          { role: "user", content: "x" },
          { type: "function_call", call_id: "1", name: "functions.f<|channel|>", arguments: "{}" },
          { type: "function_call_output", call_id: "1", output: "x" },
        ],
      },
      { param: "input[1].name" },
    ],
    ["with too many tools", { tools: Array.from({ length: 129 }, () => functionTool) }, { param: "tools" }],
    [
      "with a choice of no tool",
      { tools: [functionTool], tool_choice: { type: "function", name: "g" } },
      { param: "tool_choice" },
    ],
    [
      "with a nested tool choice",
      { tools: [functionTool], tool_choice: { type: "function", function: { name: "f" } } },
      { param: "tool_choice.name" },
    ],
    [
      "with an MCP tool without a server",
      { tools: [{ type: "mcp", server_label: "docs" }] },
      { param: "tools[0].server_url" },
    ],
    [
      "with a nested schema",
      { text: { format: { type: "json_schema", json_schema: { name: "x", schema: {} } } } },
      { param: "text.format.name" },
    ],
    ["with a background that is not stored", { background: true, store: false }, { param: "background" }],
    [
      "with temperature for gpt-5",
      { model: "openai.gpt-5", temperature: 0.5 },
      { param: "temperature", code: "unsupported_parameter" },
    ],
    [
      "with effort for a model that does not reason",
      { model: "openai.gpt-4o", reasoning: { effort: "low" } },
      { param: "reasoning.effort" },
    ],
    [
      "for a model that Responses do not serve",
      { model: "cohere.command-a-03-2025" },
      { message: /not served by the Responses API/ },
    ],
    ["for Llama", { model: "meta.llama-3.3-70b-instruct" }, { message: /not served/ }],
    ["for audio models", { model: "openai.gpt-audio" }, { message: /not served/ }],
    [
      "with schema keywords that Gemini does not know",
      {
        model: "google.gemini-2.5-pro",
        tools: [{ ...functionTool, parameters: { type: "object", properties: { a: { $ref: "#" } } } }],
      },
      { message: /\$ref/ },
    ],
  ])("%s", async (_, body, expected) => {
    const patterns = Object.entries(expected).map(([field, value]) => [
      field,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]);
    expect(await send(body)).toMatchObject({ status: 400, ...Object.fromEntries(patterns) });
  });

  it("with files by id for a model that is not Gemini, with more than ten, and with one that is not there", async () => {
    const upload = async (): Promise<string> =>
      (await client.files.create({ file: new File(["%PDF-1.4"], "a.pdf"), purpose: "user_data" })).id;
    const ids = await Promise.all(Array.from({ length: 11 }, upload));
    const [first = ""] = ids;
    const named = (type: string, given: readonly string[]) => ({
      input: [{ role: "user", content: given.map((file_id) => ({ type, file_id })) }],
    });
    const gemini = { model: "google.gemini-2.5-pro" };
    const param = "input[0].content[0].file_id";
    expect(await send({ ...gemini, ...named("input_file", ids.slice(1)) })).toMatchObject({
      status: "completed",
    });
    expect(await send(named("input_file", [first]))).toMatchObject({
      status: 400,
      param,
      code: "unsupported_parameter",
    });
    expect(await send({ ...gemini, ...named("input_file", ids) })).toMatchObject({
      status: 400,
      message: expect.stringMatching(/At most 10 files/),
    });
    await client.files.delete(first);
    for (const type of ["input_file", "input_image"]) {
      expect(await send({ ...gemini, ...named(type, [first]) })).toMatchObject({
        status: 404,
        param,
        message: expect.stringContaining(first),
      });
    }
    await using lax = await started(config, { strictness: "off" });
    expect(await send(named("input_file", ["file-0"]), lax.client)).toMatchObject({ status: "completed" });
  });

  it("for a model that does not exist, as if permission were missing", async () => {
    expect(await send({ model: "nobody.model" })).toMatchObject({
      status: 404,
      code: "NotAuthorizedOrNotFound",
    });
  });

  it("more strictly where reports disagree, or not at all", async () => {
    const contested = { model: "mistral.large" };
    const sampling = { model: "openai.gpt-5", temperature: 0.5 };
    const status = async (strictness: Strictness, body: object): Promise<unknown> => {
      await using other = await started(config, { strictness });
      return await send(body, other.client);
    };
    expect(await send(contested)).toMatchObject({ status: "completed" });
    expect(await status("contested", contested)).toMatchObject({ status: 400 });
    const encrypted = { model: "openai.gpt-4o", include: ["reasoning.encrypted_content"] };
    expect(await send(encrypted)).toMatchObject({ status: "completed" });
    expect(await status("contested", encrypted)).toMatchObject({ status: 400, param: "include" });
    expect(await status("off", sampling)).toMatchObject({ status: "completed" });
  });
});

describe("a body is taken", () => {
  it.each<[string, object]>([
    [
      "with hosted tools",
      {
        tools: [
          { type: "file_search", vector_store_ids: ["vs"] },
          { type: "web_search" },
          { type: "mcp", server_label: "d", server_url: "https://example.com" },
        ],
      },
    ],
    [
      "with items of unknown types",
      {
        input: [
          { role: "user", content: "Hi" },
          { type: "something_new", a: 1 },
        ],
      },
    ],
    ["with images", { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:," }] }] }],
    ["of a dedicated endpoint", { model: "ocid1.generativeaiendpoint.oc1..a" }],
    ["with null for what is not set", { tools: null, previous_response_id: null, text: null, store: null }],
  ])("%s", async (_, body) => {
    expect(await send(body)).toMatchObject({ status: "completed" });
  });
});

describe("the other bases", () => {
  const multiAgent = "xai.grok-4.20-multi-agent-0309";
  const bare = openaiClient(emulator, config, { base: "/v1", project: null });

  it("are the actions base, with an API key and without a project", async () => {
    const headers = {
      authorization: `Bearer ${config.apiKey.secrets[0]}`,
      "content-type": "application/json",
    };
    const response = await fetch(`${emulator.url}/20231130/actions/v1/responses`, {
      method: "POST",
      headers,
      body: JSON.stringify({ model, input: "Hi" }),
    });
    expect(await response.json()).toMatchObject({ object: "response", status: "completed" });
  });

  it("are the bare path, for multi-agent Grok alone and without a project", async () => {
    const created = await bare.responses.create({ model: multiAgent, input: "Hi" });
    const again = { model: multiAgent, input: "Go on", previous_response_id: created.id };
    expect(await bare.responses.create(again)).toMatchObject({ status: "completed" });
    expect(await send({}, bare)).toMatchObject({ status: 404 });
  });

  it("refuse fields of chat completions on the bare path in its gateway's own ways", async () => {
    const body = { model: multiAgent, input: undefined, messages: [] };
    expect(await send(body, bare)).toMatchObject({
      status: 422,
      message: expect.stringContaining("missing field `input`"),
    });
    expect(await send({ model: multiAgent, max_tokens: 5 }, bare)).toMatchObject({ status: 400 });
  });

  it("need the compartment header with a signature", async () => {
    const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");
    const answer = await signedFetch(provider)(`${emulator.url}/openai/v1/responses`, {
      method: "POST",
      body: "{}",
    });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("opc-compartment-id"),
    ]);
  });
});
