/** Options and environment: what reaches the server, and what stays at home. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ConfigurationError, type ModelRequest } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { completion, json, startServer, type TestServer } from "../test/server.ts";
import { OpenAIModel } from "./openai-model.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
let server: TestServer;
beforeEach(async () => {
  server = await startServer(json(completion("Hi.")));
  for (const name of Object.keys(process.env)) if (name.startsWith("OPENAI_")) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

describe("OpenAIModel", () => {
  it("sends what its options say", async () => {
    const model = new OpenAIModel({
      model: "gpt-4o",
      apiKey: "key-1",
      baseURL: server.url,
      organization: "org-1",
      project: "proj-1",
      defaultHeaders: { "x-mine": "1" },
    });
    await model.complete(request);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer key-1",
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "x-mine": "1",
    });
    expect(server.requests[0]?.body).toMatchObject({ model: "gpt-4o", stream: false });
  });

  it("takes the rest from the environment, and options beat it", async () => {
    vi.stubEnv("OPENAI_API_KEY", " key-2 ");
    vi.stubEnv("OPENAI_BASE_URL", server.url);
    vi.stubEnv("OPENAI_ORG_ID", "org-2");
    vi.stubEnv("OPENAI_PROJECT_ID", "proj-2");
    await new OpenAIModel({ model: "gpt-4o" }).complete(request);
    await new OpenAIModel({ model: "gpt-4o", apiKey: "key-3", project: "proj-3" }).complete(request);
    expect(server.requests.map(({ headers }) => [headers.authorization, headers["openai-project"]])).toEqual([
      ["Bearer key-2", "proj-2"],
      ["Bearer key-3", "proj-3"],
    ]);
    expect(server.requests[0]?.headers["openai-organization"]).toBe("org-2");
  });

  it("reads the environment when it is made, not when it is used", async () => {
    vi.stubEnv("OPENAI_BASE_URL", server.url);
    const model = new OpenAIModel({ model: "gpt-4o" });
    vi.stubEnv("OPENAI_API_KEY", "too-late");
    vi.stubEnv("OPENAI_ORG_ID", "too-late");
    vi.stubEnv("OPENAI_ADMIN_KEY", "too-late");
    await model.complete(request);
    expect(JSON.stringify(server.requests[0]?.headers)).not.toContain("too-late");
  });

  it("needs a key for OpenAI, and says how to give one", () => {
    const make = (): OpenAIModel => new OpenAIModel({ model: "gpt-4o" });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/no API key for OpenAI model "gpt-4o"/);
    expect(() => new OpenAIModel({ model: "m", baseURL: "https://eu.api.openai.com/v1" })).toThrow(
      ConfigurationError,
    );
  });

  it("needs none for a server of one's own", async () => {
    await new OpenAIModel({ model: "llama3.2", baseURL: server.url }).complete(request);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer none");
    expect(() => new OpenAIModel({ model: "m", baseURL: "https://notopenai.com/v1" })).not.toThrow();
  });

  it.each(["localhost:11434", "not a url", "ftp://example.com"])("refuses %j as a base URL", (baseURL) => {
    expect(() => new OpenAIModel({ model: "m", baseURL })).toThrow(ConfigurationError);
  });

  it("knows the family of its model, and takes a profile instead", async () => {
    const settings = { maxOutputTokens: 5 };
    await new OpenAIModel({ model: "gpt-5", baseURL: server.url }).complete({ ...request, settings });
    expect(server.requests[0]?.body).toHaveProperty("max_completion_tokens", 5);
    expect(new OpenAIModel({ model: "gpt-5", baseURL: server.url }).capabilities.reasoning).toBe(true);
  });

  it.each([
    "gpt-4o",
    "gpt-4.1-mini",
    "gpt-4",
    "chatgpt-4o-latest",
    "gpt-3.5-turbo",
    "ft:gpt-4o:org::1",
    "gpt-5-chat-latest",
  ])("sends no reasoning effort to %s, which does not think, and says so", async (model) => {
    const asked = { ...request, settings: { reasoning: { effort: "low" } } } as const;
    const { warnings } = await new OpenAIModel({ model, baseURL: server.url }).complete(asked);
    expect(server.requests[0]?.body).not.toHaveProperty("reasoning_effort");
    expect(warnings).toEqual([expect.stringContaining("take no reasoning_effort")]);
  });

  it("sends as many stop sequences as are taken, and says so", async () => {
    const asked = { ...request, settings: { stop: ["a", "b", "c", "d", "e"] } };
    const first = await new OpenAIModel({ model: "gpt-4o", baseURL: server.url }).complete(asked);
    expect(server.requests[0]?.body).toHaveProperty("stop", ["a", "b", "c", "d"]);
    expect(first.warnings).toEqual([expect.stringContaining("the first of 5 were sent")]);
    await new OpenAIModel({ model: "llama", baseURL: server.url }).complete(asked);
    expect(server.requests[1]?.body).toHaveProperty("stop", ["a", "b", "c", "d", "e"]);
  });

  it("uses the fetch it is given", async () => {
    const own = vi.fn<typeof fetch>(async () => Response.json(completion("From here.")));
    const model = new OpenAIModel({ model: "m", baseURL: "https://example.invalid/v1", fetch: own });
    expect((await model.complete(request)).message.content).toEqual([{ type: "text", text: "From here." }]);
    expect(own).toHaveBeenCalledTimes(1);
  });

  it("retries as often as it is told", async () => {
    await server.close();
    server = await startServer(json({ error: { message: "busy" } }, 503, { "retry-after-ms": "1" }));
    await expect(
      new OpenAIModel({ model: "m", baseURL: server.url, maxRetries: 1 }).complete(request),
    ).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(2);
  });

  it("gives up on a server that does not answer", async () => {
    await server.close();
    server = await startServer(() => undefined);
    await expect(
      new OpenAIModel({ model: "m", baseURL: server.url, maxRetries: 0, timeoutMs: 30 }).complete(request),
    ).rejects.toMatchObject({ name: "TimeoutError", retryable: true });
  });

  it("loads the client only when it is used", () => {
    const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));
    const script = `
      const { OpenAIModel } = await import(${JSON.stringify(`file://${entry}`)});
      new OpenAIModel({ model: "m", baseURL: "http://127.0.0.1:1/v1" });
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      await import("openai");
      process.stdout.write(String(loaded.length));
    `;
    const loaded = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      encoding: "utf8",
    });
    // Had it been loaded before, importing it again would load nothing.
    expect(Number(loaded)).toBeGreaterThan(10);
  });
});
