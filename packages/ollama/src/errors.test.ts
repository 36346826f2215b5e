/** Failures as the server, a gateway in front of it, or the network tell of them, and the errors they become. */
import {
  AuthenticationError,
  ConnectionError,
  ContextLengthError,
  InvalidRequestError,
  ModelError,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { errorFromAnswer, excerpt, isModelMissing, retryAfterMs, toLocusError } from "./errors.ts";

const of = (status: number, error: string) =>
  errorFromAnswer(JSON.stringify({ error }), { modelId: "m" }, { status });

describe("an answer", () => {
  it.each([
    [400, "registry.ollama.ai/library/gemma:latest does not support tools", InvalidRequestError],
    [400, '"gemma:latest" does not support thinking', InvalidRequestError],
    [400, "the input length exceeds the context length", ContextLengthError],
    [400, "invalid options: num_ctx", InvalidRequestError],
    [401, "unauthorized", AuthenticationError],
    [403, "no", PermissionOrNotFoundError],
    [404, "model 'm' not found", PermissionOrNotFoundError],
    [429, "too many", RateLimitError],
    [408, "late", TimeoutError],
    [500, "llama runner process has terminated: exit status 2", ServerError],
    [500, "model requires more system memory (9.1 GiB) than is available (3.2 GiB)", ServerError],
    [503, "server busy, please try again. maximum pending requests exceeded", ServerError],
  ])("%i %s", (status, error, type) => {
    const made = of(status, error);
    expect(made).toBeInstanceOf(type);
    expect(made.status).toBe(status);
    expect(made.message).toContain(error);
  });

  it("tells a model that is not there from an address where nothing is", () => {
    for (const text of ["model 'm' not found", 'model "m:1b" not found, try pulling it first']) {
      expect(isModelMissing(of(404, text))).toBe(true);
      expect(of(404, text).hint).toContain("`ollama pull m`");
    }
    const nothing = errorFromAnswer("404 page not found", { modelId: "m" }, { status: 404 });
    expect(isModelMissing(nothing)).toBe(false);
    expect(nothing.hint).toContain("`host`");
  });

  it("says whether trying again helps", () => {
    expect(of(503, "server busy").retryable).toBe(true);
    expect(of(500, "CUDA error: out of memory").retryable).toBe(false);
    expect(of(400, "no").retryable).toBe(false);
  });

  it("may be a gateway's", () => {
    const page = "<html><head><style>x</style></head><body><h1>502 Bad Gateway</h1></body></html>";
    expect(errorFromAnswer(page, { modelId: "m" }, { status: 502 }).message).toMatch(
      /answered 502: 502 Bad Gateway$/,
    );
    expect(errorFromAnswer('{"error":{"message":"no"}}', { modelId: "m" }, { status: 400 }).message).toMatch(
      /: no$/,
    );
    expect(errorFromAnswer('{"message":"no"}', { modelId: "m" }, { status: 400 }).message).toMatch(/: no$/);
    expect(errorFromAnswer("", { modelId: "m" }, { status: 500 }).message).toMatch(/no text came with it$/);
  });

  it("told without a status is the model's failure", () => {
    expect(errorFromAnswer('{"error":"odd"}', { modelId: "m" })).toBeInstanceOf(ModelError);
  });

  it("keeps no secrets", () => {
    const echo = "refused Authorization: Bearer abcdef0123456789 from http://ada:hunter2@gw";
    const made = of(401, echo);
    expect(JSON.stringify(made) + String(made.stack)).not.toMatch(/abcdef0123456789|hunter2/);
    expect(excerpt("x".repeat(1000))).toHaveLength(301);
  });
});

describe("what was thrown", () => {
  const where = { modelId: "m", url: "http://127.0.0.1:11434" };
  const withCode = (code: string, message = "it failed"): Error =>
    new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });

  it.each(["ECONNREFUSED", "ENOTFOUND", "ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"])(
    "%s is a lost connection, with what to do",
    (code) => {
      const error = toLocusError(withCode(code), where);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.message).toContain(`${where.url}: it failed (${code})`);
      expect(error.hint).toMatch(/`ollama serve`.*OLLAMA_HOST/);
    },
  );

  it("may have several causes, where a name has several addresses", () => {
    const causes = ["::1", "127.0.0.1"].map((address) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}:11434`), { code: "ECONNREFUSED" }),
    );
    const error = toLocusError(new TypeError("fetch failed", { cause: new AggregateError(causes) }), where);
    expect(error.message).toContain("connect ECONNREFUSED 127.0.0.1:11434");
  });

  it("is late where the runtime gave up waiting for an answer", () => {
    expect(toLocusError(withCode("UND_ERR_HEADERS_TIMEOUT"), where)).toBeInstanceOf(TimeoutError);
    expect(toLocusError(withCode("UND_ERR_BODY_TIMEOUT"), where)).toBeInstanceOf(TimeoutError);
  });

  it("is itself where it is ours, also as a cause, and is wrapped where it is unknown", () => {
    const ours = new RateLimitError("ours");
    expect(toLocusError(ours, where)).toBe(ours);
    expect(toLocusError(new Error("outer", { cause: ours }), where)).toBe(ours);
    expect(toLocusError("odd", where)).toMatchObject({ name: "ModelError", cause: "odd" });
  });
});

it.each([
  ["3", 3000],
  ["0", 0],
  ["Thu, 01 Jan 1970 00:00:10 GMT", 9000],
  ["-4", undefined],
  ["soon", undefined],
])("Retry-After: %s is %s ms", (value, ms) => {
  expect(retryAfterMs(new Headers({ "retry-after": value }), 1000)).toBe(ms);
});
