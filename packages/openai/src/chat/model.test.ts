/** The model over sockets that misbehave: what is repaired, what is sent again, and what is an error. */
import {
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  ModelError,
  type ModelRequest,
  RateLimitError,
  type RetryNotice,
} from "@locus-sdk/core";
import { OpenAI } from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { drain } from "../../test/parts.ts";
import {
  type Answer,
  chunk,
  completion,
  events,
  json,
  startServer,
  type TestServer,
} from "../../test/server.ts";
import { ReportedError, toLocusError } from "../errors.ts";
import { ChatCompletionsModel, type ChatCompletionsModelOptions, capabilitiesOf } from "./model.ts";
import { chatProfile, DEFAULT_CHAT_PROFILE } from "./profile.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };

/** A model whose server gives these answers in turn, the last one for ever. */
async function modelOn(
  answers: readonly Answer[],
  options: Partial<ChatCompletionsModelOptions> = {},
  maxRetries = 0,
): Promise<{ readonly model: ChatCompletionsModel; readonly server: TestServer }> {
  const started = await startServer((response, received, index) =>
    answers[Math.min(index, answers.length - 1)]?.(response, received, index),
  );
  server = started;
  const client = (): OpenAI => new OpenAI({ apiKey: "k", baseURL: started.url, maxRetries, logLevel: "off" });
  const model = new ChatCompletionsModel({ provider: "test", modelId: "m", client, ...options });
  return { model, server: started };
}

/** Both ways of asking, and how each failed. */
async function failures(
  model: ChatCompletionsModel,
  asked: ModelRequest = request,
): Promise<readonly unknown[]> {
  const whole = await model.complete(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
  return [whole, (await drain(model.stream(asked))).error];
}

const refusal = (param: string, code = "unsupported_parameter"): Answer =>
  json({ error: { message: `Unsupported: '${param}'`, type: "invalid_request_error", param, code } }, 400);

describe("a refused parameter", () => {
  it("is renamed, the request sent again, and the new name remembered", async () => {
    const { model, server } = await modelOn([refusal("max_tokens"), json(completion("Hi."))]);
    const notices: RetryNotice[] = [];
    const asked: ModelRequest = {
      ...request,
      settings: { maxOutputTokens: 9 },
      onRetry: (notice) => notices.push(notice),
    };
    await model.complete(asked);
    await model.complete(asked);
    expect(server.requests.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).toEqual([
      [9, undefined],
      [undefined, 9],
      [undefined, 9],
    ]);
    expect(notices).toEqual([
      { what: expect.stringContaining("max_completion_tokens"), attempt: 1, delayMs: 0 },
    ]);
  });

  it("is repaired in calls that run at the same time, each for itself", async () => {
    const answer: Answer = (response, received, index) =>
      (received.body.max_tokens === undefined ? json(completion("Hi.")) : refusal("max_tokens"))(
        response,
        received,
        index,
      );
    const { model } = await modelOn([answer]);
    const asked: ModelRequest = { ...request, settings: { maxOutputTokens: 9 } };
    const responses = await Promise.all([
      model.complete(asked),
      model.complete(asked),
      model.complete(asked),
    ]);
    expect(responses.map((response) => response.stopReason)).toEqual(["stop", "stop", "stop"]);
  });

  it("is left out, one after the other, with a warning in this response and the next ones", async () => {
    const { model, server } = await modelOn([
      refusal("temperature", "unsupported_value"),
      refusal("top_p"),
      json(completion("Hi.")),
    ]);
    const asked: ModelRequest = { ...request, settings: { temperature: 0.5, topP: 0.5, seed: 1 } };
    const first = await model.complete(asked);
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.body).toMatchObject({ seed: 1 });
    expect(server.requests[2]?.body).not.toHaveProperty("temperature");
    expect(first.warnings).toEqual([
      expect.stringContaining("temperature"),
      expect.stringContaining("top_p"),
    ]);
    const second = await model.complete(asked);
    expect(server.requests).toHaveLength(4);
    expect(second.warnings).toHaveLength(2);
    expect((await model.complete(request)).warnings).toBeUndefined();
  });

  it("is repaired in streams as well", async () => {
    const { model, server } = await modelOn([
      refusal("stream_options"),
      events([chunk({ content: "Hi." }), chunk({}, "stop")]),
    ]);
    const { parts, error } = await drain(model.stream(request));
    expect(error).toBeUndefined();
    expect(parts.at(-1)?.type).toBe("finish");
    expect(server.requests[1]?.body).not.toHaveProperty("stream_options");
  });

  it("that is refused again under every name, or cannot be left out, is the error", async () => {
    const { model, server } = await modelOn([refusal("tools")]);
    const tools = [{ name: "f", description: "f", parameters: { type: "object" } }];
    expect(await failures(model, { ...request, tools })).toEqual([
      expect.any(InvalidRequestError),
      expect.any(InvalidRequestError),
    ]);
    expect(server.requests).toHaveLength(2);
  });

  it("may be read by the provider's own reader", async () => {
    const { model, server } = await modelOn([json({ odd: "no seeds" }, 400), json(completion("Hi."))], {
      readErrorParam: () => ({ name: "seed" }),
    });
    await model.complete({ ...request, settings: { seed: 1 } });
    expect(server.requests[1]?.body).not.toHaveProperty("seed");
  });
});

