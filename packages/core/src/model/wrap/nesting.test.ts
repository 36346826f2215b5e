/** Wrappers change nothing of what they have no business with, however they are put around each other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../types.ts";
import { withCache } from "./with-cache.ts";
import { withFailover } from "./with-failover.ts";
import { withLimits } from "./with-limits.ts";
import { withPool } from "./with-pool.ts";
import { withRateLimit } from "./with-rate-limit.ts";
import { withRetry } from "./with-retry.ts";
import { withTimeouts } from "./with-timeouts.ts";

/** Every wrapper, so that it has nothing to do: a new one is added here. */
const WRAPPERS: Readonly<Record<string, (model: ChatModel) => ChatModel>> = {
  withCache: (model) => withCache(model),
  withLimits: (model) => withLimits(model, { maxTokens: 100_000 }),
  withRateLimit: (model) => withRateLimit(model, { requestsPerMinute: 1_000, tokensPerMinute: 1_000_000 }),
  withRetry: (model) => withRetry(model),
  withFailover: (model) => withFailover([model, new ScriptedModel([])]),
  withPool: (model) => withPool([model]),
  withTimeouts: (model) => withTimeouts(model, { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 }),
};

/** A cache reads the model for all who ask, and keeps what it says: it hands out equal parts, and its own errors. */
const isExact = (names: readonly string[]): boolean => !names.includes("withCache");

const nestings = fc.array(fc.constantFrom(...Object.keys(WRAPPERS)), { minLength: 1, maxLength: 6 });
const nest = (names: readonly string[], model: ChatModel): ChatModel =>
  names.reduce((inner, name) => WRAPPERS[name]?.(inner) ?? inner, model);
const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };

/** Says the same objects every time, one at a time, and knows how many were asked for. */
class Fixed extends ScriptedModel {
  readonly answer: ModelResponse;
  readonly parts: readonly ModelStreamPart[];
  served = 0;

  constructor(texts: readonly string[]) {
    super([], { provider: "fixed" });
    this.answer = {
      message: { role: "assistant", content: [{ type: "text", text: texts.join("") }] },
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      stopReason: "stop",
      modelId: "dated",
    };
    const deltas = texts.map((text): ModelStreamPart => ({ type: "text_delta", text }));
    this.parts = [...deltas, { type: "finish", response: this.answer }];
  }

  override complete(): Promise<ModelResponse> {
    return Promise.resolve(this.answer);
  }

  override async *stream({ signal }: ModelRequest): AsyncGenerator<ModelStreamPart> {
    this.openStreams += 1;
    try {
      for (const part of this.parts) {
        signal?.throwIfAborted();
        this.served += 1;
        yield part;
      }
    } finally {
      this.openStreams -= 1;
    }
  }
}

/** Never says a word; where it does not listen, not even when it is aborted. */
class Silent extends ScriptedModel {
  readonly asked = Promise.withResolvers<AbortSignal>();
  readonly #listens: boolean;

  constructor(listens: boolean) {
    super([], { provider: "fixed" });
    this.#listens = listens;
  }

  override async *stream({ signal }: ModelRequest): AsyncGenerator<ModelStreamPart> {
    if (signal === undefined) throw new Error("nobody could abort this");
    this.asked.resolve(signal);
    await new Promise((_resolve, reject) => {
      if (this.#listens) signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    yield* this.parts();
  }

  *parts(): Generator<ModelStreamPart> {
    yield { type: "text_delta", text: "never" };
  }
}

/** The signal's listeners that were added and not removed. */
function watched(signal: AbortSignal): () => number {
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  return () => listeners;
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("any nesting of wrappers", () => {
  it("gives the very parts and the very response of the bare model, one at a time", async () => {
    await fc.assert(
      fc.asyncProperty(nestings, fc.array(fc.string(), { maxLength: 20 }), async (names, texts) => {
        const model = new Fixed(texts);
        const exact = isExact(names);
        const response = await nest(names, model).complete(request);
        if (exact) expect(response).toBe(model.answer);
        else expect(response).toEqual(model.answer);
        const nested = nest(names, model);
        let at = 0;
        for await (const part of nested.stream(request)) {
          if (exact) expect(part).toBe(model.parts[at]);
          else expect(part).toEqual(model.parts[at]);
          at += 1;
          if (exact) expect(model.served).toBe(at);
        }
        expect(at).toBe(model.parts.length);
        expect(nested).toMatchObject({ provider: "fixed", modelId: "scripted" });
        expect(nested.takesState?.({ provider: "fixed", modelId: "scripted", data: {} })).toBe(true);
      }),
    );
  });

  it("is left as the bare model is: its stream closed, no listener and no timer behind", async () => {
    const before = timers();
    await fc.assert(
      fc.asyncProperty(nestings, fc.nat(10), async (names, leaveAt) => {
        const controller = new AbortController();
        const listeners = watched(controller.signal);
        const model = new Fixed(Array.from({ length: 5 }, String));
        let at = 0;
        for await (const _ of nest(names, model).stream({ ...request, signal: controller.signal })) {
          if (at === leaveAt) break;
          at += 1;
        }
        expect(model.openStreams).toBe(0);
        expect(listeners()).toBe(0);
      }),
    );
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("is left before its first part has come: the bare model is aborted, and both settle", async () => {
    await fc.assert(
      fc.asyncProperty(nestings, fc.boolean(), async (names, listens) => {
        const silent = new Silent(listens);
        const iterator = nest(names, silent).stream(request)[Symbol.asyncIterator]();
        const next = iterator.next();
        const aborted = await silent.asked.promise;
        await iterator.return?.();
        expect(await next).toEqual({ done: true, value: undefined });
        // A call that is shared ends when its last reader has left it, which takes its turn.
        if (!aborted.aborted) await new Promise((resolve) => aborted.addEventListener("abort", resolve));
      }),
    );
  });

  it("lets the caller's abort through in the middle of a stream", async () => {
    await fc.assert(
      fc.asyncProperty(nestings, fc.nat(4), async (names, abortAt) => {
        const controller = new AbortController();
        const listeners = watched(controller.signal);
        const model = new Fixed(Array.from({ length: 5 }, String));
        const reason = new Error("enough");
        let at = 0;
        const reading = (async () => {
          for await (const _ of nest(names, model).stream({ ...request, signal: controller.signal })) {
            if (at === abortAt) controller.abort(reason);
            at += 1;
          }
        })();
        if (isExact(names)) await expect(reading).rejects.toBe(reason);
        else await expect(reading).rejects.toThrow();
        expect(at).toBe(abortAt + 1);
        // A cache lets its caller go at once, and its model's stream behind it, within the same turn of the event loop.
        if (!isExact(names)) await new Promise(setImmediate);
        expect(model.openStreams).toBe(0);
        expect(listeners()).toBe(0);
      }),
    );
  });

  it("lets the caller's abort through to a whole answer that is waited for", async () => {
    await fc.assert(
      fc.asyncProperty(nestings, async (names) => {
        const controller = new AbortController();
        const model = new ScriptedModel([{ text: "late", delayMs: 60_000 }]);
        const call = nest(names, model).complete({ ...request, signal: controller.signal });
        const refused = expect(call).rejects.toThrow();
        await expect.poll(() => model.requests.length, { interval: 1 }).toBe(1);
        controller.abort();
        await refused;
        await expect.poll(() => model.requests[0]?.signal?.aborted, { interval: 1 }).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("closes the bare model", async () => {
    for (const name of Object.keys(WRAPPERS)) {
      const model = new ScriptedModel([]);
      await nest([name], model).close?.();
      expect(model.closed).toBe(true);
    }
  });
});
