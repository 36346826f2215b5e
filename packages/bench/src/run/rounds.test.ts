import { describe, expect, it } from "vitest";
import type { Axis } from "../budgets.ts";
import { takeRounds, together } from "./rounds.ts";

const axis: Axis = { id: "answer", how: { kind: "import" }, floor: "floor" };

describe("rounds", () => {
  it("take turns, with the floor at both ends of each and nobody always behind the same one", async () => {
    const asked: string[] = [];
    await takeRounds(axis, ["floor", "a", "b"], 2, (contestant) => {
      asked.push(contestant);
      return Promise.resolve({ cost: 1 });
    });
    expect(asked).toEqual(["floor", "a", "b", "floor", "floor", "b", "a", "floor"]);
  });

  it("keep every sample", async () => {
    let cost = 0;
    const { samples } = await takeRounds(axis, ["floor", "a"], 2, () => Promise.resolve({ cost: ++cost }));
    expect(samples).toEqual({ floor: { cost: [1, 3, 4, 6] }, a: { cost: [2, 5] } });
  });

  it("say why a contestant has no numbers, do not ask it again, and go on with the others", async () => {
    const asked: string[] = [];
    const { samples, failures } = await takeRounds(axis, ["floor", "a"], 2, (contestant) => {
      asked.push(contestant);
      return contestant === "a" ? Promise.reject(new Error("no such export")) : Promise.resolve({ cost: 1 });
    });
    expect(failures).toEqual({ a: "no such export" });
    expect(samples.a).toBeUndefined();
    expect(asked.filter((one) => one === "a")).toHaveLength(1);
  });

  it("of an axis that is measured again add up, but for who fails in one of them", () => {
    const of = (samples: Record<string, number[]>, failures: Record<string, string> = {}) => ({
      axis: "answer",
      floor: "floor",
      samples: Object.fromEntries(Object.entries(samples).map(([name, cost]) => [name, { cost }])),
      failures,
    });
    expect(
      together(of({ floor: [1], a: [2, 3], b: [9] }), of({ floor: [4], a: [5] }, { b: "gone" })),
    ).toEqual(of({ floor: [1, 4], a: [2, 3, 5] }, { b: "gone" }));
  });
});
