/** Every row of the table, against a server that refuses what that server refuses and streams as it streams. */
import { ConfigurationError, type ModelRequest, type ModelResponse } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startCompatible } from "../../test/compatible.ts";
import { drain } from "../../test/parts.ts";
import { completion, json, startServer, type TestServer } from "../../test/server.ts";
import { OpenAIModel } from "../openai-model.ts";
import { detectServer } from "./compatibility.ts";
import { COMPATIBLE_SERVERS, type CompatibleServer } from "./compatible-servers.ts";

const NAMES = Object.keys(COMPATIBLE_SERVERS) as CompatibleServer[];
let server: TestServer;
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.endsWith("_API_KEY")) vi.stubEnv(name, undefined);
  vi.stubEnv("OPENAI_BASE_URL", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;
const tool = (name: string) => ({ name, description: "", parameters });

/** Everything at once, in the middle of a thread that another model began. */
const everything: ModelRequest = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Weather in Rome?" },
    {
      role: "assistant",
      content: [
        { type: "tool_call", id: "toolu_01A-long_one", name: "get_weather", arguments: '{"city":"Rome"}' },
      ],
    },
    { role: "tool", callId: "toolu_01A-long_one", name: "get_weather", content: "sun" },
    { role: "assistant", content: [{ type: "text", text: "Sun." }] },
    { role: "user", content: "And in Oslo? Answer in JSON." },
  ],
  tools: [tool("get_weather"), tool("get_time")],
  toolChoice: { name: "get_weather" },
  outputSchema: { name: "answer", schema: parameters },
  settings: {
    maxOutputTokens: 100,
    seed: 4,
    topK: 3,
    parallelToolCalls: false,
    reasoning: { effort: "low" },
  },
};

async function streamed(model: OpenAIModel, request: ModelRequest): Promise<ModelResponse> {
  const { parts, error } = await drain(model.stream(request));
  const last = parts.at(-1);
  if (last?.type !== "finish") throw error;
  return last.response;
}

describe.each(NAMES)("a server that behaves like %s", (name) => {
  it.each(["gpt-oss-120b", "gpt-5"])(
    "takes all that can be asked of %s, whole and streamed",
    async (modelId) => {
      server = await startCompatible(name);
      const model = new OpenAIModel({
        model: modelId,
        baseURL: server.url,
        compatibility: name,
        maxRetries: 0,
      });
      for (const response of [await streamed(model, everything), await model.complete(everything)]) {
        const texts = response.message.content.map((part) =>
          part.type === "tool_call" ? part.arguments : "text" in part ? part.text : "",
        );
        expect(texts).toEqual(["A city. ", "Looking.", '{"city":"Oslo"}']);
        expect(response.usage).toMatchObject({ inputTokens: 7, outputTokens: 5, totalTokens: 12 });
        expect(response.stopReason).toBe("tool_calls");
      }
    },
  );
});

