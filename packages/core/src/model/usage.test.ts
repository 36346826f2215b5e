import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TokenCounts, usageFrom } from "./usage.ts";

describe("usageFrom", () => {
  it("counts reasoning as output, also where a server counts it in the total alone", () => {
    expect(usageFrom({ input: 10, output: 5, total: 35, reasoning: 20 })).toEqual({
      inputTokens: 10,
      outputTokens: 25,
      totalTokens: 35,
      reasoningTokens: 20,
    });
    expect(usageFrom({ input: 10, output: 25, total: 35, reasoning: 20 }).outputTokens).toBe(25);
  });

  it("leaves out what is not known, and takes a total that is too small for a mistake", () => {
    expect(usageFrom({ input: 3 })).toEqual({ inputTokens: 3, outputTokens: 0, totalTokens: 3 });
    expect(usageFrom({ input: 3, output: 4, total: 1 }).totalTokens).toBe(7);
  });

  it("always has a total that is input and output together, and never less output than was told", () => {
    const count = fc.option(fc.nat(), { nil: undefined });
    const told: fc.Arbitrary<TokenCounts> = fc.record({
      input: count,
      output: count,
      total: count,
      reasoning: count,
    });
    fc.assert(
      fc.property(told, (counts) => {
        const { inputTokens, outputTokens, totalTokens } = usageFrom(counts);
        expect(totalTokens).toBe(inputTokens + outputTokens);
        expect(outputTokens).toBeGreaterThanOrEqual(counts.output ?? 0);
      }),
    );
  });
});
