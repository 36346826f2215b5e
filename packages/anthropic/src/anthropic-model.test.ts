/** The model over sockets: what reaches the server, what is sent again, and what is an error. */
import { execFileSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { fileURLToPath } from "node:url";
import {
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  ModelError,
  type ModelRequest,
  PermissionOrNotFoundError,
  RateLimitError,
  type RetryNotice,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { play } from "../test/messages.ts";
import { answerOf, drain, fixture } from "../test/parts.ts";
import { type Answer, events, frame, json, message, startServer, type TestServer } from "../test/server.ts";
import { AnthropicModel, type AnthropicModelOptions } from "./anthropic-model.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const KEY = "sk-ant-api03-not-a-real-key-0123456789";
let server: TestServer;

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("ANTHROPIC_")) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

/** A model whose server gives these answers in turn, the last one for ever. */
async function modelOn(
  answers: readonly Answer[],
  options: Partial<AnthropicModelOptions> = {},
): Promise<AnthropicModel> {
  server = await startServer((response, received, index) =>
    answers[Math.min(index, answers.length - 1)]?.(response, received, index),
  );
  return new AnthropicModel({
    model: "claude-sonnet-5-5",
    apiKey: KEY,
    baseURL: server.url,
    maxRetries: 0,
    ...options,
  });
}

/** How a call failed, asked whole and streamed. */
async function failures(model: AnthropicModel, asked = request): Promise<readonly LocusError[]> {
  const whole = await model.complete(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
  const { error: streamed } = await drain(model.stream(asked));
  return [whole, streamed] as readonly LocusError[];
}

const failing = (status: number, type: string, text: string, headers = {}): Answer =>
  json({ type: "error", error: { type, message: text }, request_id: "req_b" }, status, {
    "request-id": "req_h",
    ...headers,
  });

describe("options and environment", () => {
  it("send the key, the API's version and what headers were given", async () => {
    const model = await modelOn([json(message("Hi."), 200, { "request-id": "req_1" })], {
      defaultHeaders: { "anthropic-beta": "x-1" },
    });
    const response = await model.complete(request);
    expect(response).toMatchObject({ requestId: "req_1", modelId: "claude-test", stopReason: "stop" });
    expect(server.requests[0]).toMatchObject({
      path: "/v1/messages",
      headers: {
        authorization: `Bearer ${KEY}`,
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "x-1",
      },
      body: { model: "claude-sonnet-5-5", max_tokens: 16_384, stream: false },
    });
  });

  it("take the key from ANTHROPIC_API_KEY when the model is made, and nothing else", async () => {
    server = await startServer(json(message("Hi.")));
    vi.stubEnv("ANTHROPIC_API_KEY", " key-1 ");
    vi.stubEnv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1/elsewhere");
    vi.stubEnv("ANTHROPIC_AUTH_TOKEN", "token-1");
    vi.stubEnv("OPENAI_API_KEY", "other-1");
    const model = new AnthropicModel({ model: "m", baseURL: server.url });
    vi.stubEnv("ANTHROPIC_API_KEY", "too-late");
    await model.complete(request);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer key-1");
    expect(JSON.stringify(server.requests[0]?.headers)).not.toMatch(/too-late|token-1|other-1/);
  });

  it("need a key for Anthropic, and none for a server of one's own", async () => {
    expect(() => new AnthropicModel({ model: "claude-opus-5-5" })).toThrow(
      /no API key for Anthropic model "claude-opus-5-5"/,
    );
    server = await startServer(json(message("Hi.")));
    await new AnthropicModel({ model: "m", baseURL: server.url }).complete(request);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer none");
  });

  it.each(["localhost:8080", "not a url", "ftp://example.com"])("refuse %j as a base URL", (baseURL) => {
    expect(() => new AnthropicModel({ model: "m", baseURL })).toThrow(ConfigurationError);
  });

  it("ask the API version that still samples only where sampling was asked for, unless a version is given", async () => {
    const model = await modelOn([json(message("Hi."))], { model: "claude-sonnet-4-5" });
    await model.complete({ ...request, settings: { temperature: 0 } });
    await model.complete(request);
    const chosen = { defaultHeaders: { "Anthropic-Version": "2030-01-01" } };
    const own = new AnthropicModel({
      model: "claude-sonnet-4-5",
      apiKey: KEY,
      baseURL: server.url,
      ...chosen,
    });
    await own.complete({ ...request, settings: { temperature: 0 } });
    expect(server.requests.map(({ headers }) => headers["anthropic-version"])).toEqual([
      "2023-06-01",
      "2026-10-21",
      "2030-01-01",
    ]);
  });

  it("take a fetch to use", async () => {
    const own = vi.fn<typeof fetch>(async () => Response.json(message("From here.")));
    const model = new AnthropicModel({ model: "m", baseURL: "https://example.invalid", fetch: own });
    expect((await model.complete(request)).message.content).toEqual([{ type: "text", text: "From here." }]);
    expect(own).toHaveBeenCalledTimes(1);
  });

  it("load the client only when it is used", () => {
    const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));
    const script = `
      const { AnthropicModel } = await import(${JSON.stringify(`file://${entry}`)});
      new AnthropicModel({ model: "m", baseURL: "http://127.0.0.1:1" });
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      await import("@anthropic-ai/sdk");
      process.stdout.write(String(loaded.length));
    `;
    const loaded = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      encoding: "utf8",
    });
    // Had it been loaded before, importing it again would load nothing.
    expect(Number(loaded)).toBeGreaterThan(10);
  });

  it("print nothing of an old model", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const model = await modelOn([json(message("Hi."))], { model: "claude-3-opus-20240229" });
    await model.complete({ ...request, settings: { reasoning: { effort: "high" } } });
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe("an error of the server's", () => {
  it.each<[number, string, string, new (message: string) => LocusError, boolean]>([
    [400, "invalid_request_error", "messages: at least one message is required", InvalidRequestError, false],
    [
      400,
      "invalid_request_error",
      "prompt is too long: 215000 tokens > 200000 maximum",
      ContextLengthError,
      false,
    ],
    [400, "invalid_request_error", "Output blocked by content filtering policy", ContentFilterError, false],
    [400, "invalid_request_error", "Your credit balance is too low to access", RateLimitError, false],
    [401, "authentication_error", "invalid x-api-key", AuthenticationError, false],
    [402, "billing_error", "check your payment", ModelError, false],
    [403, "permission_error", "not yours", PermissionOrNotFoundError, false],
    [404, "not_found_error", "model: claude-nine", PermissionOrNotFoundError, false],
    [413, "request_too_large", "too many bytes", InvalidRequestError, false],
    [429, "rate_limit_error", "slow down", RateLimitError, true],
    [500, "api_error", "Internal server error", ServerError, true],
    [529, "overloaded_error", "Overloaded", ServerError, true],
  ])("%i %s (%s) is typed, with its id, and tried once", async (status, type, text, kind, retryable) => {
    const model = await modelOn([failing(status, type, text)]);
    for (const error of await failures(model)) {
      expect(error).toBeInstanceOf(kind);
      expect(error).toMatchObject({ status, retryable, requestId: "req_h" });
      expect(error.message).toContain(text);
      expect(error.message).toContain(type);
    }
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["a key of Anthropic's", { apiKey: KEY }, KEY],
    ["a gateway's key", { apiKey: "plain-as-any-word" }, "plain-as-any-word"],
    ["a secret header", { defaultHeaders: { "x-gateway-token": "open-sesame" } }, "open-sesame"],
  ])("is told whatever its body is, without markup and without %s", async (_name, options, secret) => {
    const page = `<html><body><h1>Bad gateway</h1> for ${secret}</body></html>`;
    const model = await modelOn([json(page, 502, { "content-type": "text/html" })], options);
    for (const error of await failures(model)) {
      expect(error).toBeInstanceOf(ServerError);
      expect(error.message).toContain("Bad gateway");
      const told = JSON.stringify([error, error.stack, String(error.cause), error.cause]);
      expect(told).not.toContain(secret.slice(-10));
    }
  });

  it("is a ConnectionError where nobody listens", async () => {
    const model = await modelOn([]);
    await server.close();
    for (const error of await failures(model)) expect(error).toBeInstanceOf(ConnectionError);
  });
});

describe("trying again", () => {
  it("happens before an answer has begun, as often as told, and is told", async () => {
    const busy = failing(529, "overloaded_error", "Overloaded", { "retry-after-ms": "1" });
    const notices: RetryNotice[] = [];
    const model = await modelOn([busy, busy, play({ text: "Yes." })], { maxRetries: 2 });
    const onRetry = (notice: RetryNotice): void => void notices.push(notice);
    const { message: said } = await answerOf(model.stream({ ...request, onRetry }));
    expect(said.content).toEqual([{ type: "text", text: "Yes." }]);
    expect(notices.map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it("does not where the server says that it is of no use", async () => {
    const model = await modelOn([failing(500, "api_error", "no", { "x-should-retry": "false" })], {
      maxRetries: 2,
    });
    await failures(model);
    expect(server.requests).toHaveLength(2);
  });

  it("does not after time has run out: the answer may be paid", async () => {
    const model = await modelOn([() => undefined], { maxRetries: 2, timeoutMs: 30 });
    for (const error of await failures(model)) expect(error).toBeInstanceOf(TimeoutError);
    expect(server.requests).toHaveLength(2);
  });

  it("does not once an answer has begun, however it breaks", async () => {
    const breaking: Answer = (response, { body }) => {
      response.writeHead(200, {
        "content-type": body.stream === true ? "text/event-stream" : "application/json",
        "content-length": "100000",
      });
      response.write(
        body.stream === true ? Buffer.from(fixture("overloaded")).subarray(0, 700) : '{"content":[',
      );
      setImmediate(() => response.destroy());
    };
    const model = await modelOn([breaking], { maxRetries: 2 });
    for (const error of await failures(model)) expect(error).toBeInstanceOf(IncompleteStreamError);
    const silent = await modelOn(
      [
        (response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(frame({ type: "ping" }));
        },
      ],
      { maxRetries: 2, timeoutMs: 50 },
    );
    const { error } = await drain(silent.stream(request));
    expect(error).toBeInstanceOf(IncompleteStreamError);
    expect(error).toMatchObject({ code: "stream_stalled" });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a stream", () => {
  it("reads its connection to the end behind the answer, so that it can be used again", async () => {
    const ends: Promise<void>[] = [];
    const watched: typeof fetch = async (url, init) => {
      const { body, headers } = await fetch(url, init);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(promise);
      return new Response(body?.pipeThrough(new TransformStream({ flush: () => resolve() })), { headers });
    };
    const model = await modelOn([events([fixture("text")], { "request-id": "req_s" })], { fetch: watched });
    for (let turn = 0; turn < 3; turn += 1) {
      const response = await answerOf(model.stream(request));
      expect(response).toMatchObject({ requestId: "req_s", modelId: "claude-sonnet-5-5" });
      await ends[turn];
    }
    expect(ends).toHaveLength(3);
  });

  it("is whole at its last event, though the server keeps the connection open", async () => {
    const model = await modelOn([
      (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(fixture("text"));
      },
    ]);
    expect((await answerOf(model.stream(request))).stopReason).toBe("stop");
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("is told as parts where the server answers in one piece", async () => {
    const content = [
      { type: "thinking", thinking: "Hm.", signature: "s" },
      { type: "text", text: "Both." },
      { type: "tool_use", id: "a", name: "f", input: { n: 1 } },
      { type: "tool_use", id: "b", name: "g", input: {} },
    ];
    const model = await modelOn([json(message("", { content, stop_reason: "tool_use" }))]);
    const { parts } = await drain(model.stream(request));
    expect(parts).toMatchObject([
      { type: "reasoning_delta", text: "Hm." },
      { type: "text_delta", text: "Both." },
      { type: "tool_call_delta", index: 0, id: "a", name: "f", argumentsDelta: '{"n":1}' },
      { type: "tool_call_delta", index: 1, id: "b", name: "g", argumentsDelta: "{}" },
      { type: "finish", response: { stopReason: "tool_calls" } },
    ]);
  });

  it("ends at once when it is left while it waits", async () => {
    const model = await modelOn([play({ text: "Once upon a time. ".repeat(20), slow: true })]);
    const stream = model.stream(request)[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    const waiting = (async () => {
      for (;;) if ((await stream.next()).done === true) return "ended";
    })();
    await stream.return?.();
    expect(await waiting).toBe("ended");
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });
});

describe("a call", () => {
  it("leaves nothing on the caller's signal, whole or streamed, answered or failed", async () => {
    const model = await modelOn([play({ text: "Hi." }), play({ text: "Hi." }), failing(400, "x", "no")]);
    const { signal } = new AbortController();
    await model.complete({ ...request, signal });
    await answerOf(model.stream({ ...request, signal }));
    await failures(model, { ...request, signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("prompt caching", () => {
  it("marks the prefix and counts what came from the cache", async () => {
    const usage = {
      input_tokens: 3,
      cache_read_input_tokens: 2000,
      cache_creation_input_tokens: 10,
      output_tokens: 1,
    };
    const model = await modelOn([json(message("Hi.", { usage }))], { promptCaching: true });
    const response = await model.complete({
      messages: [{ role: "system", content: "S" }, ...request.messages],
    });
    expect(server.requests[0]?.body).toMatchObject({
      system: [{ text: "S", cache_control: { type: "ephemeral" } }],
      messages: [{ content: [{ text: "Hi", cache_control: { type: "ephemeral" } }] }],
    });
    expect(response.usage).toMatchObject({
      inputTokens: 2013,
      cachedInputTokens: 2000,
      cacheWriteTokens: 10,
    });
  });
});