describe("what goes over the wire", () => {
  async function bodyOn(
    name: CompatibleServer,
    request: ModelRequest = everything,
    model = "gpt-oss-120b",
  ): Promise<{ readonly body: TestServer["requests"][number]["body"]; readonly warnings: string }> {
    server = await startCompatible(name);
    const response = await new OpenAIModel({
      model,
      baseURL: server.url,
      compatibility: name,
      maxRetries: 0,
    }).complete(request);
    return { body: server.requests.at(-1)?.body ?? {}, warnings: response.warnings?.join("\n") ?? "" };
  }
  const names = (body: { readonly tools?: unknown }): readonly string[] =>
    (body.tools as readonly { readonly function: { readonly name: string } }[]).map(
      (one) => one.function.name,
    );

  it.each(["lmstudio", "llama.cpp"] as const)(
    "to %s: the one tool that was named, and that it is required",
    async (name) => {
      const { body, warnings } = await bodyOn(name);
      expect(body.tool_choice).toBe("required");
      expect(names(body)).toEqual(["get_weather"]);
      expect(warnings).toBe("");
    },
  );

  it("to Ollama: no choice, which it does not have, and a word about it", async () => {
    const { body, warnings } = await bodyOn("ollama");
    expect(body).not.toHaveProperty("tool_choice");
    expect(warnings).toMatch(/"gpt-oss on Ollama" cannot be made to call a tool/);
    expect(warnings).toMatch(/take no top_k/);
    await server.close();
    const none = await bodyOn("ollama", { ...everything, toolChoice: "none" });
    expect(none.body).not.toHaveProperty("tools");
  });

  it("to DeepSeek: JSON without a schema, max_tokens, no developer, and an empty thought beside calls", async () => {
    const { body, warnings } = await bodyOn("deepseek", everything, "gpt-5");
    expect(body).toMatchObject({ response_format: { type: "json_object" }, max_tokens: 100 });
    expect(body.messages).toMatchObject([{ role: "system" }, {}, { reasoning_content: "" }, {}, {}, {}]);
    expect(warnings).toMatch(/can be bound to JSON, not to a schema/);
  });

  it("to Mistral: its names, and ids of nine characters that belong together", async () => {
    const { body } = await bodyOn("mistral");
    expect(body).toMatchObject({ random_seed: 4, max_tokens: 100 });
    const messages = body.messages as readonly {
      tool_call_id?: string;
      tool_calls?: readonly { id: string }[];
    }[];
    expect(messages[2]?.tool_calls?.[0]?.id).toMatch(/^[a-z0-9]{9}$/);
    expect(messages[3]?.tool_call_id).toBe(messages[2]?.tool_calls?.[0]?.id);
  });

  it("to Groq: no schema while there are tools, and the schema once there are none", async () => {
    expect((await bodyOn("groq")).body).not.toHaveProperty("response_format");
    await server.close();
    const groq = new OpenAIModel({ model: "gpt-oss-120b", baseURL: server.url, compatibility: "groq" });
    expect(groq.capabilities).toMatchObject({ structuredOutput: "schema", structuredOutputWithTools: false });
    const { tools: _, toolChoice: __, ...alone } = everything;
    expect((await bodyOn("groq", alone)).body).toHaveProperty("response_format");
  });

  it("to OpenRouter: effort in its group, thoughts back in their field", async () => {
    const thought: ModelRequest = {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Greet." },
            { type: "text", text: "Hi." },
          ],
        },
        { role: "user", content: "Bye" },
      ],
      settings: { reasoning: { effort: "high" } },
    };
    const { body } = await bodyOn("openrouter", thought);
    expect(body).toMatchObject({
      reasoning: { effort: "high" },
      messages: [{}, { reasoning: "Greet." }, {}],
    });
    expect(body).not.toHaveProperty("reasoning_effort");
  });

  it.each(["vllm", "llama.cpp", "ollama"] as const)(
    "to %s: no file, and an error before anything is sent",
    async (name) => {
      server = await startCompatible(name);
      const model = new OpenAIModel({ model: "m", baseURL: server.url, compatibility: name });
      expect(model.capabilities).toMatchObject({ files: false, vision: true });
      const file = { type: "file", data: "JVBERi0=", mediaType: "application/pdf" } as const;
      await expect(model.complete({ messages: [{ role: "user", content: [file] }] })).rejects.toMatchObject({
        code: "unsupported_input",
      });
      expect(server.requests).toEqual([]);
    },
  );
});

