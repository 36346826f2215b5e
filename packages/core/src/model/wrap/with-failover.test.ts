/** Who is asked after whom, who rests, and what the caller is told. Time is the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AuthenticationError,
  BudgetExceededError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  LocusError,
  ModelError,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "../../errors/errors.ts";
import { collectParts } from "../../testing/chat-model-backend.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import type { ModelRequest, ModelStreamPart, RetryNotice } from "../types.ts";
import { FAILOVER_ERRORS } from "./failures.ts";
import { withFailover } from "./with-failover.ts";
import { withRetry } from "./with-retry.ts";

const busy = new ServerError("busy", { status: 503 });
const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const model = (provider: string, ...script: readonly ScriptedStep[]): ScriptedModel =>
  new ScriptedModel(script, { provider, modelId: "m" });
/** Answers with its name, always. */
const steady = (provider: string): ScriptedModel =>
  new ScriptedModel([provider], { provider, modelId: "m", repeat: true });

async function rejection(work: Promise<unknown>): Promise<LocusError> {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof LocusError) return outcome;
  throw new Error("expected a LocusError", { cause: outcome });
}

const textOf = async (stream: AsyncIterable<ModelStreamPart>): Promise<string> =>
  (await collectParts(stream)).map((part) => (part.type === "text_delta" ? part.text : "")).join("");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the next model is asked", () => {
  it.each<[string, LocusError]>([
    ["too many requests", new RateLimitError("slow down", { status: 429 })],
    ["a quota that is used up", new RateLimitError("no more", { status: 429, retryable: false })],
    ["a server that failed", busy],
    ["a connection that failed", new ConnectionError("reset")],
    ["a request that the server saw time out", new TimeoutError("late", { status: 408 })],
    ["credentials that are refused", new AuthenticationError("no", { status: 401 })],
    ["a model that is not there", new PermissionOrNotFoundError("no", { status: 404 })],
    ["a model that cannot be opened", new ConfigurationError("no API key")],
  ])("after %s, whole and streamed", async (_case, error) => {
    const notices: RetryNotice[] = [];
    const told = { ...request, onRetry: (notice: RetryNotice) => notices.push(notice) };
    const whole = await withFailover([model("a", { error }), steady("b")]).complete(told);
    expect(whole).toMatchObject({ provider: "b", modelId: "m", message: { content: [{ text: "b" }] } });
    expect(notices).toEqual([
      { what: `a:m failed (${error.message}); b:m is asked`, attempt: 1, delayMs: 0 },
    ]);
    const streamed = withFailover([model("a", { error }), steady("b")]).stream(request);
    expect((await collectParts(streamed)).at(-1)).toMatchObject({ response: { provider: "b" } });
  });

  it.each<[string, Error]>([
    ["too long a conversation", new ContextLengthError("too long", { status: 400 })],
    ["a content filter", new ContentFilterError("no", { status: 400 })],
    ["a request that is refused", new InvalidRequestError("what?", { status: 400 })],
    ["an answer that broke off: it is paid", new IncompleteStreamError("cut")],
    ["a call that ran out of time: it may be paid", new TimeoutError("late")],
    ["an error told inside an answer: it may be paid", new ServerError("overloaded")],
    ["an answer that cannot be read: it is paid", new ModelError("what?", { code: "invalid_response" })],
    ["an error that is not ours", new TypeError("bug")],
  ])("not after %s", async (_case, error) => {
    const second = steady("b");
    await expect(withFailover([model("a", { error }), second]).complete(request)).rejects.toBe(error);
    await expect(textOf(withFailover([model("a", { error }), second]).stream(request))).rejects.toBe(error);
    expect(second.requests).toEqual([]);
  });

  it("not once a part was delivered", async () => {
    const second = steady("b");
    const stream = withFailover([model("a", { text: "half", error: busy }), second]).stream(request);
    await expect(textOf(stream)).rejects.toBe(busy);
    expect(second.requests).toEqual([]);
  });

  it("not once the caller has aborted", async () => {
    const controller = new AbortController();
    const second = steady("b");
    const first = model("a", () => {
      controller.abort();
      return { error: busy };
    });
    const call = withFailover([first, second]).complete({ ...request, signal: controller.signal });
    await expect(call).rejects.toBe(controller.signal.reason);
    expect(second.requests).toEqual([]);
  });

  it("and its being cancelled is told as such, whatever failed before", async () => {
    const cancelled = new CancelledError("enough");
    const controller = new AbortController();
    const second = model("b", () => {
      controller.abort(cancelled);
      return "unheard";
    });
    const both = withFailover([model("a", { error: busy }), second, steady("c")]);
    await expect(textOf(both.stream({ ...request, signal: controller.signal }))).rejects.toBe(cancelled);
  });

  it("not where the choice itself fails, and the model's own error is what is told", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const on = (): never => {
      throw new TypeError("slip in on, password=hunter2");
    };
    const failing = withFailover([model("a", { error: busy }), steady("b")], { on });
    expect(await rejection(failing.complete(request))).toBe(busy);
    expect(warned.mock.calls[0]?.[0]).toBe(
      "`on` failed, and counts as false: slip in on, password=[redacted]",
    );
    warned.mockRestore();
  });

  it("after other errors where that is asked for", async () => {
    const error = new ContextLengthError("too long", { status: 400 });
    for (const on of [
      [...FAILOVER_ERRORS, ContextLengthError],
      (failed: LocusError) => failed.code === "context_length",
    ]) {
      const first = model("a", { error }, "back already");
      const both = withFailover([first, steady("b")], { on });
      expect(await both.complete(request)).toMatchObject({ provider: "b" });
      // The request was too long; the model is well.
      expect(await textOf(both.stream(request))).toBe("back already");
    }
    await expect(
      withFailover([model("a", { error: busy }), steady("b")], { on: [RateLimitError] }).complete(request),
    ).rejects.toBe(busy);
    // What nobody is asked after is no reason to rest, either.
    const first = withFailover([model("a", { error: busy }, "a"), steady("b")], { on: [] });
    await rejection(first.complete(request));
    expect(await textOf(first.stream(request))).toBe("a");
  });

  it("after a budget that is used up where that is asked for: nothing was sent", async () => {
    const error = new BudgetExceededError("used up");
    const on = [BudgetExceededError];
    expect(await textOf(withFailover([model("a", { error }), steady("b")], { on }).stream(request))).toBe(
      "b",
    );
  });

  it("after what may be paid for where that is asked for", async () => {
    for (const error of [new TimeoutError("late"), new IncompleteStreamError("cut")]) {
      const both = withFailover([model("a", { error }), steady("b")], { afterPaid: true });
      expect(await textOf(both.stream(request))).toBe("b");
    }
  });
});

