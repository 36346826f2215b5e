/** What is sent again, and after how long. */
import {
  AuthenticationError,
  ConnectionError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { expect, test } from "vitest";
import { FailedAnswer } from "./answer-error.ts";
import { FailedTry, maySendAgain, retryAfterMs } from "./retry.ts";

const failed = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  new FailedAnswer(status, new Headers(headers), body);

test.each([
  [408, {}, new TimeoutError("t"), true],
  [409, { code: "IncorrectState" }, new ServerError("c"), true],
  [409, { code: "Conflict" }, new ServerError("c"), false],
  [409, "text", new ServerError("c"), false],
  [429, { code: "TooManyRequests" }, new RateLimitError("r"), true],
  [429, { code: "429" }, new RateLimitError("r"), true],
  [429, { code: "QuotaExceeded" }, new RateLimitError("r", { retryable: false }), false],
  [500, {}, new ServerError("s"), true],
  [501, {}, new ServerError("s"), false],
  [503, "<html>", new ServerError("s"), true],
  [401, {}, new AuthenticationError("a", { retryable: true }), false],
  [404, {}, new ServerError("n"), false],
])("%i %j (%s) is sent again: %s", (status, body, mapped, again) => {
  expect(maySendAgain(failed(status, body), mapped)).toBe(again);
});

test("a connection that was never made is tried again; one that timed out, or was refused on purpose, is not", () => {
  const thrown = new TypeError("fetch failed");
  expect(maySendAgain(thrown, new ConnectionError("reset"))).toBe(true);
  expect(maySendAgain(thrown, new ConnectionError("redirect", { status: 307, retryable: false }))).toBe(
    false,
  );
  expect(maySendAgain(thrown, new TimeoutError("slow"))).toBe(false);
});

test("Retry-After is read in seconds, in milliseconds and as a date", () => {
  const now = Date.parse("2026-11-21T10:00:00Z");
  const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);
  expect(read({ "retry-after": "2" })).toBe(2_000);
  expect(read({ "retry-after": "0.5" })).toBe(500);
  expect(read({ "retry-after-ms": "7", "retry-after": "2" })).toBe(7);
  expect(read({ "retry-after": "Sat, 21 Nov 2026 10:00:03 GMT" })).toBe(3_000);
  expect(read({ "retry-after": "Sat, 21 Nov 2026 09:00:00 GMT" })).toBe(0);
  expect(read({ "retry-after": "soon" })).toBeUndefined();
  expect(read({ "retry-after": "-1" })).toBeUndefined();
  expect(read({})).toBeUndefined();
});

test("a failed try hands on what the server asked for, and the failure itself", () => {
  const thrown = failed(429, { code: "429" }, { "retry-after": "3" });
  expect(new FailedTry(thrown, new RateLimitError("slow down"))).toMatchObject({
    message: "slow down",
    retryable: true,
    retryAfterMs: 3_000,
    cause: thrown,
  });
});
