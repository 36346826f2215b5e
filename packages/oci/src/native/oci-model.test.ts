/** OCIModel over real sockets: serving modes, retries, repairs, time-outs, cancelling, and nothing paid twice. */
import { assistantMessage, type ModelRequest, type ModelStreamPart, type RetryNotice } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type NativeServer, startNativeServer } from "../../test/native-server.ts";
import { streamed, textOf } from "../../test/parts.ts";
import { configDirectory, jwt, keyPair } from "../../test/profiles.ts";
import { OCIModel } from "./oci-model.ts";
import type { OCIModelOptions } from "./options.ts";

let server: NativeServer;
beforeEach(async () => {
  server = await startNativeServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const ENDPOINT = "ocid1.generativeaiendpoint.oc1.us-chicago-1.aaaa";
const model = (more: Partial<OCIModelOptions> = {}): OCIModel =>
  new OCIModel({ model: "openai.gpt-oss-120b", ...server.options, ...more });
const hello: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };
const image: ModelRequest = {
  messages: [{ role: "user", content: [{ type: "image", url: "https://x/y.png" }] }],
};
const afterAnImage: ModelRequest = {
  messages: [...image.messages, assistantMessage("A cat."), { role: "user", content: "And now?" }],
};
const now = { "retry-after": "0" };
const drain = async (parts: AsyncIterable<ModelStreamPart>): Promise<void> => {
  for await (const _ of parts);
};
const bodies = () => server.calls.map(({ body }) => body);
const asked = () => bodies().map(({ chatRequest }) => chatRequest as Readonly<Record<string, unknown>>);

describe("where a request goes", () => {
  test("a model id, and a model's OCID, are served on demand, with the compartment in the body", async () => {
    for (const id of ["openai.gpt-oss-120b", "ocid1.generativeaimodel.oc1..custom"]) {
      await model({ model: `oci:${id}` }).complete(hello);
      expect(bodies().at(-1)).toMatchObject({
        compartmentId: server.options.compartmentId,
        servingMode: { servingType: "ON_DEMAND", modelId: id },
      });
    }
    expect(server.calls[0]?.path).toBe("/20231130/actions/chat");
    expect(server.calls[0]?.headers.authorization).toMatch(/^Signature /);
  });

  test("an endpoint's OCID is a dedicated one, and its compartment is never guessed", async () => {
    await model({ model: ENDPOINT }).complete(hello);
    expect(bodies()[0]).toMatchObject({ servingMode: { servingType: "DEDICATED", endpointId: ENDPOINT } });
    const { compartmentId: _, ...rest } = server.options;
    await expect(new OCIModel({ model: ENDPOINT, ...rest }).complete(hello)).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "compartment_required",
      hint: expect.stringContaining("OCI_COMPARTMENT"),
    });
    expect(server.calls).toHaveLength(1);
  });

  test("without a compartment and a tenancy to stand in for it, nothing is sent", async () => {
    const made = configDirectory();
    made.write("key.pem", keyPair().pem);
    made.write("token", jwt(Date.now() + 3_600_000));
    made.write("config", "[DEFAULT]\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n");
    const { compartmentId: _, ...rest } = server.options;
    const chat = new OCIModel({ model: "openai.gpt-oss-120b", ...rest, configFile: made.configFile });
    await expect(chat.complete(hello)).rejects.toMatchObject({ code: "compartment_required" });
    expect(server.calls).toEqual([]);
  });

  test.each<[string, Partial<OCIModelOptions>, ModelRequest, string]>([
    ["cohere.command-r-plus-08-2024", {}, hello, "COHERE"],
    ["cohere.command-a-03-2025", {}, hello, "COHERE"],
    ["cohere.command-a-03-2025", {}, image, "COHEREV2"],
    ["cohere.command-a-03-2025", { apiFormat: "COHERE" }, afterAnImage, "COHERE"],
    ["cohere.command-a-vision-07-2025", {}, hello, "COHEREV2"],
    ["cohere.command-a-reasoning-08-2025", {}, hello, "COHEREV2"],
    ["google.gemini-2.5-pro", {}, hello, "GENERIC"],
    ["somebody.new-model-9", {}, hello, "GENERIC"],
    [ENDPOINT, {}, hello, "GENERIC"],
    [ENDPOINT, { apiFormat: "COHEREV2" }, hello, "COHEREV2"],
    [ENDPOINT, { baseModel: "cohere.command-r-08-2024" }, hello, "COHERE"],
  ])("%s %j speaks its format", async (id, more, request, format) => {
    await model({ model: id, ...more }).complete(request);
    expect(asked()).toMatchObject([{ apiFormat: format }]);
  });

  test("the model behind an OCID brings its family's rules", async () => {
    const settings = { parallelToolCalls: true };
    const tools = [{ name: "f", description: "F", parameters: {} }];
    const { warnings } = await model({ model: ENDPOINT, baseModel: "meta.llama-3.3-70b-instruct" }).complete({
      ...hello,
      settings,
      tools,
    });
    expect(warnings).toContainEqual(expect.stringContaining("isParallelToolCalls"));
  });

  test.each([
    [{ transport: "v1" }, /not transport "v1"/],
    [{ apiFormat: "V3" }, /"apiFormat"/],
    [{ documents: [{ id: "1" }] }, /"documents" means nothing in the format GENERIC/],
    [
      { model: "cohere.command-a-03-2025", apiFormat: "COHERE", thinkingTokenBudget: 1 },
      /"thinkingTokenBudget"/,
    ],
    [{ apiFromat: "COHERE" }, /did you mean "apiFormat"/],
    [{ model: "cohere.embed-v4.0" }, /no chat model/],
    [{ model: "xai.grok-4.20-multi-agent-0309" }, /Responses API only/],
    [{ model: " " }, /needs an id/],
  ])("%j is refused before anything is sent", (more, message) => {
    expect(() => model(more as Partial<OCIModelOptions>)).toThrow(message);
  });

  test("a key of the OpenAI-compatible API is refused with what to do instead", async () => {
    const { configFile: _, ...rest } = server.options;
    const keyed = new OCIModel({ model: "openai.gpt-oss-120b", ...rest, apiKey: "sk-1" });
    await expect(keyed.complete(hello)).rejects.toMatchObject({ code: "native_needs_signature" });
    expect(server.calls).toEqual([]);
  });
});