describe("sending again", () => {
  it("happens as often as the client's maxRetries says, is told, and waits as long as the server asks", async () => {
    const busy = json({ error: { message: "busy" } }, 503, { "retry-after-ms": "1" });
    const { model, server } = await modelOn([busy, busy, json(completion("Hi."))], {}, 2);
    const notices: RetryNotice[] = [];
    await model.complete({ ...request, onRetry: (notice) => notices.push(notice) });
    expect(server.requests).toHaveLength(3);
    const what = expect.stringMatching(/answered 503: busy/);
    expect(notices).toEqual([
      { what, attempt: 1, delayMs: 1 },
      { what, attempt: 2, delayMs: 1 },
    ]);
  });

  it("happens for a connection that broke before any status, streamed as well", async () => {
    const broken: Answer = (response) => void response.socket?.resetAndDestroy();
    const { model, server } = await modelOn([broken, json(completion("Hi."))], {}, 2);
    expect((await drain(model.stream(request))).error).toBeUndefined();
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["the server says that it is of no use", json({}, 500, { "x-should-retry": "false" })],
    ["the server wants more than a minute", json({}, 429, { "retry-after": "61" })],
    ["it is not there", json({}, 404)],
    ["it is not implemented", json({}, 501)],
  ])("does not happen where %s", async (_, answer) => {
    const { model, server } = await modelOn([answer], {}, 5);
    await expect(model.complete(request)).rejects.toThrow();
    expect(server.requests).toHaveLength(1);
  });

  it("ends with the wait that is cancelled", async () => {
    const busy = json({ error: { message: "busy" } }, 429, { "retry-after": "50" });
    const { model, server } = await modelOn([busy], {}, 2);
    const controller = new AbortController();
    const onRetry = (): void => queueMicrotask(() => controller.abort());
    await expect(model.complete({ ...request, signal: controller.signal, onRetry })).rejects.toMatchObject({
      name: "CancelledError",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("never happens once an answer has begun, however it breaks", async () => {
    const reset: Answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk({ content: "Hi" }), () => response.socket?.resetAndDestroy());
    };
    const short: Answer = (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"choices":', () => response.socket?.destroy());
    };
    const { model, server } = await modelOn([short, reset], {}, 5);
    expect(await failures(model)).toEqual([
      expect.any(IncompleteStreamError),
      expect.any(IncompleteStreamError),
    ]);
    expect(server.requests).toHaveLength(2);
  });
});

describe("an answer that is none", () => {
  it.each([
    ["nothing", json(""), IncompleteStreamError],
    ["JSON that breaks off", json('{"choices":[{"mess'), IncompleteStreamError],
    ["HTML", json("<html><body>Sign in</body></html>"), ModelError],
    ["another JSON", json({ hello: "there" }), ModelError],
    [
      "an error in a 200",
      json({ error: { message: "slow down", code: "rate_limit_exceeded" } }),
      RateLimitError,
    ],
  ])("%s is an error, whole and streamed", async (_, answer, type) => {
    const { model } = await modelOn([answer]);
    expect(await failures(model)).toEqual([expect.any(type), expect.any(type)]);
  });

  it("carries the request id of its headers", async () => {
    const { model } = await modelOn([json({ hello: "there" }, 200, { "opc-request-id": "o-7" })]);
    for (const error of await failures(model)) expect(error).toMatchObject({ requestId: "o-7" });
  });
});

describe("an answer", () => {
  it("carries the request id of its headers, whole and streamed", async () => {
    const headers = { "x-request-id": "r-1" };
    const { model } = await modelOn([
      json(completion("Hi."), 200, headers),
      events([chunk({ content: "Hi." }, "stop")], headers),
    ]);
    expect((await model.complete(request)).requestId).toBe("r-1");
    expect((await drain(model.stream(request))).parts.at(-1)).toMatchObject({
      response: { requestId: "r-1" },
    });
  });

  it("stays an answer where the connection breaks after its finish, with a warning", async () => {
    const { model } = await modelOn([
      (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(chunk({ content: "Hi." }, "stop"), () => response.socket?.resetAndDestroy());
      },
    ]);
    const { parts, error } = await drain(model.stream(request));
    expect(error).toBeUndefined();
    const last = parts.at(-1);
    expect(last?.type === "finish" ? last.response.warnings : []).toContainEqual(
      expect.stringContaining("broke"),
    );
  });

  it("ends at [DONE], though the server keeps its connection open", async () => {
    const { model, server } = await modelOn([
      (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`${chunk({ content: "Hi." }, "stop")}data: [DONE]\n\n`);
      },
    ]);
    expect((await drain(model.stream(request))).parts.at(-1)?.type).toBe("finish");
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3_000 });
  });

  it("leaves its connection to later calls", async () => {
    const sockets = new Set<unknown>();
    const { model } = await modelOn([
      (response, received, index) => {
        sockets.add(response.socket);
        return events([`${chunk({ content: "Hi." }, "stop")}data: [DONE]\n\n`])(response, received, index);
      },
    ]);
    for (let round = 0; round < 10; round += 1) {
      await drain(model.stream(request));
      await vi.waitFor(() => expect(server?.open()).toBe(0));
    }
    expect(sockets.size).toBeLessThan(5);
  });

  it("tells the warnings of its request", async () => {
    const { model } = await modelOn([json(completion("Hi."))], {
      profile: chatProfile({ name: "no-seed", unsupported: ["seed"] }),
    });
    const response = await model.complete({ ...request, settings: { seed: 1 } });
    expect(response.warnings).toEqual([expect.stringContaining("seed")]);
  });
});

