/** How a 429 slows down and success speeds up, on a clock that only the test moves. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLimiter, type Limiter } from "./limiter.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Sends requests through the limiter and notes when each went. */
function senders(limiter: Limiter, count: number, key = "k", signal?: AbortSignal): number[] {
  const went: number[] = [];
  const start = performance.now();
  for (let index = 0; index < count; index += 1) {
    limiter.enter(key, signal).then(
      () => went.push(performance.now() - start),
      () => went.push(-1),
    );
  }
  return went;
}

describe("before the first 429", () => {
  test("nobody waits, whatever else fails, and nothing is remembered", async () => {
    const limiter = createLimiter();
    for (const status of [200, 404, 500, 503]) limiter.learn("k", performance.now(), status);
    const went = senders(limiter, 100);
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toEqual(Array(100).fill(0));
    expect([limiter.active, vi.getTimerCount()]).toEqual([false, 0]);
  });
});

describe("after a 429", () => {
  test("everybody pauses, then goes one after the other; other keys go on", async () => {
    const limiter = createLimiter();
    limiter.learn("k", performance.now(), 429);
    const went = senders(limiter, 4);
    const others = senders(limiter, 2, "other");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(went).toEqual([500, 600, 700, 800]);
    expect(others).toEqual([0, 0]);
  });

  test("a burst of 429s to requests already under way counts as one", async () => {
    const limiter = createLimiter();
    const sentAt = performance.now();
    for (let index = 0; index < 50; index += 1) limiter.learn("k", sentAt, 429);
    const went = senders(limiter, 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(went).toEqual([500, 600]);
  });

  test("one to a request sent later doubles interval and pause, up to a limit", async () => {
    const limiter = createLimiter();
    for (let index = 0; index < 20; index += 1) {
      limiter.learn("k", performance.now(), 429);
      await vi.advanceTimersByTimeAsync(1);
    }
    const went = senders(limiter, 2);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(went.map(Math.round)).toEqual([50_000 - 1, 60_000 - 1]);
  });

  test("the pause is what the service asks for, and no more than a minute", async () => {
    const limiter = createLimiter();
    limiter.learn("k", performance.now(), 429, 3_000);
    limiter.learn("hour", performance.now(), 429, 3_600_000);
    const went = senders(limiter, 1);
    const hour = senders(limiter, 1, "hour");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([...went, ...hour]).toEqual([3_000, 60_000]);
  });

  test("success speeds up, those who wait included, until there is no limit and nothing left of it", async () => {
    const limiter = createLimiter();
    limiter.learn("k", performance.now(), 429);
    const went = senders(limiter, 3);
    await vi.advanceTimersByTimeAsync(501);
    const sentAt = performance.now();
    for (let index = 0; index < 160; index += 1) limiter.learn("k", sentAt, 200);
    await vi.advanceTimersByTimeAsync(19);
    expect(went[1]).toBe(520);
    for (let index = 0; index < 10; index += 1) limiter.learn("k", sentAt, 200);
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toHaveLength(3);
    expect([limiter.active, vi.getTimerCount()]).toEqual([false, 0]);
  });

  test("an answer to a request from before says nothing about now", async () => {
    const limiter = createLimiter();
    const sentAt = performance.now();
    await vi.advanceTimersByTimeAsync(1);
    limiter.learn("k", performance.now(), 429);
    for (let index = 0; index < 1_000; index += 1) limiter.learn("k", sentAt, 200);
    expect(limiter.active).toBe(true);
  });

  test("whoever gives up leaves at once, with the signal's reason, and the rest move up", async () => {
    const limiter = createLimiter();
    limiter.learn("k", performance.now(), 429);
    const controller = new AbortController();
    const reason = new Error("mine");
    const left = limiter.enter("k", controller.signal);
    const went = senders(limiter, 1);
    controller.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(limiter.enter("k", controller.signal)).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(500);
    expect(went).toEqual([500]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what has been quiet for two minutes is forgotten", async () => {
    const limiter = createLimiter();
    for (let index = 0; index < 1_000; index += 1) limiter.learn(`k${index}`, performance.now(), 429);
    await vi.advanceTimersByTimeAsync(121_000);
    await limiter.enter("k1", undefined);
    expect([limiter.active, vi.getTimerCount()]).toEqual([false, 0]);
  });
});
