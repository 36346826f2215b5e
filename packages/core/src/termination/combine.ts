/** The algebra of termination conditions: making one, and `all`, `any`, `not`. */
import { ConfigurationError } from "../errors/errors.ts";
import type { JsonObject } from "../json/json.ts";
import type { TerminationCondition, TerminationVerdict } from "./types.ts";

/** What sets one condition apart from another; the methods come from `condition`. */
export interface ConditionParts {
  readonly check: TerminationCondition["check"];
  readonly toJSON: () => JsonObject;
  readonly text: string;
}

/** Gives a condition its methods and freezes it. */
export function condition(parts: ConditionParts): TerminationCondition {
  const self: TerminationCondition = Object.freeze({
    check: parts.check,
    and: (other: TerminationCondition): TerminationCondition => all(self, other),
    or: (other: TerminationCondition): TerminationCondition => any(self, other),
    not: (): TerminationCondition => not(self),
    toJSON: parts.toJSON,
    toString: (): string => parts.text,
  });
  return self;
}

/**
 * Fires where all of `conditions` do. The reason is the first that is not `complete`.
 *
 * @throws ConfigurationError without conditions: all of none would end every run before it began.
 * @example
 * ```ts
 * import { all, noToolCalls, toolCalled } from "@locus-sdk/core";
 *
 * const answeredAfterSearching = all(toolCalled("search"), noToolCalls());
 * ```
 */
export function all(...conditions: readonly TerminationCondition[]): TerminationCondition {
  requireSome("all", conditions);
  const combined = condition({
    check: (state, now) => {
      const verdicts: TerminationVerdict[] = [];
      for (const each of conditions) {
        const verdict = each.check(state, now);
        if (verdict === undefined) return undefined;
        verdicts.push(verdict);
      }
      return Object.freeze({
        reason: verdicts.find(({ reason }) => reason !== "complete")?.reason ?? "complete",
        detail: verdicts.map(({ detail }) => detail).join(" and "),
      });
    },
    toJSON: () => ({ type: "all", conditions: conditions.map((each) => each.toJSON()) }),
    text: `all(${conditions.join(", ")})`,
  });
  // Kept flat, so that a long chain of `.and` stays within the depth that terminationFromJSON takes.
  return Object.freeze({ ...combined, and: (other: TerminationCondition) => all(...conditions, other) });
}

/**
 * Fires where any of `conditions` does; the first that fires gives reason and detail.
 *
 * @throws ConfigurationError without conditions.
 * @example
 * ```ts
 * import { any, maxIterations, textMention } from "@locus-sdk/core";
 *
 * const doneOrTired = any(textMention("DONE"), maxIterations(10));
 * ```
 */
export function any(...conditions: readonly TerminationCondition[]): TerminationCondition {
  requireSome("any", conditions);
  const combined = condition({
    check: (state, now) => {
      for (const each of conditions) {
        const verdict = each.check(state, now);
        if (verdict !== undefined) return verdict;
      }
      return undefined;
    },
    toJSON: () => ({ type: "any", conditions: conditions.map((each) => each.toJSON()) }),
    text: `any(${conditions.join(", ")})`,
  });
  return Object.freeze({ ...combined, or: (other: TerminationCondition) => any(...conditions, other) });
}

/**
 * Fires where `inner` does not, with reason `complete`. The same as `inner.not()`.
 *
 * @example
 * ```ts
 * import { noToolCalls, not, textMention } from "@locus-sdk/core";
 *
 * const plainAnswer = noToolCalls().and(not(textMention("let me check")));
 * ```
 */
export function not(inner: TerminationCondition): TerminationCondition {
  const text = `not(${inner.toString()})`;
  return condition({
    check: (state, now) =>
      inner.check(state, now) === undefined ? Object.freeze({ reason: "complete", detail: text }) : undefined,
    toJSON: () => ({ type: "not", condition: inner.toJSON() }),
    text,
  });
}

function requireSome(name: string, conditions: readonly TerminationCondition[]): void {
  if (conditions.length > 0) return;
  throw new ConfigurationError(`${name}() was given no condition; it needs at least one`);
}