describe("a model that failed", () => {
  it("rests, is then asked by one call first, and is back when that succeeds", async () => {
    const gate = Promise.withResolvers<void>();
    const first = model(
      "a",
      { error: busy },
      async () => {
        await gate.promise;
        return "a is back";
      },
      "a stays",
    );
    const both = withFailover([first, steady("b")], { downMs: 1_000 });
    expect(await textOf(both.stream(request))).toBe("b");
    vi.advanceTimersByTime(999);
    expect(await textOf(both.stream(request))).toBe("b");
    expect(first.requests).toHaveLength(1);
    vi.advanceTimersByTime(1);
    const probe = textOf(both.stream(request));
    const others = await Promise.all(Array.from({ length: 20 }, () => textOf(both.stream(request))));
    expect(new Set(others)).toEqual(new Set(["b"]));
    expect(first.requests).toHaveLength(2);
    gate.resolve();
    expect(await probe).toBe("a is back");
    expect(await textOf(both.stream(request))).toBe("a stays");
  });

  it("rests for as long as its server asks", async () => {
    const error = new RateLimitError("slow down", { status: 429, retryAfterMs: 5_000 });
    const both = withFailover([model("a", { error }, "a"), steady("b")], { downMs: 1 });
    expect(await textOf(both.stream(request))).toBe("b");
    vi.advanceTimersByTime(4_999);
    expect(await textOf(both.stream(request))).toBe("b");
    vi.advanceTimersByTime(1);
    expect(await textOf(both.stream(request))).toBe("a");
  });

  it("does not rest where it was only held back on this side", async () => {
    const error = new RateLimitError("no turn in time", { code: "rate_limit_local" });
    const both = withFailover([model("a", { error }, "a"), steady("b")]);
    expect(await textOf(both.stream(request))).toBe("b");
    expect(await textOf(both.stream(request))).toBe("a");
  });

  it("is not well because of a call that was under way before", async () => {
    const gate = Promise.withResolvers<void>();
    const slow = async (): Promise<string> => {
      await gate.promise;
      return "slow";
    };
    const first = model("a", slow, { error: busy }, "too early");
    const both = withFailover([first, steady("b")]);
    const early = textOf(both.stream(request));
    expect(await textOf(both.stream(request))).toBe("b");
    gate.resolve();
    expect(await early).toBe("slow");
    expect(await textOf(both.stream(request))).toBe("b");
  });

  it("may be probed again after a probe that told nothing", async () => {
    const controller = new AbortController();
    const first = model(
      "a",
      { error: busy },
      () => {
        controller.abort();
        return "aborted";
      },
      "a is back",
    );
    const both = withFailover([first, steady("b")], { downMs: 0 });
    await textOf(both.stream(request));
    await expect(textOf(both.stream({ ...request, signal: controller.signal }))).rejects.toThrow();
    expect(await textOf(both.stream(request))).toBe("a is back");
  });

  it("is asked all the same when all rest, the first to be back first", async () => {
    const long = new RateLimitError("slow down", { status: 429, retryAfterMs: 9_000 });
    const both = withFailover([model("a", { error: long }, "a"), model("b", { error: busy }, "b")], {
      downMs: 1_000,
    });
    await rejection(both.complete(request));
    expect(await textOf(both.stream(request))).toBe("b");
  });
});

