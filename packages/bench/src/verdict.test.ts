import { describe, expect, it } from "vitest";
import { type Budget, budgetText, judge, noiseOf, verdict } from "./verdict.ts";

const twice: Budget = { of: "ratio", atMost: 2 };
const of = (ratio: number) => ({ value: ratio * 10, ratio });

describe("a budget", () => {
  it("is met up to its limit", () => {
    expect(verdict(twice, of(1.2), 0)).toBe("met");
    expect(verdict(twice, of(2), 0)).toBe("met");
  });

  it("is missed only by more than the noise", () => {
    expect(verdict(twice, of(2.1), 0.1)).toBe("unsure");
    expect(verdict(twice, of(2.3), 0.1)).toBe("missed");
    expect(verdict(twice, of(2.01), 0)).toBe("missed");
  });

  it("of which more is better is missed from below", () => {
    const share: Budget = { of: "ratio", atLeast: 0.6 };
    expect(verdict(share, of(0.9), 0)).toBe("met");
    expect(verdict(share, of(0.58), 0.05)).toBe("unsure");
    expect(verdict(share, of(0.3), 0.05)).toBe("missed");
  });

  it("of nothing at all is kept by nothing alone", () => {
    const none: Budget = { of: "value", atMost: 0 };
    expect(verdict(none, { value: 0 }, 0)).toBe("met");
    expect(verdict(none, { value: 1 }, 0.5)).toBe("missed");
  });

  it("of words is met by each of them alone", () => {
    const typed: Budget = { oneOf: ["rejects", "event abort"] };
    expect(verdict(typed, { value: "rejects" }, 0)).toBe("met");
    expect(verdict(typed, { value: "ends silently" }, 0)).toBe("missed");
    expect(verdict(typed, judge(["rejects", "ends silently"], []), 0)).toBe("missed");
  });

  it("is unknown where nothing was measured, or nothing to compare with", () => {
    expect(verdict(twice, { value: undefined }, 0)).toBe("unknown");
    expect(verdict(twice, { value: 3 }, 0)).toBe("unknown");
  });

  it("says what it is", () => {
    const format = (value: number): string => `${value} MB`;
    expect(budgetText(twice, format)).toBe("≤ 2×");
    expect(budgetText({ of: "value", atMost: 45 }, format)).toBe("≤ 45 MB");
    expect(budgetText({ oneOf: ["a", "b"] }, format)).toBe("a or b");
  });
});

describe("samples", () => {
  it("are judged by their median, in relation to the floor's", () => {
    expect(judge([30, 10, 20], [4, 5, 6])).toEqual({ value: 20, ratio: 4 });
  });

  it("of a floor that costs nothing have no ratio", () => {
    expect(judge([30], [0])).toEqual({ value: 30 });
  });

  it("have the noise of the floor's repeats, or of their own where it has none", () => {
    expect(noiseOf([1, 9, 5], [10, 10, 10])).toBe(0);
    expect(noiseOf([1, 9, 5], [])).toBeGreaterThan(0);
  });
});
