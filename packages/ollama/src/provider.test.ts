/** The `ollama:` prefix: options are checked before anything is made, and nothing is asked unless it is to be. */
import { ConfigurationError, getModel, registerProvider } from "@locus-sdk/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lines, type OllamaServer, startOllama } from "../test/server.ts";
import { OllamaModel } from "./ollama-model.ts";
import type { OllamaModelOptions } from "./options.ts";
import { ollamaProvider } from "./provider.ts";

const all = {
  host: "http://127.0.0.1:1",
  headers: { "x-team": "a" },
  timeoutMs: 1000,
  maxRetries: 0,
  keepAlive: "1h30m",
  numCtx: 8192,
  think: "low",
  pull: true,
  fetch,
} as const satisfies Omit<OllamaModelOptions, "model">;

let server: OllamaServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

describe("ollamaProvider", () => {
  it("makes a model of the registry's name, its tag included, with every option there is", async () => {
    registerProvider("ollama", async () => ollamaProvider);
    const model = await getModel("ollama:qwen3:8b", { ...all, show: undefined });
    expect(model).toBeInstanceOf(OllamaModel);
    expect(model).toMatchObject({ provider: "ollama", modelId: "qwen3:8b" });
    expect(model.capabilities).toMatchObject({
      tools: true,
      structuredOutput: "schema",
      contextWindow: 8192,
    });
    expect((await getModel("ollama:m")).capabilities).not.toHaveProperty("contextWindow");
  });

  it.each([
    ["numctx", "numCtx"],
    ["hots", "host"],
    ["keep_alive", "keepAlive"],
    ["shwo", "show"],
  ])("refuses the unknown option %s, and names %s", (name, near) => {
    const make = (): unknown => ollamaProvider("m", { [name]: 1 });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(`unknown option "${name}"`);
    expect(make).toThrow(new RegExp(`did you mean "${near}"`));
  });

  it("refuses a second name of the model, which would beat the first or be lost", () => {
    expect(() => ollamaProvider("m", { model: "n" })).toThrow(/unknown option "model"/);
  });

  it.each([
    ["host", ""],
    ["timeoutMs", 0],
    ["timeoutMs", "30"],
    ["timeoutMs", 2 ** 31],
    ["maxRetries", 1.5],
    ["keepAlive", "ten minutes"],
    ["numCtx", 0],
    ["think", "max"],
    ["pull", "yes"],
    ["fetch", "fetch"],
    ["headers", { a: 1 }],
    ["show", 1],
  ])("refuses %s: %j, naming it", (name, value) => {
    expect(() => ollamaProvider("m", { [name]: value })).toThrow(new RegExp(`option "${name}`));
  });

  it("refuses a header that cannot be sent without telling its value", () => {
    const make = (): unknown => ollamaProvider("m", { headers: { authorization: "Bearer s3cret\nx" } });
    expect(make).toThrow(/header "authorization"/);
    expect(make).not.toThrow(/s3cret/);
  });

  it("refuses a name of nothing", () => {
    expect(() => ollamaProvider(" ", {})).toThrow(/option "model"/);
  });

  it("finds the server by OLLAMA_HOST, which an option beats", async () => {
    server = await startOllama(lines(), { show: { capabilities: ["completion"] } });
    vi.stubEnv("OLLAMA_HOST", server.url.replace("http://", ""));
    await ollamaProvider("m", { show: true });
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("OLLAMA_HOST", "http://127.0.0.1:1");
    await ollamaProvider("m", { show: true, host: server.url });
    expect(server.requests).toHaveLength(2);
    vi.stubEnv("OLLAMA_HOST", "");
    expect(() => ollamaProvider("m", {})).not.toThrow();
  });

  it("asks about the model first where it is told to", async () => {
    server = await startOllama(lines(), {
      show: { capabilities: ["completion", "vision"], model_info: { "gemma3.context_length": 131_072 } },
    });
    const model = await ollamaProvider("m", { host: server.url, show: true });
    expect(model.capabilities).toMatchObject({ tools: false, vision: true, contextWindow: 131_072 });
  });
});