describe("retries", () => {
  test.each<[string, object]>([
    [
      "429 TooManyRequests",
      { status: 429, body: { code: "TooManyRequests", message: "slow" }, headers: now },
    ],
    ["429 with the number as code", { status: 429, body: { code: "429", message: "slow" }, headers: now }],
    ["408", { status: 408, headers: now }],
    ["409 IncorrectState", { status: 409, body: { code: "IncorrectState", message: "x" }, headers: now }],
    ["503 in HTML", { status: 503, body: "<html>Bad</html>", headers: now }],
  ])("%s is sent again with the same token, told, and then answered", async (_, fail) => {
    const onRetry = vi.fn<(notice: RetryNotice) => void>();
    for (const call of [
      (request: ModelRequest) => model({ maxRetries: 2 }).complete(request).then(textOf),
      async (request: ModelRequest) => (await streamed(model({ maxRetries: 2 }).stream(request))).text,
    ]) {
      server.script({ fail: fail as { status: number } }, { text: "healed" });
      expect(await call({ ...hello, onRetry })).toBe("healed");
    }
    expect(server.calls).toHaveLength(4);
    expect(server.generations()).toBe(2);
    expect(onRetry.mock.calls.map(([{ attempt, delayMs }]) => [attempt, delayMs])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    const tokens = server.calls.map(({ headers }) => headers["opc-retry-token"]);
    expect([tokens[0] === tokens[1], tokens[2] === tokens[3], tokens[0] === tokens[2]]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("a connection that broke before a status is made again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    server.script({ reset: true }, { reset: true }, { text: "healed" });
    expect(textOf(await model({ maxRetries: 2 }).complete(hello))).toBe("healed");
    vi.restoreAllMocks();
  });

  test.each<[object, string]>([
    [{ status: 400, body: { code: "InvalidParameter", message: "bad" } }, "InvalidRequestError"],
    [{ status: 404, body: { code: "NotAuthorizedOrNotFound", message: "no" } }, "PermissionOrNotFoundError"],
    [{ status: 409, body: { code: "Conflict", message: "no" } }, "ModelError"],
    [{ status: 429, body: { code: "QuotaExceeded", message: "no" } }, "RateLimitError"],
    [
      { status: 429, body: { code: "429", message: "no" }, headers: { "retry-after": "600" } },
      "RateLimitError",
    ],
    [{ status: 500, body: { code: "500", message: "Model x not found" } }, "PermissionOrNotFoundError"],
    [{ status: 501, body: { code: "NotImplemented", message: "no" } }, "ServerError"],
  ])("%j is not: it is a %s", async (fail, name) => {
    server.script({ fail: { headers: now, ...(fail as { status: number }) } });
    const { status } = fail as { status: number };
    await expect(model({ maxRetries: 2 }).complete(hello)).rejects.toMatchObject({
      name,
      status,
      requestId: `fail-${status}`,
    });
    expect(server.calls).toHaveLength(1);
  });

  test("no circuit breaker stands between a model and a service that has recovered", async () => {
    const chat = model();
    server.script({ fail: { status: 503 } });
    for (let call = 0; call < 12; call += 1) await expect(chat.complete(hello)).rejects.toThrow(/503/);
    server.script({ text: "back" });
    expect(textOf(await chat.complete(hello))).toBe("back");
    expect(server.calls).toHaveLength(13);
  });

  test("what is too often too much is the error of the last try", async () => {
    server.script({ fail: { status: 429, body: { code: "429", message: "slow" }, headers: now } });
    await expect(model({ maxRetries: 2 }).complete(hello)).rejects.toMatchObject({
      name: "RateLimitError",
      retryable: true,
    });
    expect(server.calls).toHaveLength(3);
  });

  test("a 401 is signed once more, and then the error", async () => {
    server.script({ error: { status: 401, message: "no" } });
    await expect(model({ maxRetries: 2 }).complete(hello)).rejects.toMatchObject({
      name: "AuthenticationError",
    });
    expect(server.calls).toHaveLength(2);
  });
});

describe("once the service has answered with success nothing is sent again", () => {
  const cut = 'data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hel"}]}}\n\n';
  const error = 'data: {"code":"429","message":"slow down"}\n\n';

  test.each([
    ["without its finish", [cut], "IncompleteStreamError"],
    ["with an error frame", [cut, error], "RateLimitError"],
    ["with HTML in place of events", ["<html>Gateway</html>"], "ModelError"],
    ["empty", [], "IncompleteStreamError"],
  ])("a stream %s is an error", async (_, frames, name) => {
    server.script({ frames }, { text: "second" });
    await expect(drain(model({ maxRetries: 2 }).stream(hello))).rejects.toMatchObject({
      name,
      requestId: "ok-chat",
    });
    expect([server.calls.length, server.generations()]).toEqual([1, 1]);
  });

  test("nor after a whole answer that cannot be read", async () => {
    server.script({ chatResponse: { apiFormat: "GENERIC", choices: [] } });
    await expect(model({ maxRetries: 2 }).complete(hello)).rejects.toMatchObject({
      code: "invalid_response",
    });
    expect(server.generations()).toBe(1);
  });
});

test.each(["text/event-stream; charset=utf-8", "text/event-stream", "application/octet-stream"])(
  "a stream of type %s is a stream, and its request id is kept",
  async (contentType) => {
    server.script({ text: "Hello", contentType });
    const { text, response } = await streamed(model().stream(hello));
    expect([text, response.requestId, server.generations()]).toEqual(["Hello", "ok-chat", 1]);
  },
);

describe("parameters that a model turns out to refuse", () => {
  const refusal = (body: unknown) => ({ fail: { status: 400, body } });

  test.each<[string, unknown, string, string | undefined]>([
    [
      "in an error of OpenAI's, encoded twice",
      {
        code: "400",
        message: JSON.stringify({
          error: {
            message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            param: "max_tokens",
            code: "unsupported_parameter",
          },
        }),
      },
      "maxTokens",
      "maxCompletionTokens",
    ],
    [
      "by their native name in the text",
      { code: "400", message: "'topK' is not supported by this model" },
      "topK",
      undefined,
    ],
    [
      "by their path",
      {
        code: "InvalidParameter",
        message: JSON.stringify({ error: { param: "chatRequest.topK", code: "InvalidParameter" } }),
      },
      "topK",
      undefined,
    ],
  ])("%s are left out or renamed, told, and remembered", async (_, body, refused, renamed) => {
    server.script(refusal(body), { text: "a" });
    const onRetry = vi.fn<(notice: RetryNotice) => void>();
    const chat = model();
    const request = { ...hello, settings: { topK: 5, maxOutputTokens: 9 }, onRetry };
    await chat.complete(request);
    await streamed(chat.stream(request));
    expect(onRetry).toHaveBeenCalledTimes(1);
    expect(asked().map((each) => refused in each)).toEqual([true, false, false]);
    if (renamed !== undefined) expect(asked().map((each) => each[renamed])).toEqual([undefined, 9, 9]);
  });
});

test("a Cohere model that refuses something is not told to use the API it is using", async () => {
  server.script({
    fail: { status: 400, body: { code: "400", message: "documents are not supported here" } },
  });
  await expect(model({ model: "cohere.command-r-08-2024" }).complete(hello)).rejects.toMatchObject({
    name: "InvalidRequestError",
    code: "invalid_request",
  });
});

describe("a dedicated endpoint that does not stream", () => {
  const refusal = {
    status: 400,
    body: { code: "400", message: "isStream is not supported by this container" },
  };

  test("is asked once, and from then on for whole answers, which stream all the same", async () => {
    server.script({ fail: refusal }, { text: "whole", reasoning: "hm" });
    const chat = model({ model: ENDPOINT });
    const parts: ModelStreamPart[] = [];
    for await (const part of chat.stream(hello)) parts.push(part);
    expect(parts.map(({ type }) => type)).toEqual(["reasoning_delta", "text_delta", "finish"]);
    expect((await streamed(chat.stream(hello))).text).toBe("whole");
    await chat.complete(hello);
    expect(asked().map(({ isStream }) => isStream)).toEqual([true, false, false, false]);
  });

  test.each<[number, object]>([
    [401, { code: "NotAuthenticated", message: "stream" }],
    [429, { code: "429", message: "too many streams; isStream" }],
    [500, { code: "InternalServerError", message: "isStream" }],
    [400, { code: "InvalidParameter", message: "the upstream said no" }],
    [400, { code: "400", message: "Could not decode the image: unexpected end of stream" }],
    [422, { code: "422", message: "the input stream ended early" }],
  ])("is not meant by a %i %j", async (status, body) => {
    server.script({ fail: { status, body, headers: now } });
    await expect(drain(model({ model: ENDPOINT }).stream(hello))).rejects.toMatchObject({ status });
    expect(asked().every(({ isStream }) => isStream)).toBe(true);
  });

  test.each<[number, string]>([
    [422, "Unrecognized request argument supplied: stream"],
    [400, "This model does not support streaming."],
    [400, "Streaming is not supported"],
    [400, "unknown field is_stream"],
  ])("says so with %i %s", async (status, message) => {
    server.script({ fail: { status, body: { code: String(status), message } } }, { text: "whole" });
    expect((await streamed(model({ model: ENDPOINT }).stream(hello))).text).toBe("whole");
    expect(asked().map(({ isStream }) => isStream)).toEqual([true, false]);
  });

  test("and that is remembered only once a whole answer came", async () => {
    const chat = model({ model: ENDPOINT });
    server.script({ fail: refusal }, { fail: { status: 400, body: { code: "400", message: "no" } } });
    await expect(drain(chat.stream(hello))).rejects.toMatchObject({ status: 400 });
    server.script({ text: "streamed" });
    expect((await streamed(chat.stream(hello))).text).toBe("streamed");
    expect(asked().map(({ isStream }) => isStream)).toEqual([true, false, true]);
  });

  test("and on demand such a refusal is the error it is", async () => {
    server.script({ fail: refusal });
    await expect(drain(model().stream(hello))).rejects.toMatchObject({ name: "InvalidRequestError" });
    expect(server.calls).toHaveLength(1);
  });
});

describe("time and cancelling", () => {
  test("headers that do not come in time are a time-out, which is not repeated", async () => {
    const never = await startSilent();
    try {
      const slow = model({ endpoint: never.url, timeoutMs: 40, maxRetries: 2 });
      await expect(slow.complete(hello)).rejects.toMatchObject({ name: "TimeoutError" });
      await expect(drain(slow.stream(hello))).rejects.toMatchObject({ name: "TimeoutError" });
      await vi.waitFor(() => expect(never.closed()).toBe(2));
    } finally {
      await never.close();
    }
  });

  test("a stream that falls silent is an error, and its socket is closed", async () => {
    server.script({ text: "Hello there, all of you", stallAfter: 2 });
    await expect(drain(model({ timeoutMs: 40 }).stream(hello))).rejects.toMatchObject({
      code: "stream_stalled",
    });
    await vi.waitFor(() => expect(server.calls[0]?.aborted).toBe(true));
  });

  test("aborting between two tries ends the waiting", async () => {
    server.script({
      fail: { status: 429, body: { code: "429", message: "x" }, headers: { "retry-after": "30" } },
    });
    const abort = new AbortController();
    const onRetry = () => abort.abort();
    await expect(
      model({ maxRetries: 2 }).complete({ ...hello, signal: abort.signal, onRetry }),
    ).rejects.toMatchObject({ name: "CancelledError" });
    expect(server.calls).toHaveLength(1);
  });
});

test("64 calls at once load one client and are all answered", async () => {
  const chat = model();
  const answers = await Promise.all(Array.from({ length: 64 }, () => chat.complete(hello)));
  expect(new Set(answers.map(textOf))).toEqual(new Set(["Hello."]));
});

/** A server that takes requests and never answers. */
async function startSilent() {
  const { createServer } = await import("node:net");
  let closed = 0;
  const sockets = new Set<import("node:net").Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.resume();
    socket.on("error", () => undefined);
    socket.on("close", () => {
      closed += 1;
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    closed: () => closed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