describe("silence in the middle of an answer", () => {
  const silent: Answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "Hi" }));
  };

  it("ends it after idleTimeoutMs, and closes the connection", async () => {
    const { model, server } = await modelOn([silent], { idleTimeoutMs: 50 });
    for (const error of await failures(model)) {
      expect(error).toBeInstanceOf(IncompleteStreamError);
      expect(error).toMatchObject({ code: "stream_stalled" });
    }
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("is not what a slow consumer makes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      let finish = (): void => undefined;
      const { model } = await modelOn(
        [
          (response) => {
            response.writeHead(200, { "content-type": "text/event-stream" });
            response.write(chunk({ content: "Hi" }));
            finish = () => response.end(chunk({}, "stop"));
          },
        ],
        { idleTimeoutMs: 50 },
      );
      const parts = model.stream(request)[Symbol.asyncIterator]();
      await parts.next();
      vi.advanceTimersByTime(10_000);
      finish();
      expect((await parts.next()).value).toMatchObject({ type: "finish" });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("cancelling", () => {
  it("closes the connection of a call that waits for its headers, and of one in its body", async () => {
    const begun: Answer = (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"choices":');
    };
    for (const answer of [(): void => undefined, begun]) {
      const { model, server } = await modelOn([answer]);
      const controller = new AbortController();
      const failed = model
        .complete({ ...request, signal: controller.signal })
        .catch((error: unknown) => error);
      await vi.waitFor(() => expect(server.open()).toBe(1));
      controller.abort(new Error("enough"));
      expect(await failed).toBeInstanceOf(CancelledError);
      await vi.waitFor(() => expect(server.open()).toBe(0));
      await server.close();
    }
  });

  it("ends a stream whose consumer leaves while it waits", async () => {
    const { model, server } = await modelOn([(): void => undefined]);
    const parts = model.stream(request)[Symbol.asyncIterator]();
    const first = parts.next();
    await vi.waitFor(() => expect(server.open()).toBe(1));
    await parts.return?.();
    expect((await first).done).toBe(true);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("leaves no listener on a signal that outlives the call", async () => {
    const { model } = await modelOn([json(completion("Hi.")), events([chunk({ content: "Hi." }, "stop")])]);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await model.complete({ ...request, signal });
    await drain(model.stream({ ...request, signal }));
    const ours = added.mock.calls.filter(
      ([, , options]) => typeof options === "object" && options.once === true,
    );
    const gone = new Set(removed.mock.calls.map(([, listener]) => listener));
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.every(([, listener]) => gone.has(listener))).toBe(true);
  });
});

describe("the client", () => {
  it("is asked for once, by the first call, and again after it could not be made", async () => {
    const good = await modelOn([json(completion("Hi."))]);
    const client = vi
      .fn<() => Promise<OpenAI>>()
      .mockRejectedValueOnce(new ConfigurationError("no key"))
      .mockResolvedValue(new OpenAI({ apiKey: "k", baseURL: good.server.url, logLevel: "off" }));
    const model = new ChatCompletionsModel({ provider: "test", modelId: "m", client });
    expect(client).not.toHaveBeenCalled();
    await expect(model.complete(request)).rejects.toBeInstanceOf(ConfigurationError);
    await model.complete(request);
    await model.complete(request);
    expect(client).toHaveBeenCalledTimes(2);
  });

  it("gets the headers of this model with every request", async () => {
    const { model, server } = await modelOn([json(completion("Hi."))], { headers: { "x-project": "p" } });
    await model.complete(request);
    expect(server.requests[0]?.headers["x-project"]).toBe("p");
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
  });

  it("fails in the provider's own words where it has some", async () => {
    const mapError = (error: unknown): LocusError => new AuthenticationError(`mapped: ${String(error)}`);
    const { model } = await modelOn([json({}, 500)], { mapError });
    for (const error of await failures(model)) expect(String(error)).toContain("mapped");
  });
});

describe("capabilities", () => {
  it("follow from the profile, and what is given beats them", async () => {
    expect(capabilitiesOf(DEFAULT_CHAT_PROFILE)).toMatchObject({
      tools: true,
      structuredOutput: "schema",
      vision: true,
      serverState: false,
    });
    const blind = chatProfile({
      name: "b",
      input: { image: false, file: false, audio: false },
      structuredOutput: "none",
    });
    expect(capabilitiesOf(blind)).toMatchObject({ vision: false, structuredOutput: "none" });
    const { model } = await modelOn([json({})], { capabilities: { vision: false } });
    expect(model.capabilities.vision).toBe(false);
  });
});

describe("an error told inside an answer", () => {
  it.each([
    ["a stream's frame", (): Answer => events([JSON.stringify({ code: "X", message: "no more" })])],
    ["a whole answer", (): Answer => json({ code: "X", message: "no more" })],
  ])("%s goes through the provider's own mapping", async (_, answer) => {
    const { model } = await modelOn([answer()], {
      mapError: (error, context) =>
        error instanceof ReportedError
          ? new RateLimitError(`mapped ${JSON.stringify(error.error)}`)
          : toLocusError(error, context),
    });
    for (const error of await failures(model)) {
      expect(error).toMatchObject({
        name: "RateLimitError",
        message: 'mapped {"code":"X","message":"no more"}',
      });
    }
  });
});
