import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median, quantile, slope, spread } from "./statistics.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("statistics", () => {
  it("the median is the middle value, whatever the order, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it("quantiles lie among the values and never turn round", () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, at) => {
          const found = quantile(values, at);
          expect(found).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
          expect(found).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
          expect(quantile(values, 1)).toBe(Math.max(...values));
        },
      ),
    );
  });

  it("one outlier does not make repeats noisy", () => {
    expect(spread([100, 101, 99, 100, 100, 900])).toBeLessThan(0.02);
    expect(spread([80, 120, 90, 110])).toBeGreaterThan(0.15);
  });

  it("two repeats say nothing about noise", () => {
    expect(spread([1, 50])).toBe(0);
  });

  it("the slope of points on a line is the line's", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }), (rise, base) => {
        const points = [0, 400, 800, 1_600].map((x) => [x, base + rise * x] as const);
        expect(slope(points)).toBeCloseTo(rise, 6);
      }),
    );
  });
});
