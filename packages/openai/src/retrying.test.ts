/** What headers say about trying again, and the one policy over the client's own. */
import { CancelledError, ServerError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { retryAdvice } from "./errors.ts";
import { sendRetrying } from "./retrying.ts";

describe("retryAdvice", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ "retry-after": "3" }, { retryAfterMs: 3000 }],
    [{ "retry-after": "1.5" }, { retryAfterMs: 1500 }],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" }, { retryAfterMs: 7000 }],
    [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, { retryAfterMs: 0 }],
    [{ "retry-after": "soon" }, {}],
    [{ "retry-after": "-4" }, {}],
    [{ "retry-after": "9", "retry-after-ms": "250" }, { retryAfterMs: 250 }],
    [{ "x-should-retry": "false" }, { retryable: false }],
    [{ "x-should-retry": "true" }, {}],
  ])("%j", (headers, advice) => {
    expect(retryAdvice(new Headers(headers), now)).toEqual(advice);
  });

  it("is nothing without headers", () => {
    expect(retryAdvice(undefined)).toEqual({});
  });
});

describe("sendRetrying", () => {
  const context = { provider: "test", modelId: "m" };

  it("rejects with what was thrown, not with what it was mapped to", async () => {
    const thrown = new TypeError("raw");
    const sent = sendRetrying({ maxRetries: 0 }, () => Promise.reject(thrown), {
      context,
      mapError: () => new ServerError("mapped"),
    });
    await expect(sent).rejects.toBe(thrown);
  });

  it("rejects with the cancellation of its wait", async () => {
    const controller = new AbortController();
    const sent = sendRetrying({ maxRetries: 1 }, () => Promise.reject(new TypeError("raw")), {
      context: { ...context, signal: controller.signal },
      mapError: () => new ServerError("mapped", { retryAfterMs: 50_000 }),
      onRetry: () => queueMicrotask(() => controller.abort()),
    });
    await expect(sent).rejects.toBeInstanceOf(CancelledError);
  });
});
