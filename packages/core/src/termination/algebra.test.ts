import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { assistantMessage, userMessage } from "../messages/messages.ts";
import { emptyState } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import { all, any, not } from "./combine.ts";
import {
  confidenceMet,
  costLimit,
  custom,
  maxIterations,
  noToolCalls,
  textMention,
  timeLimit,
  tokenLimit,
  toolCalled,
} from "./conditions.ts";
import { terminationFromJSON } from "./json.ts";
import type { TerminationCondition, TerminationVerdict } from "./types.ts";

const STARTED = Date.UTC(2026, 0, 1);
const TEXTS = ["done", "DONE", "not yet"];
const TOOLS = ["search", "submit"];

const states: fc.Arbitrary<AgentState> = fc
  .record({
    iteration: fc.nat(4),
    totalTokens: fc.nat(4),
    confidence: fc.constantFrom(0, 0.5, 1),
    said: fc.option(fc.constantFrom(...TEXTS), { nil: undefined }),
    called: fc.subarray(TOOLS),
  })
  .map(({ iteration, totalTokens, confidence, said, called }) => {
    const state = emptyState("t");
    return {
      ...state,
      messages: [userMessage("go"), ...(said === undefined ? [] : [assistantMessage(said)])],
      run: {
        ...state.run,
        iteration,
        confidence,
        startedAt: new Date(STARTED).toISOString(),
        usage: { inputTokens: 0, outputTokens: totalTokens, totalTokens },
        toolExecutions: called.map((name) => ({
          callId: name,
          name,
          arguments: {},
          isError: false,
          cached: false,
          source: "executed" as const,
          durationMs: 1,
        })),
      },
    };
  });
const moments = fc.nat(4).map((ms) => STARTED + ms);

const { condition: conditions } = fc.letrec<{ condition: TerminationCondition; leaf: TerminationCondition }>(
  (tie) => ({
    leaf: fc.oneof(
      fc.integer({ min: 1, max: 4 }).map(maxIterations),
      fc.integer({ min: 1, max: 4 }).map(tokenLimit),
      fc.integer({ min: 1, max: 400 }).map((cents) => costLimit(cents / 100)),
      fc.integer({ min: 1, max: 4 }).map(timeLimit),
      fc.constantFrom(0, 0.5, 1).map(confidenceMet),
      fc.constant(noToolCalls()),
      fc.constantFrom(...TOOLS).map(toolCalled),
      fc.tuple(fc.constantFrom(...TEXTS), fc.boolean()).map(([text, caseSensitive]) => {
        return textMention(text, { caseSensitive });
      }),
    ),
    condition: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => a.and(b)),
      fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => a.or(b)),
      tie("condition").map((inner) => inner.not()),
      fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((each) => all(...each)),
      fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((each) => any(...each)),
    ),
  }),
);

/** Asserts a law for any conditions in any state. */
function holds(
  law: (
    a: TerminationCondition,
    b: TerminationCondition,
    c: TerminationCondition,
    check: (condition: TerminationCondition) => TerminationVerdict | undefined,
  ) => void,
): void {
  fc.assert(
    fc.property(conditions, conditions, conditions, states, moments, (a, b, c, state, now) => {
      law(a, b, c, (condition) => condition.check(state, now));
    }),
    { numRuns: 300 },
  );
}

describe("the algebra of conditions", () => {
  it("keeps de Morgan's laws", () => {
    holds((a, b, _, check) => {
      const isFiring = (condition: TerminationCondition): boolean => check(condition) !== undefined;
      expect(isFiring(a.and(b).not())).toBe(isFiring(a.not().or(b.not())));
      expect(isFiring(a.or(b).not())).toBe(isFiring(a.not().and(b.not())));
    });
  });

  it("fires on a double negation as on the condition itself", () => {
    holds((a, _, __, check) => {
      expect(check(a.not().not()) !== undefined).toBe(check(a) !== undefined);
      expect(check(a.not()) === undefined).toBe(check(a) !== undefined);
    });
  });

  it("means by all and any what and and or mean, verdict and all", () => {
    holds((a, b, c, check) => {
      expect(check(all(a))).toEqual(check(a));
      expect(check(any(a))).toEqual(check(a));
      expect(check(all(a, b, c))).toEqual(check(a.and(b).and(c)));
      expect(check(any(a, b, c))).toEqual(check(a.or(b).or(c)));
      expect(check(not(a))).toEqual(check(a.not()));
    });
  });

  it("does not care how and and or are bracketed", () => {
    holds((a, b, c, check) => {
      expect(check(a.and(b).and(c))).toEqual(check(a.and(b.and(c))));
      expect(check(a.or(b).or(c))).toEqual(check(a.or(b.or(c))));
    });
  });

  it("gives the same verdicts after a journey through JSON", () => {
    holds((a, _, __, check) => {
      const revived = terminationFromJSON(JSON.parse(JSON.stringify(a)));
      expect(check(revived)).toEqual(check(a));
      expect(revived.toJSON()).toEqual(a.toJSON());
      expect(revived.toString()).toBe(a.toString());
    });
  });
});

