/** The paper's properties P1 to P6, its ablations and its worked example, held by the arithmetic. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../errors/errors.ts";
import { GSAR_WEIGHTS, gsarDecide, gsarScore, partitionWeight } from "./score.ts";
import type { EvidenceType, GsarClaim, GsarPartition } from "./types.ts";

const typeOf: fc.Arbitrary<EvidenceType> = fc.constantFrom(
  ...(Object.keys(GSAR_WEIGHTS) as EvidenceType[]), // oxlint-disable-line typescript/no-unsafe-type-assertion
);
const claimOf = (type: EvidenceType): GsarClaim => ({ text: "A claim.", type, evidence: [] });
const claims = fc.array(typeOf.map(claimOf), { maxLength: 6 });
const partition: fc.Arbitrary<GsarPartition> = fc.record({
  grounded: claims,
  ungrounded: claims,
  contradicted: claims,
  complementary: claims,
});
const rho = fc.double({ min: 0, max: 3, noNaN: true });
const plus = (given: GsarPartition, place: keyof GsarPartition, type: EvidenceType): GsarPartition => ({
  ...given,
  [place]: [...given[place], claimOf(type)],
});
const NONE: GsarPartition = { grounded: [], ungrounded: [], contradicted: [], complementary: [] };
/** A score is rounded once. */
const ABOUT = 1e-12;

/** Thousandths of the reference weights, told apart from the code: S as a fraction of whole numbers. */
const THOUSANDTHS: Readonly<Record<EvidenceType, bigint>> = {
  tool_match: 1000n,
  specific_data: 950n,
  signal_match: 900n,
  complementary_finding: 850n,
  synthesis: 800n,
  neg_evidence: 700n,
  inference: 600n,
  domain: 600n,
  unknown: 600n,
};
function fractionOf(given: GsarPartition): readonly [part: bigint, whole: bigint] {
  const weigh = (list: readonly GsarClaim[]): bigint =>
    list.reduce((all, { type }) => all + THOUSANDTHS[type], 0n);
  const part = weigh(given.grounded) + weigh(given.complementary);
  return [part, part + weigh(given.ungrounded) + weigh(given.contradicted) / 2n];
}

