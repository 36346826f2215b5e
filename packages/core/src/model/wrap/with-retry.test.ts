/** What is tried again around a model, and what is not: whole and streamed. No test waits. */
import { describe, expect, it, vi } from "vitest";
import {
  ConnectionError,
  IncompleteStreamError,
  type LocusError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "../../errors/errors.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { ChatModel, ModelRequest, RetryNotice } from "../types.ts";
import { withRetry } from "./with-retry.ts";

const busy = new ServerError("busy", { status: 503 });
const fast = { baseMs: 0 };
const messages: ModelRequest["messages"] = [{ role: "user", content: "Hi" }];

/** What a call comes to: text, or the error. */
async function outcome(model: ChatModel, streamed: boolean, request: ModelRequest = { messages }) {
  try {
    if (!streamed) {
      const [part] = (await model.complete(request)).message.content;
      return part?.type === "text" ? part.text : part;
    }
    let text = "";
    for await (const part of model.stream(request)) if (part.type === "text_delta") text += part.text;
    return text;
  } catch (error) {
    return error;
  }
}

describe.each([
  ["whole", false],
  ["streamed", true],
])("withRetry, %s", (_name, streamed) => {
  it("answers after two failures, and tells of each before it waits", async () => {
    const model = new ScriptedModel([{ error: busy }, { error: busy }, "here I am"]);
    const notices: RetryNotice[] = [];
    const request = { messages, onRetry: (notice: RetryNotice) => notices.push(notice) };
    expect(await outcome(withRetry(model, fast), streamed, request)).toBe("here I am");
    expect(notices).toEqual([
      { what: "busy", attempt: 1, delayMs: 0 },
      { what: "busy", attempt: 2, delayMs: 0 },
    ]);
    expect(model.openStreams).toBe(0);
  });

  it("gives up with the last error", async () => {
    const last = new ConnectionError("gone");
    const model = new ScriptedModel([{ error: busy }, { error: last }, "too late"]);
    expect(await outcome(withRetry(model, { ...fast, maxRetries: 1 }), streamed)).toBe(last);
  });

  it.each<[string, LocusError]>([
    ["an answer that broke off", new IncompleteStreamError("cut", { retryable: true })],
    ["a call that ran out of time", new TimeoutError("late")],
    ["an error told inside an answer: it has no status", new ServerError("overloaded")],
    ["an answer that is none", new ServerError("what?", { status: 200 })],
  ])("never sends again what may be paid for: %s", async (_case, error) => {
    const model = new ScriptedModel([{ error }, "paid twice"]);
    expect(await outcome(withRetry(model, { ...fast, on: () => true }), streamed)).toBe(error);
    expect(model.requests).toHaveLength(1);
  });

  it("tries again only after the errors that were chosen", async () => {
    const on = (error: LocusError): boolean => error instanceof RateLimitError;
    const limited = new RateLimitError("slow down", { status: 429, retryAfterMs: 0 });
    const model = new ScriptedModel([{ error: limited }, { error: busy }, "not asked for"]);
    expect(await outcome(withRetry(model, { ...fast, on }), streamed)).toBe(busy);
  });

  it("does not wait for a server that wants more than a minute", async () => {
    const error = new RateLimitError("later", { status: 429, retryAfterMs: 61_000 });
    expect(await outcome(withRetry(new ScriptedModel([{ error }, "later"])), streamed)).toBe(error);
  });

  it("ends its wait when the caller aborts", async () => {
    const error = new RateLimitError("slow down", { status: 429, retryAfterMs: 60_000 });
    const model = new ScriptedModel([{ error }, "never"]);
    const controller = new AbortController();
    const request = { messages, signal: controller.signal, onRetry: () => controller.abort() };
    expect(await outcome(withRetry(model), streamed, request)).toMatchObject({ code: "cancelled" });
    expect(model.requests).toHaveLength(1);
  });
});

describe("withRetry", () => {
  it("does not open a stream again that has delivered a part", async () => {
    const model = new ScriptedModel([{ text: "the first half", error: busy }, "paid twice"]);
    const parts: unknown[] = [];
    const reading = (async () => {
      for await (const part of withRetry(model, fast).stream({ messages })) parts.push(part);
    })();
    await expect(reading).rejects.toBe(busy);
    expect(parts.length).toBeGreaterThan(0);
    expect(model.requests).toHaveLength(1);
  });

  it("ends its wait when the consumer leaves, and asks no more", async () => {
    const error = new RateLimitError("slow down", { status: 429, retryAfterMs: 60_000 });
    const model = new ScriptedModel([{ error }, "never"]);
    const waits = Promise.withResolvers<void>();
    const stream = withRetry(model).stream({ messages, onRetry: () => waits.resolve() });
    const iterator = stream[Symbol.asyncIterator]();
    const next = iterator.next();
    await waits.promise;
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(model.requests).toHaveLength(1);
  });

  it("asks nothing before its stream is read", async () => {
    const model = new ScriptedModel(["unread"]);
    await withRetry(model).stream({ messages })[Symbol.asyncIterator]().return?.();
    expect(model.requests).toEqual([]);
  });

  it("tells the model's own error where the choice itself fails, and warns of that", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const on = (): never => {
      throw new TypeError("slip in on");
    };
    const model = new ScriptedModel([{ error: busy }, "again"]);
    expect(await outcome(withRetry(model, { ...fast, on }), false)).toBe(busy);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("slip in on"), expect.anything());
    warned.mockRestore();
  });

  it("refuses options that do not fit", () => {
    const model = new ScriptedModel([]);
    expect(() => withRetry(model, { maxRetries: -1 })).toThrow(
      "withRetry: maxRetries must be a whole number from 0 to 100, not -1",
    );
    expect(() => withRetry(model, { retries: 3 } as object)).toThrow('unknown option "retries"');
  });
});