describe("which server it is", () => {
  beforeEach(async () => {
    server = await startServer(json(completion("Hi.")));
  });

  it.each([
    ["https://api.openai.com/v1", "openai"],
    ["https://eu.api.openai.com/v1", "openai"],
    ["https://mine.openai.azure.com/openai/v1/", "azure"],
    ["https://api.groq.com/openai/v1", "groq"],
    ["https://openrouter.ai/api/v1", "openrouter"],
    ["https://api.together.ai/v1", "together"],
    ["https://api.deepseek.com", "deepseek"],
    ["https://api.mistral.ai/v1", "mistral"],
    ["http://localhost:1234/v1", "lmstudio"],
    ["http://127.0.0.1:11434/v1", "ollama"],
    ["http://[::1]:11434/v1", "ollama"],
    ["http://localhost:8080/v1", undefined],
    ["http://localhost:8000/v1", undefined],
    ["http://gpu.example.com:1234/v1", undefined],
    ["https://api.groq.com.example.com/v1", undefined],
    ["https://notopenai.com/v1", undefined],
  ])("%s is %s", (baseURL, expected) => {
    expect(detectServer(baseURL)).toBe(expected);
  });

  it("is told by the address, also from the environment, and the option has the last word", () => {
    vi.stubEnv("OPENAI_BASE_URL", "http://localhost:1234/v1");
    expect(new OpenAIModel({ model: "m" }).profile.name).toBe("default on LM Studio");
    const vllm = new OpenAIModel({ model: "m", compatibility: "vllm" });
    expect(vllm.profile).toMatchObject({
      name: "default on vLLM",
      toolChoices: expect.arrayContaining(["named"]),
    });
    const mine = new OpenAIModel({ model: "m", compatibility: { toolChoices: ["auto"] } });
    expect(mine.profile).toMatchObject({ name: "default on LM Studio", toolChoices: ["auto"] });
    const other = new OpenAIModel({
      model: "m",
      compatibility: { server: "deepseek", structuredOutput: "json_schema" },
    });
    expect(other.capabilities.structuredOutput).toBe("schema");
  });

  it("leaves the family its own refusals, and is one profile for all models of it", () => {
    const on = (model: string): OpenAIModel =>
      new OpenAIModel({ model, baseURL: server.url, compatibility: "mistral" });
    expect(on("gpt-5").profile.unsupported).toEqual(
      expect.arrayContaining(["temperature", "stream_options"]),
    );
    expect(on("gpt-5").profile).toBe(on("gpt-5-mini").profile);
    expect(
      new OpenAIModel({ model: "gpt-3.5-turbo", baseURL: server.url, compatibility: "vllm" }).capabilities,
    ).toMatchObject({
      vision: false,
      structuredOutput: "json",
    });
  });

  it("refuses a name and a difference that nobody knows", () => {
    const make = (compatibility: unknown): OpenAIModel =>
      new OpenAIModel({ model: "m", baseURL: server.url, compatibility: compatibility as CompatibleServer });
    expect(() => make("grok")).toThrow(/compatibility "grok" is not known.*did you mean "groq"/);
    expect(() => make("toString")).toThrow(ConfigurationError);
    expect(() => make({ toolChoice: [] })).toThrow(/toolChoice.*did you mean "toolChoices"/);
  });
});

describe("the key", () => {
  const seen: string[] = [];
  const own: typeof fetch = async (_input, init) => {
    seen.push(new Headers(init?.headers).get("authorization") ?? "");
    return Response.json(completion("Hi."));
  };
  const ask = (options: { readonly baseURL?: string; readonly apiKey?: string }): Promise<unknown> =>
    new OpenAIModel({ model: "m", fetch: own, ...options }).complete({
      messages: [{ role: "user", content: "Hi" }],
    });
  beforeEach(async () => {
    seen.length = 0;
    server = await startServer(json(completion("Hi.")));
  });

  it("is of the server's own variable", async () => {
    vi.stubEnv("GROQ_API_KEY", "gsk");
    vi.stubEnv("OPENAI_API_KEY", "sk");
    await ask({ baseURL: "https://api.groq.com/openai/v1" });
    await ask({ baseURL: "https://api.groq.com/openai/v1", apiKey: "mine" });
    expect(seen).toEqual(["Bearer gsk", "Bearer mine"]);
  });

  it("of OpenAI's is given to no other vendor, unless the environment names both", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk");
    await expect(async () => ask({ baseURL: "https://openrouter.ai/api/v1" })).rejects.toThrow(
      /no API key for OpenRouter model "m"/,
    );
    await expect(async () => ask({ baseURL: "https://openrouter.ai/api/v1" })).rejects.toMatchObject({
      hint: expect.stringContaining("OPENROUTER_API_KEY"),
    });
    vi.stubEnv("OPENAI_BASE_URL", "https://openrouter.ai/api/v1");
    await ask({});
    expect(seen).toEqual(["Bearer sk"]);
  });

  it("is the address's, whatever server it is said to behave like", async () => {
    vi.stubEnv("GROQ_API_KEY", "gsk");
    vi.stubEnv("OPENAI_API_KEY", "sk");
    const lost = new OpenAIModel({ model: "m", fetch: own, compatibility: "groq" });
    await lost.complete({ messages: [{ role: "user", content: "Hi" }] });
    expect(seen).toEqual(["Bearer sk"]);
  });

  it("is not asked for by a proxy of the server, or by a server of one's own", async () => {
    const proxied = new OpenAIModel({ model: "m", baseURL: server.url, compatibility: "groq" });
    await proxied.complete({ messages: [{ role: "user", content: "Hi" }] });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer none");
  });
});
