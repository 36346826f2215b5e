/** Every way a call can fail, as the typed error that names it. */
import {
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  InvalidRequestError,
  LocusError,
  ModelError,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError, OpenAI } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { json, startServer, type TestServer } from "../test/server.ts";
import { type ErrorContext, errorFromAnswer, excerpt, toLocusError } from "./errors.ts";

const context: ErrorContext = { provider: "openai", modelId: "gpt-x" };
const answer = (
  status: number,
  body: object | undefined,
  headers: Record<string, string> = {},
  text = "",
): unknown => APIError.generate(status, body, text, new Headers(headers));

describe("a failing status", () => {
  it.each([
    [400, InvalidRequestError, false],
    [401, AuthenticationError, false],
    [403, PermissionOrNotFoundError, false],
    [404, PermissionOrNotFoundError, false],
    [408, TimeoutError, true],
    [409, ModelError, true],
    [413, InvalidRequestError, false],
    [422, InvalidRequestError, false],
    [429, RateLimitError, true],
    [500, ServerError, true],
    [501, ServerError, false],
    [503, ServerError, true],
  ])("%i becomes its typed error", (status, type, retryable) => {
    const error = toLocusError(answer(status, { error: { message: "the reason" } }), context);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, retryable });
    expect(error.message).toContain(`openai model "gpt-x" answered ${status}`);
    expect(error.message).toContain("the reason");
  });

  it.each([
    [{ code: "context_length_exceeded", message: "x" }],
    [{ message: "This model's maximum context length is 8192 tokens." }],
    [{ message: "prompt is too long: 210000 tokens > 200000 maximum" }],
    [{ message: "Please reduce the length of the messages." }],
  ])("says that the context is too long: %j", (body) => {
    expect(toLocusError(answer(400, { error: body }), context)).toBeInstanceOf(ContextLengthError);
  });

  it.each([
    [{ code: "content_filter", message: "x" }],
    [{ code: "content_policy_violation", message: "x" }],
    [{ message: "The response was filtered by Azure's content management policy." }],
  ])("says that the content filter refused: %j", (body) => {
    expect(toLocusError(answer(400, { error: body }), context)).toBeInstanceOf(ContentFilterError);
  });

  it("does not take a rate limit that counts tokens for a long context", () => {
    const error = toLocusError(answer(429, { error: { message: "too many tokens per minute" } }), context);
    expect(error).toBeInstanceOf(RateLimitError);
  });

  it.each([
    "json_schema is not supported",
    "This response_format type is unavailable now",
    "'response_format.type' must be 'json_object' or 'text'",
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    "Structured outputs are not yet supported",
  ])("that is of the answer's schema says what to do: %s", (message) => {
    const error = toLocusError(answer(400, { error: { message } }), context);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error.hint).toMatch(
      /outputStrategy: "tool".*compatibility: \{ structuredOutput: "json_object" \}/,
    );
  });

  it.each([
    "tools are not supported",
    "Invalid schema for response_format 'answer': 'additionalProperties' is required",
  ])("that is of something else does not speak of it: %s", (message) => {
    expect(toLocusError(answer(400, { error: { message } }), context).hint).toBeUndefined();
  });

  it("says that waiting does not help where the quota is used up", () => {
    const error = toLocusError(answer(429, { error: { code: "insufficient_quota", message: "x" } }), context);
    expect(error).toMatchObject({ retryable: false, hint: expect.stringContaining("billing") });
  });

  it("takes the request id from OCI's header, or from OpenAI's", () => {
    const headers = { "x-request-id": "x1", "opc-request-id": "o1" };
    expect(toLocusError(answer(500, {}, headers), context).requestId).toBe("o1");
    expect(toLocusError(answer(500, {}, { "x-request-id": "x1" }), context).requestId).toBe("x1");
  });

  it("reads the text that an error wraps twice", () => {
    const wrapped = { code: "400", message: JSON.stringify({ error: { message: "inner words" } }) };
    expect(toLocusError(answer(400, { error: wrapped }), context).message).toContain("inner words");
  });

  it("shows the words of an HTML page without its markup, cut to 300 characters", () => {
    const page = `<!DOCTYPE html><html><head><style>a{}</style></head><body><h1>502 Bad Gateway</h1>${"x ".repeat(500)}</body></html>`;
    const error = toLocusError(answer(502, undefined, {}, page), context);
    expect(error).toBeInstanceOf(ServerError);
    expect(error.message).toContain("502 Bad Gateway x");
    expect(error.message).not.toMatch(/<|a\{\}/);
    expect(error.message.length).toBeLessThan(400);
  });

  it("says so where no text came", () => {
    const error = toLocusError(answer(503, undefined, {}, ""), context);
    expect(error.message).toContain("no text came with it");
  });
});

