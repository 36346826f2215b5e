// The demo tools: right where they can be wrong, and honest about being demos.

import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calculate } from "./calculator.ts";
import { findTimeZone } from "./clock.ts";
import { getWeather, weatherIn } from "./weather.ts";

describe("calculate", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 512],
    ["2 ** 10", 1024],
    ["-2 ^ 2", -4],
    ["2 ^ -1", 0.5],
    ["7 % 4 - -1", 4],
    ["8 / 4 / 2", 1],
    ["1e3 + .5", 1000.5],
  ])("%s is %d", (expression, value) => {
    expect(calculate(expression)).toBe(value);
  });

  it.each([
    ["2 +", "ends too early"],
    ["2 3", 'an operator is missing before "3"'],
    ["(2", 'a ")" is missing'],
    ["* 2", '"*" stands where a number should'],
    ["process.exit()", 'cannot read "process.exit()"'],
    ["1 / 0", "no finite value"],
    [`${"(".repeat(300)}1`, "nested deeper"],
    ["-".repeat(300), "nested deeper"],
    ["", "ends too early"],
  ])("%s is refused with a reason", (expression, reason) => {
    expect(() => calculate(expression)).toThrow(reason);
  });

  it("agrees with JavaScript about any sum of its operators", () => {
    const sums = fc.letrec<{ sum: string; number: string; pair: string }>((tie) => ({
      number: fc.integer({ min: 1, max: 99 }).map(String),
      pair: fc
        .tuple(tie("sum"), fc.constantFrom("+", "-", "*", "%"), tie("sum"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      sum: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("number"), tie("pair")),
    })).sum;
    fc.assert(
      fc.property(sums, sums, (left, right) => {
        const expression = `${left} + ${right} * 2`;
        const expected: unknown = runInNewContext(expression);
        if (Number.isFinite(expected)) expect(calculate(expression)).toBe(expected);
        else expect(() => calculate(expression)).toThrow("no finite value");
      }),
    );
  });
});

describe("get_weather", () => {
  it("gives a city the same weather every time, whatever the city, and says that it is made up", async () => {
    expect(weatherIn("Chicago")).toEqual(weatherIn(" chicago "));
    expect(weatherIn("Ouagadougou")).toEqual(weatherIn("Ouagadougou"));
    expect(weatherIn("Ouagadougou").condition).not.toBe("unknown");
    expect(getWeather.description).toContain("not a forecast");
  });
});

describe("current_time", () => {
  it("finds a zone by its name or its city, and refuses what is neither", () => {
    expect(findTimeZone("america/chicago")).toBe("America/Chicago");
    expect(findTimeZone("New York")).toBe("America/New_York");
    expect(findTimeZone("utc")).toBe("UTC");
    expect(() => findTimeZone("Atlantis")).toThrow('"Atlantis" is no time zone');
  });
});
