import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CancelledError, ConfigurationError, RateLimitError } from "../../errors/errors.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { ModelRequest, ModelStreamPart } from "../types.ts";
import { rateLimiter } from "./rate-limiter.ts";
import { withRateLimit } from "./with-rate-limit.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a rate limiter", () => {
  it("lets through what a minute has room for, and the rest in order once it has", async () => {
    const limiter = rateLimiter({ requestsPerMinute: 2 });
    const went: number[] = [];
    for (const n of [1, 2, 3, 4, 5]) void limiter.reserve(1).then(() => went.push(n));
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toEqual([1, 2]);
    expect(limiter.waiting).toBe(3);
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(went).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(went).toEqual([1, 2, 3, 4]);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(went).toEqual([1, 2, 3, 4, 5]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not let a small request overtake a large one", async () => {
    const limiter = rateLimiter({ tokensPerMinute: 100 });
    await limiter.reserve(60);
    const went: string[] = [];
    void limiter.reserve(80).then(() => went.push("large"));
    void limiter.reserve(10).then(() => went.push("small"));
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(went).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(went).toEqual(["large", "small"]);
  });

  it("gives back at once what was not needed, and counts what was needed beyond", async () => {
    const limiter = rateLimiter({ tokensPerMinute: 100 });
    const first = await limiter.reserve(90);
    let went = false;
    void limiter.reserve(50).then(() => {
      went = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toBe(false);
    first.settle(20);
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toBe(true);
    first.settle(100);
    const later = limiter.reserve(10, { maxWaitMs: 1000 });
    const refused = expect(later).rejects.toBeInstanceOf(RateLimitError);
    await vi.advanceTimersByTimeAsync(1000);
    await refused;
  });

  it("refuses what no minute has room for, rather than have it wait for ever", async () => {
    const refused = rateLimiter({ tokensPerMinute: 100 }).reserve(101);
    await expect(refused).rejects.toMatchObject({ code: "rate_limit_local", retryable: false });
    await expect(refused).rejects.toThrow("may need 101 tokens, and a minute has 100");
  });

  it("lets go of a caller that aborts, and of one that has waited long enough; those behind move up", async () => {
    const limiter = rateLimiter({ tokensPerMinute: 100 });
    await limiter.reserve(50);
    const stop = new AbortController();
    const large = limiter.reserve(90, { signal: stop.signal });
    const impatient = limiter.reserve(90, { maxWaitMs: 500 });
    const small = limiter.reserve(50);
    const told = [
      expect(large).rejects.toBeInstanceOf(CancelledError),
      expect(impatient).rejects.toThrow("was not let through within 500 ms"),
    ];
    stop.abort();
    await vi.advanceTimersByTimeAsync(500);
    await Promise.all([...told, small]);
    expect(vi.getTimerCount()).toBe(0);
    await expect(limiter.reserve(1, { signal: stop.signal })).rejects.toBeInstanceOf(CancelledError);
  });

  it("gives out no more than its limits in any minute, however requests come", async () => {
    const asked = fc.record({ after: fc.nat({ max: 40_000 }), tokens: fc.integer({ min: 1, max: 100 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 25 }), async (requests) => {
        const limiter = rateLimiter({ requestsPerMinute: 4, tokensPerMinute: 150 });
        const went: { readonly at: number; readonly tokens: number }[] = [];
        for (const { after, tokens } of requests) {
          await vi.advanceTimersByTimeAsync(after);
          void limiter.reserve(tokens).then(() => went.push({ at: performance.now(), tokens }));
        }
        await vi.advanceTimersByTimeAsync(requests.length * MINUTE);
        expect(went.map(({ tokens }) => tokens)).toEqual(requests.map(({ tokens }) => tokens));
        for (const { at } of went) {
          const minute = went.filter((one) => one.at >= at && one.at < at + MINUTE);
          expect(minute.length).toBeLessThanOrEqual(4);
          expect(minute.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(150);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("needs a limit", () => {
    expect(() => rateLimiter({})).toThrow(ConfigurationError);
    expect(() => rateLimiter({ requestsPerMinute: 0 })).toThrow(
      "requestsPerMinute must be a whole number from 1",
    );
  });
});

describe("withRateLimit", () => {
  const answer = { text: "Hello there.", usage: { inputTokens: 5, outputTokens: 5 } };

  it("holds back calls and streams of all models that share a limiter", async () => {
    const limiter = rateLimiter({ requestsPerMinute: 1 });
    const [one, two] = [new ScriptedModel([answer]), new ScriptedModel([answer])];
    await withRateLimit(one, { limiter }).complete(request);
    const parts: ModelStreamPart[] = [];
    const reading = (async () => {
      for await (const part of withRateLimit(two, { limiter }).stream(request)) parts.push(part);
    })();
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(two.requests).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await reading;
    expect(parts.at(-1)).toMatchObject({ type: "finish" });
    expect(two.openStreams).toBe(0);
  });

  it("reserves the request's tokens and its longest answer, and puts that right by the usage", async () => {
    const model = new ScriptedModel([answer], { repeat: true });
    const limited = withRateLimit(model, { tokensPerMinute: 150 });
    const long = { ...request, settings: { maxOutputTokens: 100 } };
    // Three of them would be more than 150 tokens, were they not ten each in the end.
    for (let n = 0; n < 5; n++) await limited.complete(long);
    expect(model.requests).toHaveLength(5);
    await expect(limited.complete(request)).rejects.toThrow("a minute has 150");
  });

  it("sends nothing for a call whose time to wait is over, or that is aborted", async () => {
    const model = new ScriptedModel([answer], { repeat: true });
    const limited = withRateLimit(model, { requestsPerMinute: 1, maxWaitMs: 2000 });
    await limited.complete(request);
    const late = expect(limited.complete(request)).rejects.toBeInstanceOf(RateLimitError);
    const stop = new AbortController();
    const stopped = limited
      .stream({ ...request, signal: stop.signal })
      [Symbol.asyncIterator]()
      .next();
    const aborted = expect(stopped).rejects.toBeInstanceOf(CancelledError);
    stop.abort();
    await vi.advanceTimersByTimeAsync(2000);
    await Promise.all([late, aborted]);
    expect(model.requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses limits beside a shared limiter, and none at all", () => {
    const model = new ScriptedModel([]);
    const limiter = rateLimiter({ requestsPerMinute: 1 });
    expect(() => withRateLimit(model, { limiter, tokensPerMinute: 5 })).toThrow("beside a shared limiter");
    expect(() => withRateLimit(model, {})).toThrow("it limits nothing");
  });
});
