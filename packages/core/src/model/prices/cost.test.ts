import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Usage } from "../types.ts";
import { priceTable } from "./check.ts";
import { costOf, priceOf } from "./cost.ts";
import { PRICES } from "./table.ts";
import type { PriceRow } from "./types.ts";

const usageOf = (inputTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  ...more,
});
const own = (row: Partial<PriceRow>): PriceRow => ({
  provider: "oci",
  models: ["m"],
  input: 1,
  output: 2,
  asOf: "2026-11-01",
  source: "our contract",
  ...row,
});
const M = 1_000_000;

describe("costOf", () => {
  it("prices what came from the cache and what went into it apart from the rest of the input", () => {
    const sonnet = { provider: "anthropic", modelId: "claude-sonnet-4-6" };
    expect(costOf(usageOf(M, 0), sonnet)).toBe(3);
    expect(costOf(usageOf(M, 0, { cachedInputTokens: M }), sonnet)).toBeCloseTo(0.3);
    expect(costOf(usageOf(M, 0, { cacheWriteTokens: M }), sonnet)).toBeCloseTo(3.75);
    expect(costOf(usageOf(M, 0, { cacheWriteTokens: M, cacheWrite1hTokens: M }), sonnet)).toBeCloseTo(6);
    expect(costOf(usageOf(0, M), sonnet)).toBe(15);
  });

  it("does not know what it has no row for, and knows that a model of one's own machine costs nothing", () => {
    expect(costOf(usageOf(1, 1), { provider: "oci", modelId: "openai.gpt-oss-120b" })).toBeUndefined();
    expect(costOf(usageOf(1, 1), { provider: "openai", modelId: "gpt-4.1-of-mine" })).toBeUndefined();
    expect(costOf(usageOf(1, 1), { provider: "azure", modelId: "gpt-4.1" })).toBeUndefined();
    expect(costOf(usageOf(1, 1), { provider: "ollama", modelId: "llama3.2" })).toBe(0);
  });

  it("takes a dated version for the model, unless it has a price of its own", () => {
    const input = (modelId: string, provider = "openai"): number | undefined =>
      priceOf({ provider, modelId })?.input;
    expect(input("gpt-4.1-2025-04-14")).toBe(2);
    expect(input("claude-sonnet-4-20250514", "anthropic")).toBe(3);
    expect(input("gpt-4o-2024-05-13")).toBe(5);
    expect(input("gpt-4o-2024-11-20")).toBe(2.5);
  });

  it("prices a long request as a long one, from the first token on", () => {
    const model = { provider: "openai", modelId: "gpt-5.4" };
    expect(costOf(usageOf(272_000, 0), model)).toBeCloseTo(0.68);
    expect(costOf(usageOf(272_001, 0), model)).toBeCloseTo(1.36, 4);
  });

  it("knows a price however many models were asked for since, and for requests of any length", () => {
    const costs = (): readonly (number | undefined)[] =>
      PRICES.flatMap(({ provider, models }) =>
        models.flatMap((modelId) =>
          ["", "flex", undefined].flatMap((serviceTier) =>
            [M, 1, M].map((tokens) => costOf(usageOf(tokens, 1), { provider, modelId, serviceTier })),
          ),
        ),
      );
    const alone = costs();
    expect(costs()).toEqual(alone);
    const gpt = { provider: "openai", modelId: "gpt-5.4" };
    expect(costOf(usageOf(0, M), { ...gpt, serviceTier: "flex" })).toBeUndefined();
    expect(costOf(usageOf(0, M), gpt)).toBeCloseTo(15);
    expect(costOf(usageOf(0, M), { ...gpt, provider: "ollama" })).toBe(0);
    expect(costOf(usageOf(0, M), { ...gpt, modelId: "gpt-5.4-cloud", provider: "ollama" })).toBeUndefined();
  });

  it("does not take the list price for that of another service tier", () => {
    const model = { provider: "openai", modelId: "gpt-5" };
    expect(costOf(usageOf(M, 0), { ...model, serviceTier: "auto" })).toBe(1.25);
    expect(costOf(usageOf(M, 0), { ...model, serviceTier: "flex" })).toBeUndefined();
    const flex = own({ provider: "openai", models: ["gpt-5"], input: 0.625, serviceTier: "flex" });
    expect(costOf(usageOf(M, 0), { ...model, serviceTier: "flex" }, [flex])).toBe(0.625);
  });

  it("asks rows of one's own first, and those with a pattern match any text in its place", () => {
    const rows = [
      own({ provider: "openai", models: ["gpt-4.1"], input: 9 }),
      own({ models: ["meta.*-instruct"] }),
    ];
    expect(costOf(usageOf(M, 0), { provider: "openai", modelId: "gpt-4.1" }, rows)).toBe(9);
    const names = ["meta.llama-3.3-70b-instruct", "meta.-instruct", "meta.llama", "xmeta.a-instruct"];
    expect(names.map((modelId) => priceOf({ provider: "oci", modelId }, rows) !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  const tokens = fc.nat({ max: 200_000 });
  const model = { provider: "oci", modelId: "m" };
  const amount = fc.double({ min: 0, max: 100, noNaN: true });
  const row = fc
    .record({ input: amount, output: amount, cachedInput: amount, cacheWrite: amount, cacheWrite1h: amount })
    .map(own);
  const usage = fc
    .record({ fresh: tokens, cached: tokens, written: tokens, long: tokens, output: tokens })
    .map(({ fresh, cached, written, long, output }) =>
      usageOf(fresh + cached + written + long, output, {
        cachedInputTokens: cached,
        cacheWriteTokens: written + long,
        cacheWrite1hTokens: long,
      }),
    );

  it("is never less for more tokens of a kind", () => {
    const more = (a: Usage, extra: number): readonly Usage[] => [
      { ...a, inputTokens: a.inputTokens + extra },
      { ...a, outputTokens: a.outputTokens + extra },
    ];
    fc.assert(
      fc.property(row, usage, tokens, (prices, a, extra) => {
        const cost = costOf(a, model, [prices]) ?? Number.NaN;
        for (const b of more(a, extra)) {
          expect(costOf(b, model, [prices])).toBeGreaterThanOrEqual(cost);
        }
      }),
    );
  });

  it("of two answers is what both cost", () => {
    fc.assert(
      fc.property(row, usage, usage, (prices, a, b) => {
        const both = Object.fromEntries(
          Object.entries(a).map(([key, n]) => [
            key,
            n + (Object.entries(b).find(([k]) => k === key)?.[1] ?? 0),
          ]),
        );
        const cost = (of: object): number => costOf(of as Usage, model, [prices]) ?? Number.NaN;
        expect(cost(both)).toBeCloseTo(cost(a) + cost(b), 6);
      }),
    );
  });
});

describe("PRICES", () => {
  it("has rows that can be read, each with its day and the vendor's page", () => {
    expect(() => priceTable("PRICES", PRICES)).not.toThrow();
    for (const { asOf, source } of PRICES) {
      expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(URL.canParse(source)).toBe(true);
    }
  });

  it("gives every model of a row that very price: none stands in the shadow of an earlier row", () => {
    for (const row of PRICES) {
      for (const modelId of row.models) {
        expect(priceOf({ provider: row.provider, modelId }, [], row.from)).toBe(row);
      }
    }
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(PRICES)).toBe(true);
    expect(Object.isFrozen(PRICES[0])).toBe(true);
  });
});

describe("rows of one's own", () => {
  it.each<[object, string]>([
    [{ input: -1 }, "prices[0].input must be a number of US dollars from 0, not -1"],
    [{ output: "2" }, "prices[0].output must be a number of US dollars from 0"],
    [{ models: "m" }, "prices[0].models must be a list"],
    [{ source: "" }, "prices[0].source must be text"],
    [{ cachedinput: 1 }, "cachedinput"],
  ])("with %j are refused by place and member", (change, message) => {
    expect(() => priceTable("prices", [{ ...own({}), ...change }])).toThrow(message);
  });
});
