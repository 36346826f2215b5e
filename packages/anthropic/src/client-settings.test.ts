/** Whose key goes where, and that it is told to nobody. */
import { ConfigurationError } from "@locus-sdk/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { json, message, startServer, type TestServer } from "../test/server.ts";
import { AnthropicModel, type AnthropicModelOptions } from "./anthropic-model.ts";

const request = { messages: [{ role: "user", content: "Hi" }] } as const;
const servers: TestServer[] = [];

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("ANTHROPIC_")) vi.stubEnv(name, undefined);
  vi.stubEnv("ANTHROPIC_API_KEY", "sk-ant-env-0001");
  vi.stubEnv("ANTHROPIC_CUSTOM_HEADERS", "X-Custom: c");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const sentTo = async (baseURL: string | undefined, options: Partial<AnthropicModelOptions> = {}) => {
  let seen = new Headers();
  let asked = "";
  const own: typeof fetch = async (input, init) => {
    seen = new Headers(init?.headers);
    asked = String(input);
    return Response.json(message("Hi."));
  };
  const model = new AnthropicModel({
    model: "claude-sonnet-4-5",
    fetch: own,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...options,
  });
  await model.complete(request);
  return {
    host: new URL(asked).hostname,
    key: seen.get("authorization") ?? seen.get("x-api-key"),
    custom: seen.get("x-custom"),
  };
};

it.each([
  [undefined, "api.anthropic.com"],
  ["https://api.anthropic.com", "api.anthropic.com"],
  ["http://127.0.0.1:8080", "127.0.0.1"],
  ["http://localhost:8080", "localhost"],
])("the environment's key goes to %s", async (baseURL, host) => {
  expect(await sentTo(baseURL)).toMatchObject({
    host,
    key: expect.stringContaining("env-0001"),
    custom: "c",
  });
});

it("the environment's key goes to what ANTHROPIC_BASE_URL names, which is the default", async () => {
  vi.stubEnv("ANTHROPIC_BASE_URL", "https://gateway.example.com/anthropic");
  expect(await sentTo(undefined)).toMatchObject({ host: "gateway.example.com", custom: "c" });
});

it.each([
  "https://api.deepseek.com/anthropic",
  "https://openrouter.ai/api",
  "https://gw.example.com",
  "https://anthropic.com.example.com",
])("the environment's key does not go to %s: one has to be passed", async (baseURL) => {
  const error = await sentTo(baseURL).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({
    code: "key_not_sent",
    hint: expect.stringContaining("ANTHROPIC_API_KEY was not sent"),
  });
  expect(await sentTo(baseURL, { apiKey: "mine-0001" })).toMatchObject({
    key: expect.stringMatching(/^(?:Bearer )?mine-0001$/),
    custom: null,
  });
});

it("neither key nor conversation follow a redirect", async () => {
  const evil = await startServer(json(message("Hi.")));
  const server = await startServer((response) => {
    response.writeHead(307, { location: `${evil.url}/x?token=hidden` }).end();
  });
  servers.push(evil, server);
  const model = new AnthropicModel({ model: "m", apiKey: "key-0001", baseURL: server.url, maxRetries: 0 });
  const error = await model.complete(request).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "redirect_refused", retryable: false, status: 307 });
  expect(String(error)).not.toContain("hidden");
  expect(evil.requests).toEqual([]);
});

it.each(["ftp://u:hidden-pw@h/x?k=hidden-q", "http://u:hidden-pw@:bad:/x?k=hidden-q"])(
  "the base URL %j is refused without being repeated",
  (baseURL) => {
    const make = (): AnthropicModel => new AnthropicModel({ model: "m", apiKey: "k", baseURL });
    expect(make).toThrow(ConfigurationError);
    expect(make).not.toThrow(/hidden/);
  },
);

it.each(["sk-abc\u2019def", "line\nbreak"])("the key %j is refused before anything is sent", (apiKey) => {
  const make = (): AnthropicModel => new AnthropicModel({ model: "m", apiKey });
  expect(make).toThrow(/the API key cannot be sent/);
  expect(make).not.toThrow(new RegExp(apiKey.slice(0, 4)));
});