describe("when no model answers", () => {
  it("the caller is told of each by one typed error", async () => {
    const limited = new RateLimitError("slow down", { status: 429, retryAfterMs: 7 });
    const refused = new AuthenticationError("who are you?", { status: 401, hint: "Check the key." });
    const both = withFailover([model("a", { error: limited }), model("b", { error: refused })]);
    const error = await rejection(both.complete(request));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      message: "none of 2 models answered: a:m: slow down; b:m: who are you?",
      status: 401,
      hint: "Check the key.",
      retryable: true,
      retryAfterMs: 7,
    });
    expect(error.cause).toMatchObject({ errors: [limited, refused] });
  });

  it("a retry around them asks them all again", async () => {
    const [a, b] = [model("a", { error: busy }, { error: busy }), model("b", { error: busy }, "b")];
    expect(await textOf(withRetry(withFailover([a, b]), { baseMs: 0 }).stream(request))).toBe("b");
  });

  it("a retry around them leaves what one of them may have been paid for", async () => {
    const [a, b] = [
      model("a", { error: new TimeoutError("late") }, "paid twice"),
      model("b", { error: busy }),
    ];
    const error = await rejection(
      withRetry(withFailover([a, b], { afterPaid: true }), { baseMs: 0 }).complete(request),
    );
    expect(error).toMatchObject({ code: "server_error", retryable: false });
    expect(a.requests).toHaveLength(1);
  });
});

describe("the model that stands before others", () => {
  it("can do what all of them can", () => {
    const one = new ScriptedModel([], { capabilities: { vision: false, contextWindow: 8_000 } });
    const two = new ScriptedModel([], { capabilities: { structuredOutput: "json", contextWindow: 4_000 } });
    const three = new ScriptedModel([], {
      capabilities: { serverState: true, structuredOutputWithTools: false },
    });
    expect(withFailover([one, two, three]).capabilities).toEqual({
      ...one.capabilities,
      structuredOutput: "json",
      structuredOutputWithTools: false,
      contextWindow: 4_000,
    });
  });

  it("shows each its own state only", async () => {
    const state = { provider: "b", modelId: "m", data: { id: "r1" } };
    const [a, b] = [model("a", { error: busy }), steady("b")];
    const both = withFailover([a, b]);
    expect(both.takesState?.(state)).toBe(true);
    expect(both.takesState?.({ ...state, modelId: "other" })).toBe(false);
    await both.complete({ ...request, providerState: state });
    expect(a.requests[0]).not.toHaveProperty("providerState");
    expect(b.requests[0]).toHaveProperty("providerState", state);
  });

  it("signs each one's thoughts with its own name, though the group goes by the first one's", async () => {
    const other = new ScriptedModel([{ reasoning: "Hm.", text: "Yes." }], {
      provider: "a",
      modelId: "other",
    });
    const { message } = await withFailover([model("a", { error: busy }), other]).complete(request);
    expect(message.content[0]).toMatchObject({ type: "reasoning", author: "a:other" });
  });

  it("closes all of them, also where one fails to", async () => {
    const [a, b] = [steady("a"), steady("b")];
    a.close = () => Promise.reject(new Error("stuck"));
    await expect(withFailover([a, b]).close?.()).rejects.toThrow("stuck");
    expect(b.closed).toBe(true);
  });

  it("wants models", () => {
    expect(() => withFailover([])).toThrow("withFailover: expected one model at least");
    expect(() => withFailover(["oci:gpt"] as never)).toThrow(
      'withFailover: the model at place 1: expected a model, an object with the methods complete and stream, not "oci:gpt"',
    );
    expect(() => withFailover([steady("a")], { on: ["RateLimitError"] as never })).toThrow(
      "withFailover: on[0] must be a function",
    );
  });
});
