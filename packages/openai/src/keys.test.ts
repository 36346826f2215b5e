/** Whose key goes where, and that it is told to nobody. */
import { inspect } from "node:util";
import { type ChatModel, ConfigurationError, type LocusError } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, completion, events, json, startServer, type TestServer } from "../test/server.ts";
import { OpenAIModel, type OpenAIModelOptions } from "./openai-model.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

const request = { messages: [{ role: "user", content: "Hi" }] } as const;
const MODELS = {
  "chat completions": (options: OpenAIModelOptions): ChatModel => new OpenAIModel(options),
  responses: (options: OpenAIModelOptions): ChatModel => new OpenAIResponsesModel(options),
};

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^OPENAI_|_API_KEY$/.test(name)) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("what the environment says of OpenAI", () => {
  const sentTo = async (baseURL: string | undefined, options: Partial<OpenAIModelOptions> = {}) => {
    let seen = new Headers();
    const own: typeof fetch = async (_input, init) => {
      seen = new Headers(init?.headers);
      return Response.json(completion("Hi."));
    };
    const model = new OpenAIModel({
      model: "m",
      fetch: own,
      ...(baseURL === undefined ? {} : { baseURL }),
      ...options,
    });
    await model.complete(request);
    return {
      key: seen.get("authorization"),
      organization: seen.get("openai-organization"),
      project: seen.get("openai-project"),
      custom: seen.get("x-custom"),
    };
  };
  const all = { key: "Bearer sk-env-0001", organization: "org-1", project: "proj-1", custom: "c" };
  beforeEach(() => {
    vi.stubEnv("OPENAI_API_KEY", "sk-env-0001");
    vi.stubEnv("OPENAI_ORG_ID", "org-1");
    vi.stubEnv("OPENAI_PROJECT_ID", "proj-1");
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", "X-Custom: c\nAuthorization-Not: x");
  });

  it.each([
    undefined,
    "https://api.openai.com/v1",
    "https://eu.api.openai.com./v1",
    "http://127.0.0.1:8000/v1",
    "http://[::1]:8000/v1",
    "http://localhost:8000/v1",
  ])("goes to %s", async (baseURL) => {
    expect(await sentTo(baseURL)).toEqual(all);
  });

  it("goes to what OPENAI_BASE_URL names, also where an option names the same", async () => {
    vi.stubEnv("OPENAI_BASE_URL", "https://gateway.example.com/v1");
    expect(await sentTo(undefined)).toEqual(all);
    expect(await sentTo("https://gateway.example.com/other")).toEqual(all);
  });

  it.each([
    "https://api.x.ai/v1",
    "https://codestral.mistral.ai/v1",
    "https://api.fireworks.ai/inference/v1",
    "https://api.anthropic.com/v1",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    "https://notopenai.com/v1",
    "https://openai.com.example.com/v1",
    "http://127.0.0.1.example.com/v1",
  ])("does not go to %s: a key has to be passed", async (baseURL) => {
    const error = await sentTo(baseURL).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      code: "key_not_sent",
      hint: expect.stringContaining("OPENAI_API_KEY was not sent"),
    });
    expect(await sentTo(baseURL, { apiKey: "mine-0001" })).toEqual({
      key: "Bearer mine-0001",
      organization: null,
      project: null,
      custom: null,
    });
  });

  it.each([
    ["https://api.groq.com./openai/v1", "GROQ_API_KEY"],
    ["https://eu.openrouter.ai/api/v1", "OPENROUTER_API_KEY"],
    ["https://r.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"],
    ["https://r.services.ai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"],
    ["https://r.cognitiveservices.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"],
  ])("does not go to %s, which has %s", async (baseURL, variable) => {
    await expect(async () => sentTo(baseURL)).rejects.toMatchObject({
      hint: expect.stringContaining(`set ${variable}`),
    });
    vi.stubEnv(variable, "vendors-own");
    expect((await sentTo(baseURL)).key).toBe("Bearer vendors-own");
  });

  it("of a vendor's does not go to what is said to behave like it, unless that is this machine", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    vi.stubEnv("GROQ_API_KEY", "gsk-0001");
    const compatibility = "groq" as const;
    expect((await sentTo("http://127.0.0.1:9/v1", { compatibility })).key).toBe("Bearer gsk-0001");
    await expect(async () => sentTo("https://proxy.example.com/v1", { compatibility })).rejects.toMatchObject(
      {
        hint: expect.stringContaining("GROQ_API_KEY was not sent"),
      },
    );
  });

  it("leaves a server of one's own alone where there is no key", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-the-environment");
    expect((await sentTo("http://gpu.example.com/v1")).key).toBe("Bearer none");
  });
});