describe("the score", () => {
  it("P1: lies between 0 and 1", () => {
    fc.assert(
      fc.property(partition, rho, (given, contradictionPenalty) => {
        const score = gsarScore(given, { contradictionPenalty });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("P2: never falls by a grounded claim", () => {
    fc.assert(
      fc.property(partition, typeOf, (given, type) => {
        expect(gsarScore(plus(given, "grounded", type))).toBeGreaterThanOrEqual(gsarScore(given) - ABOUT);
      }),
    );
  });

  it("P3: never rises by a contradicted claim", () => {
    fc.assert(
      fc.property(partition, typeOf, rho, (given, type, contradictionPenalty) => {
        const options = { contradictionPenalty };
        const after = gsarScore(plus(given, "contradicted", type), options);
        expect(after).toBeLessThanOrEqual(gsarScore(given, options) + ABOUT);
      }),
    );
  });

  it("P4: rises by a complementary claim, wherever it is below 1", () => {
    fc.assert(
      fc.property(partition, typeOf, (given, type) => {
        fc.pre(gsarScore(given) < 1);
        expect(gsarScore(plus(given, "complementary", type))).toBeGreaterThan(gsarScore(given));
      }),
    );
  });

  it("P5: shows a contradiction, however much else is grounded", () => {
    fc.assert(
      fc.property(
        partition,
        typeOf,
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (given, type, penalty) => {
          fc.pre(given.grounded.length + given.complementary.length > 0);
          const options = { contradictionPenalty: penalty };
          const after = gsarScore(plus(given, "contradicted", type), options);
          expect(after).toBeLessThan(gsarScore(given, options));
          expect(after).toBeLessThan(1);
        },
      ),
    );
  });

  it("P6: credits what was observed more than what was concluded, and charges it more where it is unfounded", () => {
    fc.assert(
      fc.property(partition, (given) => {
        fc.pre(given.ungrounded.length > 0);
        expect(gsarScore(plus(given, "grounded", "tool_match"))).toBeGreaterThan(
          gsarScore(plus(given, "grounded", "inference")),
        );
        fc.pre(given.grounded.length > 0);
        expect(gsarScore(plus(given, "ungrounded", "tool_match"))).toBeLessThan(
          gsarScore(plus(given, "ungrounded", "inference")),
        );
      }),
    );
  });

  it("is neutral where nothing is claimed, or nothing weighs anything", () => {
    expect(gsarScore(NONE)).toBe(0.5);
    expect(gsarScore(plus(NONE, "grounded", "domain"), { weights: { domain: 0 } })).toBe(0.5);
  });
});

describe("the paper's worked example (Appendix E)", () => {
  const example: GsarPartition = {
    grounded: [claimOf("tool_match"), claimOf("specific_data")],
    ungrounded: [claimOf("inference")],
    contradicted: [claimOf("inference")],
    complementary: [claimOf("complementary_finding")],
  };

  it("comes to 2.80 of 3.70, and to regenerate", () => {
    const score = gsarScore(example);
    expect(score).toBeCloseTo(2.8 / 3.7, 12);
    expect(gsarDecide(score)).toBe("regenerate");
  });

  it("without weights by evidence, complementary claims or a penalty comes to other scores", () => {
    const ones = Object.fromEntries(Object.keys(GSAR_WEIGHTS).map((type) => [type, 1]));
    expect(gsarScore(example, { weights: ones })).toBeCloseTo(3 / 4.5, 12);
    expect(gsarScore({ ...example, complementary: [] })).toBeCloseTo(1.95 / 2.85, 12);
    expect(gsarScore(example, { contradictionPenalty: 0 })).toBeCloseTo(2.8 / 3.4, 12);
    expect(gsarDecide(gsarScore(example, { contradictionPenalty: 0 }))).toBe("proceed");
    expect(gsarScore(example, { contradictionPenalty: 2 })).toBeCloseTo(2.8 / 4.6, 12);
  });
});

describe("decisions", () => {
  it("are those of exact fractions, at the thresholds as well", () => {
    fc.assert(
      fc.property(partition, (given) => {
        const [part, whole] = fractionOf(given);
        fc.pre(whole > 0n);
        const isFrom = (hundredths: bigint): boolean => part * 100n >= hundredths * whole;
        const exact = isFrom(80n) ? "proceed" : isFrom(65n) ? "regenerate" : "replan";
        expect(gsarDecide(gsarScore(given))).toBe(exact);
      }),
    );
  });

  it("take four grounded claims of five alike for 0.8, of every kind and however many", () => {
    fc.assert(
      fc.property(typeOf, fc.integer({ min: 1, max: 40 }), (type, times) => {
        const all = (count: number): readonly GsarClaim[] =>
          Array.from({ length: count * times }, () => claimOf(type));
        const given = { ...NONE, grounded: all(4), ungrounded: all(1) };
        expect([gsarScore(given), gsarDecide(gsarScore(given))]).toEqual([0.8, "proceed"]);
        const lower = { ...NONE, grounded: all(13), ungrounded: all(7) };
        expect([gsarScore(lower), gsarDecide(gsarScore(lower))]).toEqual([0.65, "regenerate"]);
      }),
    );
  });

  it.each([Number.NaN, "0.9", undefined, -0.1, 1.1, Number.POSITIVE_INFINITY])(
    "are made of no score that is none: %s",
    (score) => {
      expect(() => Reflect.apply(gsarDecide, undefined, [score])).toThrow(ConfigurationError);
    },
  );

  it.each([
    [1, "proceed"],
    [0.8, "proceed"],
    [0.7999, "regenerate"],
    [0.65, "regenerate"],
    [0.6499, "replan"],
    [0, "replan"],
  ])("%d is %s", (score, decision) => {
    expect(gsarDecide(score)).toBe(decision);
  });

  it("never get worse as the score rises", () => {
    const rank = { replan: 0, regenerate: 1, proceed: 2 };
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, (a, b) => {
        const [low, high] = a <= b ? [a, b] : [b, a];
        expect(rank[gsarDecide(low)]).toBeLessThanOrEqual(rank[gsarDecide(high)]);
      }),
    );
  });

  it.each([
    { proceed: 0.5 },
    { regenerate: 0.9 },
    { proceed: 1.1 },
    { proceed: Number.NaN },
    { regenerate: -0.1 },
    { proceed: "0.9" },
    { regenerate: null },
  ])("refuse thresholds out of order or range: %j", (thresholds) => {
    expect(() => Reflect.apply(gsarDecide, undefined, [0.5, thresholds])).toThrow(ConfigurationError);
  });
});

it.each([
  [{}, /partition\.grounded must be a list of claims/],
  [null, /partition must be an object/],
  [{ ...NONE, contradicted: "none" }, /contradicted must be a list of claims/],
  [{ ...NONE, grounded: [null] }, /grounded\[0\] must be an object/],
  [{ ...NONE, grounded: [{ type: "hearsay" }] }, /grounded\[0\]\.type must be "tool_match" or/],
])("what is no partition is refused with what is wrong: %j", (given, message) => {
  expect(() => Reflect.apply(gsarScore, undefined, [given])).toThrow(message);
  expect(() => Reflect.apply(gsarScore, undefined, [given])).toThrow(ConfigurationError);
});

it("weights add up, and a weight that is none is refused by its name", () => {
  expect(partitionWeight([claimOf("tool_match"), claimOf("inference")])).toBeCloseTo(1.6, 12);
  expect(() => partitionWeight([], { tool_match: -1 })).toThrow(
    /weights\.tool_match must be a number from 0/,
  );
  expect(() => gsarScore(NONE, { contradictionPenalty: -1 })).toThrow(/contradictionPenalty/);
  const misspelt: object = { tool_macth: 1 };
  expect(() => partitionWeight([], misspelt)).toThrow(/did you mean "tool_match"/);
});