describe("a combination", () => {
  const state = { ...emptyState("t"), messages: [assistantMessage("DONE")] };
  const said = textMention("DONE");
  const never = textMention("never");
  const confident = confidenceMet(0);

  it("of and names every leaf, and the first reason that is more than complete", () => {
    expect(said.and(confident).check(state, 0)).toEqual({
      reason: "confidence_met",
      detail: 'textMention("DONE") and confidenceMet(0)',
    });
    expect(said.and(noToolCalls()).check(state, 0)?.reason).toBe("complete");
    expect(said.and(never).check(state, 0)).toBeUndefined();
  });

  it("of or names the first that fires", () => {
    expect(never.or(confident).or(said).check(state, 0)).toEqual({
      reason: "confidence_met",
      detail: "confidenceMet(0)",
    });
  });

  it("of not names what did not hold", () => {
    expect(never.not().check(state, 0)).toEqual({ reason: "complete", detail: 'not(textMention("never"))' });
    expect(all(said, any(never, confident)).not().toString()).toBe(
      'not(all(textMention("DONE"), any(textMention("never"), confidenceMet(0))))',
    );
  });

  it("stops asking once the outcome is certain", () => {
    const unasked = custom(() => {
      throw new Error("was asked");
    });
    expect(never.and(unasked).check(state, 0)).toBeUndefined();
    expect(said.or(unasked).check(state, 0)).toBeDefined();
  });

  it("of nothing is refused: all of none would end every run at once", () => {
    expect(() => all()).toThrow(ConfigurationError);
    expect(() => any()).toThrow(ConfigurationError);
  });

  it("stays flat in a long chain, so that its JSON is not deep", () => {
    const chain = Array.from({ length: 100 }, (_, n) => maxIterations(n + 1)).reduce((a, b) => a.or(b));
    expect(terminationFromJSON(chain.toJSON()).toString()).toBe(chain.toString());
  });
});

describe("terminationFromJSON", () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "noToolCalls" } : { type: "not", condition: nested(depth - 1) };

  it("says where and why it cannot revive", () => {
    const refused: readonly (readonly [unknown, string])[] = [
      [undefined, 'expected an object with a "type"'],
      [[], 'expected an object with a "type"'],
      [{ type: "maxIteration", n: 3 }, 'unknown type "maxIteration"; did you mean "maxIterations"?'],
      [{ type: "constructor" }, 'unknown type "constructor"'],
      [{ type: "custom" }, "a custom condition is a function and has no JSON"],
      [{ type: "maxIterations" }, "n: "],
      [{ type: "maxIterations", n: 0 }, "maxIterations(0) is out of range"],
      [{ type: "maxIterations", n: 3, m: 4 }, '"m"'],
      [{ type: "all", conditions: [] }, "conditions: "],
      [
        {
          type: "any",
          conditions: [{ type: "noToolCalls" }, { type: "not", condition: { type: "timeLimit", ms: "1" } }],
        },
        "at conditions[1].condition: ms: ",
      ],
      [nested(32), "nested more than 32 levels deep"],
    ];
    for (const [json, message] of refused) {
      expect(() => terminationFromJSON(json)).toThrow(ConfigurationError);
      expect(() => terminationFromJSON(json)).toThrow(message);
    }
    expect(terminationFromJSON(nested(31)).toString()).toContain("noToolCalls()");
  });
});
