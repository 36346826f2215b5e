// Floors under what reflexion's rules find in the labelled traces: what they find now may not get lost.
import { describe, expect, it } from "vitest";
import { loopCases, measureLoops } from "./evaluate-loops.ts";

const { byAssessment, falseAlarms, accuracy } = measureLoops();

describe("reflexion's rules, over the labelled traces", () => {
  it("find loops, and call hardly anything else one", () => {
    expect(byAssessment.loop_detected.precision).toBeGreaterThanOrEqual(0.97);
    expect(byAssessment.loop_detected.recall).toBeGreaterThanOrEqual(0.88);
  });

  it("find standstills", () => {
    expect(byAssessment.stuck.precision).toBeGreaterThanOrEqual(0.85);
    expect(byAssessment.stuck.recall).toBeGreaterThanOrEqual(0.9);
  });

  it("leave work alone that is on its way", () => {
    expect(falseAlarms).toBeLessThanOrEqual(0.05);
    expect(accuracy).toBeGreaterThanOrEqual(0.92);
  });

  it("are put to traces that are told apart by their names, enough of each kind", () => {
    const cases = loopCases();
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(80);
    const labels = Map.groupBy(cases, ({ label }) => label);
    for (const [, of] of labels) expect(of.length).toBeGreaterThanOrEqual(15);
  });
});