describe.each(Object.entries(MODELS))("%s", (_name, make) => {
  const KEY = "key-that-looks-like-nothing";
  const GATEWAY = "gateway-word-4711";
  let servers: TestServer[] = [];
  const start = async (answer: Answer): Promise<TestServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
    servers = [];
  });
  const failure = async (model: ChatModel): Promise<readonly LocusError[]> => {
    const whole = await model.complete(request).catch((error: unknown) => error);
    const streamed = await drained(model).catch((error: unknown) => error);
    return [whole, streamed] as readonly LocusError[];
  };

  it.each([307, 308])("follows no redirect (%i): neither key nor conversation go on", async (status) => {
    const evil = await start(json(completion("Hi.")));
    const server = await start((response) => {
      response.writeHead(status, { location: `${evil.url}/x?token=${GATEWAY}` }).end();
    });
    for (const error of await failure(
      make({ model: "m", apiKey: KEY, baseURL: server.url, maxRetries: 0 }),
    )) {
      expect(error).toMatchObject({ code: "redirect_refused", retryable: false, status });
      expect(error.message).toContain(new URL(evil.url).origin);
      expect(error.message).not.toContain(GATEWAY);
    }
    expect(evil.requests).toEqual([]);
  });

  const echo = (headers: object) => `sent ${JSON.stringify(headers)}`;
  it.each<readonly [string, Answer]>([
    [
      "a 401",
      (response, { headers }, at) => json({ error: { message: echo(headers) } }, 401)(response, never, at),
    ],
    [
      "a 400",
      (response, { headers }, at) => json({ error: { message: "no", headers } }, 400)(response, never, at),
    ],
    [
      "a page",
      (response, { headers }, at) => json(`<html>${echo(headers)}</html>`, 500)(response, never, at),
    ],
    ["a 200 that is none", (response, { headers }, at) => json(echo(headers))(response, never, at)],
    [
      "an event",
      (response, { headers }, at) =>
        events([
          `event: error\ndata: ${JSON.stringify({ type: "error", error: { message: echo(headers) } })}\n\n`,
        ])(response, never, at),
    ],
    [
      "a frame that breaks off",
      (response, { headers }, at) => events([`data: ${echo(headers)}\n\n`])(response, never, at),
    ],
  ])("tells its key and its headers to nobody where %s quotes them", async (_place, answer) => {
    const server = await start(answer);
    const model = make({
      model: "m",
      apiKey: KEY,
      baseURL: `${server.url}?sig=${GATEWAY}`,
      defaultHeaders: { "X-Gw": GATEWAY },
      maxRetries: 0,
    });
    for (const error of await failure(model)) {
      expect(error).toHaveProperty("code");
      const told = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`;
      expect(told).not.toContain(KEY);
      expect(told).not.toContain(GATEWAY);
    }
    expect(server.requests[0]?.headers).toMatchObject({ "x-gw": GATEWAY });
  });

  it.each(["ftp://u:hidden-pw@h/x?k=hidden-q", "http://u:hidden-pw@:bad:/x?k=hidden-q"])(
    "refuses the base URL %j without repeating it",
    (baseURL) => {
      expect(() => make({ model: "m", apiKey: KEY, baseURL })).toThrow(ConfigurationError);
      expect(() => make({ model: "m", apiKey: KEY, baseURL })).not.toThrow(/hidden/);
    },
  );

  it.each(["sk-abc\u2019def", "line\nbreak"])("refuses the key %j before anything is sent", (apiKey) => {
    const build = (): ChatModel => make({ model: "m", apiKey, baseURL: "http://127.0.0.1:9/v1" });
    expect(build).toThrow(/the API key cannot be sent/);
    expect(build).not.toThrow(new RegExp(apiKey.slice(0, 4)));
  });
});

async function drained(model: ChatModel): Promise<void> {
  for await (const _ of model.stream(request));
}

const never = { path: "", headers: {}, body: {} };
