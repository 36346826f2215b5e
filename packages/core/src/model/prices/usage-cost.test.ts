import { describe, expect, it } from "vitest";
import type { ModelSettings } from "../types.ts";
import type { PriceRow } from "./types.ts";
import { priceUsage } from "./usage-cost.ts";

const usage = { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 };
const row = (model: string, input: number, more: Partial<PriceRow> = {}): PriceRow => ({
  provider: "openai",
  models: [model],
  input,
  output: input,
  asOf: "2026-11-01",
  source: "a test",
  ...more,
});

interface Case {
  readonly asked: string;
  readonly answered?: string;
  readonly tier?: string;
  readonly settings?: ModelSettings;
  readonly prices?: readonly PriceRow[];
  readonly provider?: string;
}
/** What a million tokens of input cost. */
function cost({ asked, answered = asked, tier, settings, prices = [], provider = "openai" }: Case): unknown {
  const answer = { usage, modelId: answered, ...(tier === undefined ? {} : { serviceTier: tier }) };
  return priceUsage(answer, { provider, modelId: asked }, { prices, settings }).costUsd;
}

describe("the price of an answer", () => {
  it.each<[Case, number | undefined]>([
    [{ asked: "gpt-4o", answered: "gpt-4o-2024-08-06" }, 2.5],
    [{ asked: "gpt-3.5-turbo", answered: "gpt-3.5-turbo-0613" }, 0.5],
    [{ asked: "gpt-3.5-turbo-0613" }, undefined],
    [{ asked: "gpt-4o-2024-05-13", answered: "gpt-4o" }, 5],
    // An id that only begins like another one is another model.
    [{ asked: "gpt-5.4", answered: "gpt-5.4-pro" }, undefined],
    [{ asked: "o3", answered: "o3-deep-research-2025-06-26" }, undefined],
    [{ asked: "gpt-4o", answered: "gpt-4o-realtime-preview" }, undefined],
    [{ asked: "o1", answered: "vendor/qwen-pro1-large" }, undefined],
    [{ asked: "vendor/qwen-pro1-large", answered: "o1" }, 15],
  ])("is that of the answered model, or of the asked one where both are one: %j", (asked, expected) => {
    expect(cost(asked)).toBe(expected);
  });

  it("is what the caller says of the id that was asked for, before any list's of the answered one", () => {
    const prices = [row("my-deployment", 7)];
    expect(cost({ asked: "my-deployment", answered: "gpt-4o-2024-08-06", prices })).toBe(7);
    expect(cost({ asked: "my-deployment", answered: "gpt-4o-2024-08-06" })).toBe(2.5);
  });

  it("is not that of the base for a tuned model that is answered for by its base's name", () => {
    const tuned = "ft:gpt-4o-2024-08-06:me::1";
    expect(cost({ asked: tuned, answered: "gpt-4o-2024-08-06" })).toBeUndefined();
    expect(cost({ asked: tuned, answered: "gpt-4o-2024-08-06", prices: [row(tuned, 3.75)] })).toBe(3.75);
  });

  it.each<[string, Case, number | undefined]>([
    ["asked for, and not told", { asked: "gpt-5", settings: { serviceTier: "priority" } }, undefined],
    [
      "asked for on the wire",
      { asked: "gpt-5", settings: { extraBody: { service_tier: "flex" } } },
      undefined,
    ],
    ["a speed", { asked: "gpt-5", settings: { extraBody: { speed: "fast" } } }, undefined],
    ["told, and not asked for", { asked: "gpt-5", tier: "priority" }, undefined],
    ["the standard one", { asked: "gpt-5", settings: { serviceTier: "priority" }, tier: "default" }, 1.25],
    ["a row's", { asked: "gpt-5", tier: "flex", prices: [row("gpt-5", 0.5, { serviceTier: "flex" })] }, 0.5],
  ])("goes by the tier that was charged: %s", (_which, asked, expected) => {
    expect(cost(asked)).toBe(expected);
  });

  it("is not known of models of Ollama's that run in its cloud, and nothing of those that do not", () => {
    const provider = "ollama";
    expect(cost({ provider, asked: "llama3.2" })).toBe(0);
    for (const asked of ["gpt-oss:120b-cloud", "kimi-k2:cloud"]) {
      expect(cost({ provider, asked })).toBeUndefined();
      expect(cost({ provider, asked, prices: [row(asked, 1, { provider })] })).toBe(1);
    }
    expect(cost({ provider, asked: "gpt-oss:120b", tier: "cloud" })).toBeUndefined();
  });

  it("is not known of an estimate, unless the model costs nothing", () => {
    const guess = { usage: { ...usage, estimated: true as const }, modelId: "m" };
    const of = (provider: string, input: number) =>
      priceUsage(guess, { provider, modelId: "m" }, { prices: [row("m", input)] });
    expect(of("openai", 1)).toMatchObject({ estimated: true, unpriced: ["openai:m"] });
    expect(of("openai", 0)).toMatchObject({ estimated: true, costUsd: 0 });
  });
});