describe("secrets", () => {
  it("are in no message, hint or cause, wherever they were told", () => {
    const said = "Incorrect API key provided: sk-proj-0123456789abcdef. Authorization: Bearer abc123def456";
    for (const failure of [
      answer(401, { error: { message: said } }),
      answer(500, undefined, {}, said),
      new APIConnectionError({ message: said, cause: new Error(said) }),
      new TypeError('Headers.append: "Bearer sk-0123456789\n" is an invalid header value.'),
      said,
    ]) {
      const error = toLocusError(failure, context);
      for (let link: unknown = error; link instanceof Error; link = link.cause) {
        expect(`${link.message}\n${link.stack}`).not.toMatch(/sk-(?:proj-)?0123|abc123def456/);
      }
    }
  });

  it("in a header that cannot be sent are a configuration error that does not quote them", () => {
    const error = toLocusError(
      new TypeError('Headers.append: "Bearer sk-0123456789\n" is an invalid header value.'),
      context,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.hint).toContain("line break");
  });
});

describe("no answer", () => {
  it("for want of time is a TimeoutError", () => {
    expect(toLocusError(new APIConnectionTimeoutError(), context)).toBeInstanceOf(TimeoutError);
    const slow = new APIConnectionError({
      message: "fetch failed",
      cause: Object.assign(new Error("headers"), { code: "UND_ERR_HEADERS_TIMEOUT" }),
    });
    expect(toLocusError(slow, context)).toBeInstanceOf(TimeoutError);
  });

  it("is a cancellation where the caller gave up, whatever else failed", () => {
    const signal = AbortSignal.abort();
    expect(toLocusError(new Error("socket hang up"), { ...context, signal })).toBeInstanceOf(CancelledError);
    expect(toLocusError(new APIUserAbortError(), context)).toBeInstanceOf(CancelledError);
  });

  it("throws the error that was given as the reason for giving up", () => {
    const reason = new TimeoutError("the run ran out of time");
    expect(toLocusError(new Error("x"), { ...context, signal: AbortSignal.abort(reason) })).toBe(reason);
    const clock = AbortSignal.abort(new DOMException("late", "TimeoutError"));
    expect(toLocusError(new Error("x"), { ...context, signal: clock })).toBeInstanceOf(TimeoutError);
  });

  it("returns a Locus error that a custom fetch threw, however deep the client buried it", () => {
    const ours = new ConfigurationError("no profile");
    const buried = new APIConnectionError({
      message: "Connection error.",
      cause: new Error("x", { cause: ours }),
    });
    expect(toLocusError(buried, context)).toBe(ours);
  });

  it("is a ModelError where nobody knows what it is", () => {
    expect(toLocusError("what?", context)).toBeInstanceOf(ModelError);
    expect(toLocusError(new Error("odd"), context).message).toContain("odd");
  });

  it("stops at a cause that contains itself", () => {
    const error: Error & { cause?: unknown } = new Error("loop");
    error.cause = error;
    expect(toLocusError(error, context)).toBeInstanceOf(LocusError);
  });
});

describe("an error inside a 200", () => {
  it.each([
    [{ code: "429", message: "x" }, RateLimitError],
    [{ code: "rate_limit_exceeded", message: "x" }, RateLimitError],
    [{ type: "server_error", message: "x" }, ServerError],
    [{ code: "context_length_exceeded", message: "x" }, ContextLengthError],
    [{ type: "invalid_request_error", message: "x" }, InvalidRequestError],
    [{ message: "x" }, ModelError],
  ])("%j is typed by what it says", (wire, type) => {
    const error = errorFromAnswer(wire, { requestId: "r" }, context);
    expect(error).toBeInstanceOf(type);
    expect(error.requestId).toBe("r");
    expect(error.status).toBeUndefined();
  });
});

describe("excerpt", () => {
  it("is one line, whatever came", () => {
    expect(excerpt("a\n\n  b\tc")).toBe("a b c");
  });
});

describe("over a real socket", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());
  const client = (baseURL: string): OpenAI =>
    new OpenAI({ apiKey: "k", baseURL, maxRetries: 0, logLevel: "off" });
  const failure = async (openai: OpenAI): Promise<LocusError> => {
    try {
      await openai.models.list();
    } catch (error) {
      return toLocusError(error, context);
    }
    throw new Error("expected a failure");
  };

  it("a refused connection is a ConnectionError that names the code and the address", async () => {
    server = await startServer(json({}));
    const { url } = server;
    await server.close();
    const error = await failure(client(url));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.retryable).toBe(true);
  });

  it("a connection that the server resets is a ConnectionError", async () => {
    server = await startServer((response) => {
      response.socket?.resetAndDestroy();
    });
    expect(await failure(client(server.url))).toBeInstanceOf(ConnectionError);
  });

  it("a name that does not resolve is a ConnectionError", async () => {
    expect(await failure(client("http://no-such-host.invalid/v1"))).toBeInstanceOf(ConnectionError);
  });
});
