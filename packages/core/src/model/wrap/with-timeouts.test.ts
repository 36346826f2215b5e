/** Which limit ends a call, what counts as waiting, and what is left behind. Time is the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TimeoutError } from "../../errors/errors.ts";
import { collectParts } from "../../testing/chat-model-backend.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { ModelRequest, ModelStreamPart } from "../types.ts";
import { withTimeouts } from "./with-timeouts.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };

/** A model whose stream comes when the test says so, and which cares for no signal. */
class Stubborn extends ScriptedModel {
  readonly waiting: PromiseWithResolvers<IteratorResult<ModelStreamPart, undefined>>[] = [];
  readonly seen: ModelRequest[] = [];
  returned = 0;

  constructor() {
    super([]);
  }

  override complete(asked: ModelRequest): Promise<never> {
    this.seen.push(asked);
    return new Promise(() => undefined);
  }

  override stream(asked: ModelRequest): AsyncGenerator<ModelStreamPart> {
    this.seen.push(asked);
    const iterator: AsyncIterableIterator<ModelStreamPart, undefined> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => {
        const deferred = Promise.withResolvers<IteratorResult<ModelStreamPart, undefined>>();
        this.waiting.push(deferred);
        return deferred.promise;
      },
      return: () => {
        this.returned += 1;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return iterator as AsyncGenerator<ModelStreamPart>;
  }

  say(text: string): void {
    this.waiting.shift()?.resolve({ done: false, value: { type: "text_delta", text } });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("withTimeouts", () => {
  it.each([
    ["firstByteMs", "scripted:scripted: no answer began within 100 ms (firstByteMs)"],
    ["totalMs", "scripted:scripted: the answer was not complete after waiting for 100 ms (totalMs)"],
  ])("%s ends a whole answer that does not come, and aborts the call", async (limit, message) => {
    const model = new Stubborn();
    const call = withTimeouts(model, { [limit]: 100 }).complete(request);
    const ended = expect(call).rejects.toThrow(message);
    await vi.advanceTimersByTimeAsync(99);
    expect(model.seen[0]?.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(model.seen[0]?.signal?.reason).toBeInstanceOf(TimeoutError);
  });

  it("firstByteMs ends a stream that does not begin, idleMs one that pauses", async () => {
    const model = new Stubborn();
    const timed = withTimeouts(model, { firstByteMs: 100, idleMs: 10 });
    const silent = expect(timed.stream(request)[Symbol.asyncIterator]().next()).rejects.toThrow(
      "(firstByteMs)",
    );
    await vi.advanceTimersByTimeAsync(100);
    await silent;
    expect(model.returned).toBe(1);

    model.waiting.length = 0;
    const stream = timed.stream(request)[Symbol.asyncIterator]();
    for (let part = 0; part < 30; part++) {
      const next = stream.next();
      await vi.advanceTimersByTimeAsync(9);
      model.say("x");
      expect(await next).toMatchObject({ value: { text: "x" } });
    }
    const paused = expect(stream.next()).rejects.toThrow("the answer paused for more than 10 ms (idleMs)");
    await vi.advanceTimersByTimeAsync(10);
    await paused;
    expect(model.returned).toBe(2);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("totalMs adds up all waiting for one answer", async () => {
    const model = new Stubborn();
    const stream = withTimeouts(model, { totalMs: 25 }).stream(request)[Symbol.asyncIterator]();
    for (let part = 0; part < 2; part++) {
      const next = stream.next();
      await vi.advanceTimersByTimeAsync(10);
      model.say("x");
      await next;
    }
    const late = expect(stream.next()).rejects.toThrow("(totalMs)");
    await vi.advanceTimersByTimeAsync(5);
    await late;
  });

  it("does not count what the consumer does between two parts", async () => {
    const model = new Stubborn();
    const stream = withTimeouts(model, { firstByteMs: 10, idleMs: 10, totalMs: 20 }).stream(request);
    const iterator = stream[Symbol.asyncIterator]();
    for (let part = 0; part < 10; part++) {
      const next = iterator.next();
      await vi.advanceTimersByTimeAsync(1);
      model.say("x");
      expect(await next).toMatchObject({ done: false });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await iterator.return?.();
    expect(model.seen[0]?.signal?.aborted).toBe(true);
    expect(model.returned).toBe(1);
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("cannot leave");
      },
    ],
    ["gives no promise", () => undefined],
    ["rejects", () => Promise.reject(new Error("cannot leave"))],
  ])("tells the limit also where leaving the model %s", async (_how, leave) => {
    const model = new Stubborn();
    const iterator = model.stream(request);
    Object.assign(iterator, { return: leave });
    model.stream = () => iterator;
    const next = withTimeouts(model, { firstByteMs: 100 }).stream(request)[Symbol.asyncIterator]().next();
    const ended = expect(next).rejects.toThrow(TimeoutError);
    await vi.advanceTimersByTimeAsync(100);
    await ended;
  });

  it("keeps the process for a wait, and not for a consumer that takes its time", async () => {
    vi.useRealTimers();
    const setting = vi.spyOn(globalThis, "setTimeout");
    const model = new Stubborn();
    const stream = withTimeouts(model, { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 }).stream(
      request,
    );
    const iterator = stream[Symbol.asyncIterator]();
    const held = (): boolean =>
      setting.mock.results.some(({ type, value }) => type === "return" && value.hasRef());
    for (const text of ["a", "b"]) {
      const next = iterator.next();
      expect(held()).toBe(true);
      await Promise.resolve();
      model.say(text);
      expect(await next).toMatchObject({ value: { text } });
      expect(held()).toBe(false);
    }
    setting.mockRestore();
    await iterator.return?.();
    vi.useFakeTimers();
  });

  it("sets no timer for each of many parts", async () => {
    const setting = vi.spyOn(globalThis, "setTimeout");
    const model = new ScriptedModel(["x".repeat(10_000)], { chunkSize: 1 });
    const timed = withTimeouts(model, { firstByteMs: 1_000, idleMs: 1_000, totalMs: 1_000 });
    expect(await collectParts(timed.stream(request))).toHaveLength(10_001);
    expect(setting.mock.calls.length).toBeLessThan(10);
    setting.mockRestore();
  });

  it("passes the caller's abort on, and lets go of its signal", async () => {
    const model = new Stubborn();
    const controller = new AbortController();
    const removing = vi.spyOn(controller.signal, "removeEventListener");
    const asked = { ...request, signal: controller.signal };
    const stream = withTimeouts(model, { idleMs: 10 }).stream(asked)[Symbol.asyncIterator]();
    const next = stream.next();
    const reason = new Error("enough");
    controller.abort(reason);
    expect(model.seen[0]?.signal?.reason).toBe(reason);
    model.waiting[0]?.reject(reason);
    await expect(next).rejects.toBe(reason);
    expect(removing).toHaveBeenCalled();
  });

  it("hands on parts asked for all at once in their order", async () => {
    const model = new ScriptedModel(["abc"], { chunkSize: 1 });
    const stream = withTimeouts(model, { idleMs: 10 }).stream(request)[Symbol.asyncIterator]();
    const parts = await Promise.all([
      stream.next(),
      stream.next(),
      stream.next(),
      stream.next(),
      stream.next(),
    ]);
    expect(parts.map(({ value }) => value?.type)).toEqual([
      "text_delta",
      "text_delta",
      "text_delta",
      "finish",
      undefined,
    ]);
  });
});
