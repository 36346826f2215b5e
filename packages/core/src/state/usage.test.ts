import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Usage } from "../model/types.ts";
import { budgetSpent, costOfRun, dollars } from "./cost.ts";
import { addUsage, NO_USAGE } from "./usage.ts";

const priced = (costUsd: number): Usage => ({ inputTokens: 2, outputTokens: 1, totalTokens: 3, costUsd });
const unpriced = (...models: string[]): Usage => ({
  inputTokens: 2,
  outputTokens: 1,
  totalTokens: 3,
  ...(models.length === 0 ? {} : { unpriced: models }),
});

describe("the cost of a sum", () => {
  it("is known where that of all its parts is, and nothing used costs nothing", () => {
    expect(addUsage(NO_USAGE, priced(1)).costUsd).toBe(1);
    expect(addUsage(priced(1), priced(2)).costUsd).toBe(3);
    expect(costOfRun(NO_USAGE)).toEqual({ usd: 0, knownUsd: 0, unpriced: [] });
  });

  it("is not known, and not zero, where that of a part is not: what is known of it is told apart", () => {
    const sum = addUsage(
      addUsage(priced(1), unpriced("oci:b", "oci:a")),
      addUsage(unpriced("oci:b"), priced(2)),
    );
    expect(sum).toMatchObject({ totalTokens: 12, partialCostUsd: 3, unpriced: ["oci:a", "oci:b"] });
    expect(sum).not.toHaveProperty("costUsd");
    expect(costOfRun(sum)).toEqual({ knownUsd: 3, unpriced: ["oci:a", "oci:b"] });
  });

  it("is not known of tokens that were put on record before there were prices", () => {
    expect(costOfRun(addUsage(NO_USAGE, unpriced()))).toEqual({ knownUsd: 0, unpriced: [] });
    expect(costOfRun(addUsage(priced(1), unpriced()))).toEqual({ knownUsd: 1, unpriced: [] });
  });

  it("does not depend on the order or the grouping of the parts", () => {
    const cost = fc.oneof(
      fc.integer({ min: 0, max: 1000 }).map((cents) => priced(cents / 8)),
      fc
        .uniqueArray(fc.constantFrom("a:1", "b:2", "c:3"), { maxLength: 2 })
        .map((models) => unpriced(...models)),
      fc.constant(NO_USAGE),
    );
    fc.assert(
      fc.property(cost, cost, cost, (a, b, c) => {
        expect(addUsage(a, b)).toEqual(addUsage(b, a));
        expect(addUsage(addUsage(a, b), c)).toEqual(addUsage(a, addUsage(b, c)));
      }),
    );
  });
});

describe("a budget of money", () => {
  it("is spent at its limit, and where nobody can say what was spent", () => {
    expect(budgetSpent(priced(0.5), 1)).toBeUndefined();
    expect(budgetSpent(priced(1), 1)).toBe("$1.00 of $1.00 used");
    expect(budgetSpent(unpriced("oci:m"), 1)).toBe(
      'the price of oci:m is not known, so a budget of $1.00 cannot be kept; give it in "prices"',
    );
    expect(budgetSpent(unpriced(), 1)).toContain("the price of some of the tokens is not known");
  });

  it("writes small sums with the digits that say something", () => {
    expect([0, 0.000_012_3, 0.0456, 0.5, 12.345].map(dollars)).toEqual([
      "$0",
      "$0.000012",
      "$0.046",
      "$0.50",
      "$12.35",
    ]);
  });
});
