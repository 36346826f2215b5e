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
import { FailedTry, maySendAgain } from "./retry.ts";

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

test("a failed try hands on what the server asked for, and the failure itself", () => {
  const thrown = failed(429, { code: "429" }, { "retry-after": "3" });
  expect(new FailedTry(thrown, new RateLimitError("slow down"))).toMatchObject({
    message: "slow down",
    retryable: true,
    retryAfterMs: 3_000,
    cause: thrown,
  });
});

test("a server that says that trying again is of no use is believed", () => {
  const thrown = failed(503, {}, { "x-should-retry": "false" });
  expect(new FailedTry(thrown, new ServerError("no"))).toMatchObject({ retryable: false });
});
