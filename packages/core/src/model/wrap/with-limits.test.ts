import { afterEach, describe, expect, it, vi } from "vitest";
import {
  BudgetExceededError,
  ConfigurationError,
  IncompleteStreamError,
  InvalidRequestError,
  ServerError,
  TimeoutError,
} from "../../errors/errors.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { PriceRow } from "../prices/types.ts";
import type { ChatModel, ModelRequest } from "../types.ts";
import { budget } from "./budget.ts";
import { withFailover } from "./with-failover.ts";
import { withLimits } from "./with-limits.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const answer = { text: "Hello there.", usage: { inputTokens: 60, outputTokens: 40 } };
/** A dollar for a thousand tokens. */
const prices: readonly PriceRow[] = [
  {
    provider: "scripted",
    models: ["scripted"],
    input: 1000,
    output: 1000,
    asOf: "2026-11-01",
    source: "a test",
  },
];
async function read(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const part of stream) expect(part).toBeDefined();
}
const model = (): ScriptedModel => new ScriptedModel([answer], { repeat: true });

afterEach(() => {
  vi.useRealTimers();
});

describe("withLimits", () => {
  it("refuses the call after the one that used the budget up, and sends nothing", async () => {
    const inner = model();
    const limited = withLimits(inner, { maxTokens: 150 });
    await limited.complete(request);
    await limited.complete(request);
    const refused = limited.complete(request);
    await expect(refused).rejects.toBeInstanceOf(BudgetExceededError);
    await expect(refused).rejects.toMatchObject({
      code: "budget_exceeded",
      retryable: false,
      message: "the budget is used up: 200 of 150 tokens in 2 calls; it does not renew",
    });
    expect(inner.requests).toHaveLength(2);
  });

  it("counts money by the prices that it is given, over all models that share the budget", async () => {
    const shared = budget({ maxCostUsd: 0.25 });
    const [one, two] = [model(), model()].map((each) => withLimits(each, { budget: shared, prices }));
    await one?.complete(request);
    for await (const part of two?.stream(request) ?? []) expect(part).toBeDefined();
    expect(shared.used).toEqual({ calls: 2, tokens: 200, cost: { usd: 0.2, knownUsd: 0.2, unpriced: [] } });
    await two?.complete(request);
    await expect(one?.complete(request)).rejects.toThrow("$0.30 of $0.25 in 3 calls");
  });

  it("begins anew when its period is over, and says when that is", async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 1) });
    const hourly = budget({ maxTokens: 100, perMs: 3_600_000 });
    const limited = withLimits(model(), { budget: hourly });
    expect(hourly.renewsAt).toBeUndefined();
    await limited.complete(request);
    const refused = limited.complete(request);
    await expect(refused).rejects.toThrow("it renews at 2026-11-01T01:00:00.000Z");
    await expect(refused).rejects.toMatchObject({ renewsAt: "2026-11-01T01:00:00.000Z" });
    vi.advanceTimersByTime(3_600_000);
    expect(hourly.used).toMatchObject({ calls: 0, tokens: 0 });
    await expect(limited.complete(request)).resolves.toMatchObject({ stopReason: "stop" });
  });

  it("refuses to keep a budget of money for a model whose price is not known, and sends nothing", async () => {
    const inner = model();
    const refused = withLimits(inner, { maxCostUsd: 1 }).complete(request);
    await expect(refused).rejects.toBeInstanceOf(ConfigurationError);
    await expect(refused).rejects.toThrow("the price of scripted:scripted is not known");
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining("prices: [{") });
    const flex = { ...request, settings: { serviceTier: "flex" } };
    await expect(withLimits(inner, { maxCostUsd: 1, prices }).complete(flex)).rejects.toThrow("is not known");
    expect(inner.requests).toEqual([]);
  });

  it("goes no further once another model has answered whose price is not known", async () => {
    const inner = model();
    const standing: ChatModel = {
      provider: inner.provider,
      modelId: inner.modelId,
      capabilities: inner.capabilities,
      complete: async (asked) => ({ ...(await inner.complete(asked)), provider: "oci" }),
      stream: (asked) => inner.stream(asked),
    };
    const limited = withLimits(standing, { maxCostUsd: 1, prices });
    await limited.complete(request);
    await expect(limited.complete(request)).rejects.toThrow("the price of oci:scripted is not known");
  });

  it("counts by estimate what a stream has used that was left or broke off", async () => {
    for (const script of [
      { ...answer },
      { ...answer, truncated: true },
      { ...answer, error: new Error("off") },
    ]) {
      const inner = new ScriptedModel([script]);
      const shared = budget({ maxTokens: 1000 });
      const reading = async (): Promise<void> => {
        for await (const part of withLimits(inner, { budget: shared }).stream(request)) {
          if (part.type === "text_delta" && script.text.endsWith(part.text)) break;
        }
      };
      await reading().catch(() => undefined);
      expect(inner.openStreams).toBe(0);
      expect(shared.used.calls).toBe(1);
      expect(shared.used.tokens).toBeGreaterThan(8);
      expect(shared.used.tokens).toBeLessThan(30);
    }
  });

  it("does not count a call that was refused before there was an answer", async () => {
    const shared = budget({ maxTokens: 1000 });
    const limited = withLimits(new ScriptedModel([{ error: new InvalidRequestError("no") }]), {
      budget: shared,
    });
    await expect(limited.complete(request)).rejects.toThrow("no");
    expect(shared.used.calls).toBe(0);
  });

  it("counts by estimate what a server told no usage of: tokens are bounded, and money is not spent unseen", async () => {
    const untold = (): ScriptedModel => new ScriptedModel(["x".repeat(400)], { repeat: true });
    const tokens = withLimits(untold(), { maxTokens: 50 });
    await tokens.complete(request);
    await expect(tokens.complete(request)).rejects.toBeInstanceOf(BudgetExceededError);
    const money = withLimits(untold(), { maxCostUsd: 100, prices });
    await money.complete(request);
    await expect(money.complete(request)).rejects.toThrow(
      "what scripted:scripted cost is not known, since not all that was used was told",
    );
  });

  it.each([
    ["broke off", new IncompleteStreamError("it broke off")],
    ["ran out of time", new TimeoutError("too late")],
    ["failed in a way of its own", new Error("fetch failed")],
  ])(
    "counts by estimate a call that %s, and a stream that did before its first part",
    async (_how, error) => {
      for (const call of ["complete", "stream"] as const) {
        const spending = budget({ maxTokens: 1000 });
        const limited = withLimits(new ScriptedModel([{ error }]), { budget: spending });
        const failing = call === "complete" ? limited.complete(request) : read(limited.stream(request));
        await expect(failing).rejects.toBe(error);
        expect(spending.used.calls).toBe(1);
        expect(spending.used.tokens).toBeGreaterThan(0);
      }
    },
  );

  it("counts what a server told before it failed, and what a model cost before another one was asked", async () => {
    const usage = { inputTokens: 70, outputTokens: 3, totalTokens: 73, estimated: true } as const;
    const broken = new ScriptedModel([{ error: new ServerError("overloaded", { usage }) }]);
    const spending = budget({ maxTokens: 1000 });
    const both = withFailover([broken, model()], { afterPaid: true });
    await withLimits(both, { budget: spending }).complete(request);
    expect(spending.used).toMatchObject({ calls: 2, tokens: 173 });
  });

  it("does not count a call that was cancelled before it was made", async () => {
    const spending = budget({ maxTokens: 1000 });
    const limited = withLimits(model(), { budget: spending });
    await expect(limited.complete({ ...request, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(spending.used.calls).toBe(0);
  });

  it("refuses limits that are none", () => {
    expect(() => withLimits(model(), {})).toThrow("it limits nothing");
    expect(() => withLimits(model(), { maxCostUsd: 0 })).toThrow("a number of US dollars above 0");
    expect(() => withLimits(model(), { budget: budget({ maxTokens: 1 }), perMs: 1 })).toThrow(
      "beside a shared budget",
    );
  });
});
