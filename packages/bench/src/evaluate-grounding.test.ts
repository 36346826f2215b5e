/** The floors that the judge by rules holds; what it misses is known, and most of it is paraphrase. */
import { describe, expect, it } from "vitest";
import { groundingCases, groundingTable, measureGrounding } from "./evaluate-grounding.ts";

const cases = groundingCases();

describe("the rules", () => {
  it("find nearly all that is wrong, and take paraphrases for wrong, as they know no synonyms", async () => {
    expect(cases.flatMap(({ claims }) => claims).length).toBeGreaterThanOrEqual(120);
    const numbers = await measureGrounding("rules", cases);
    expect(numbers.recall).toBeGreaterThanOrEqual(0.92);
    expect(numbers.precision).toBeGreaterThanOrEqual(0.85);
    expect(numbers.contradictionRecall).toBeGreaterThanOrEqual(0.88);
    expect(numbers.contradictionPrecision).toBeGreaterThanOrEqual(0.95);
    const { negation, extra, paraphrase } = numbers.byKind;
    for (const kind of [negation, extra]) expect(kind?.right).toBe(kind?.of);
    expect(paraphrase?.right).toBeLessThan(paraphrase?.of ?? 0);
    expect(groundingTable([numbers])).toMatch(/^rules +\d+ +\d+\.\d %/m);
  });

  it("find less in cases that they were not made with, and not much less", async () => {
    const heldOut = cases.filter((one) => one.heldOut === true);
    const numbers = await measureGrounding("rules", heldOut);
    expect(numbers.claims).toBeGreaterThanOrEqual(40);
    expect(numbers.recall).toBeGreaterThanOrEqual(0.85);
    expect(numbers.precision).toBeGreaterThanOrEqual(0.85);
  });
});
