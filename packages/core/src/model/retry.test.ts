/** When a call is made again, after how long, and when it is left alone. No test waits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AuthenticationError,
  CancelledError,
  ConnectionError,
  LocusError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "../errors/errors.ts";
import { type RetryOptions, retryDelayMs, retryingCall } from "./retry.ts";
import type { RetryNotice } from "./types.ts";

/** Runs a call that throws these errors in turn and then answers; tells how often it was made, and the waits. */
async function run(errors: readonly unknown[], options: RetryOptions = {}) {
  const waits: number[] = [];
  const notices: RetryNotice[] = [];
  let calls = 0;
  const outcome = await retryingCall(
    async (attempt) => {
      calls += 1;
      expect(attempt).toBe(calls);
      if (calls <= errors.length) throw errors[calls - 1];
      return "answer";
    },
    {
      random: () => 1,
      wait: async (ms) => {
        waits.push(ms);
      },
      onRetry: (notice) => notices.push(notice),
      ...options,
    },
  ).catch((error: unknown) => error);
  return { outcome, calls, waits, notices };
}

const busy = new ServerError("busy", { status: 503 });

describe("retryingCall", () => {
  test("tries twice more by default, and tells of each try before it waits", async () => {
    const { outcome, calls, waits, notices } = await run([busy, busy]);
    expect([outcome, calls, waits]).toEqual(["answer", 3, [500, 1000]]);
    expect(notices).toEqual([
      { what: "busy", attempt: 1, delayMs: 500 },
      { what: "busy", attempt: 2, delayMs: 1000 },
    ]);
  });

  test("gives up with the last error, without a wait after it", async () => {
    const last = new ServerError("the last one");
    const { outcome, calls, waits } = await run([busy, busy, last]);
    expect([outcome, calls, waits.length]).toEqual([last, 3, 2]);
    expect(await run([busy], { maxRetries: 0 })).toMatchObject({ outcome: busy, calls: 1, waits: [] });
  });

  test.each([
    ["an error that says it will not help", new AuthenticationError("no")],
    ["a request that ran out of time: its generation may be under way", new TimeoutError("late")],
    ["an error that is not ours", new TypeError("bug")],
    ["a server that wants more than a minute", new RateLimitError("later", { retryAfterMs: 61_000 })],
  ])("%s is not tried again", async (_, error) => {
    expect(await run([error])).toMatchObject({ outcome: error, calls: 1, notices: [] });
  });

  test.each([
    ["a lost connection", new ConnectionError("reset")],
    ["408", new TimeoutError("late", { status: 408 })],
    ["429", new RateLimitError("slow down", { status: 429 })],
  ])("%s is", async (_, error) => {
    expect(await run([error])).toMatchObject({ outcome: "answer", calls: 2 });
  });

  test("a server that says for how long is taken at its word", async () => {
    const error = new RateLimitError("slow down", { retryAfterMs: 1234 });
    expect((await run([error, new ServerError("now", { retryAfterMs: 0 })])).waits).toEqual([1234, 0]);
  });

  test("aborting ends the wait at once, and nothing is tried again", async () => {
    const controller = new AbortController();
    let calls = 0;
    const call = retryingCall(
      async () => {
        calls += 1;
        throw new RateLimitError("slow down", { retryAfterMs: 50_000 });
      },
      { signal: controller.signal, onRetry: () => queueMicrotask(() => controller.abort()) },
    );
    await expect(call).rejects.toBeInstanceOf(CancelledError);
    expect(calls).toBe(1);
    const ours = new LocusError("ours");
    const second = new AbortController();
    const again = retryingCall(() => Promise.reject(busy), {
      signal: second.signal,
      onRetry: () => second.abort(ours),
    });
    await expect(again).rejects.toBe(ours);
  });
});

test("waits are spread over the whole range below a bound that doubles up to its cap", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const bound = Math.min(30_000, 500 * 2 ** (attempt - 1));
        expect(retryDelayMs(busy, attempt, { random: () => random })).toBe(Math.round(random * bound));
      },
    ),
  );
  expect(retryDelayMs(busy, 5, { random: () => 1, baseMs: 10, capMs: 100 })).toBe(100);
});
