/** Termination conditions from JSON: from a stored agent definition, a configuration file, a request. */
import { z } from "zod";
import { ConfigurationError } from "../errors/errors.ts";
import { isRecord } from "../json/json.ts";
import { describeIssues } from "../messages/schema.ts";
import { didYouMean } from "../text/nearest.ts";
import { all, any, not } from "./combine.ts";
import {
  confidenceMet,
  costLimit,
  maxIterations,
  noToolCalls,
  textMention,
  timeLimit,
  tokenLimit,
  toolCalled,
} from "./conditions.ts";
import type { TerminationCondition } from "./types.ts";

/** Nobody writes conditions this deep; what is deeper is an attack on the stack. */
const MAX_DEPTH = 32;

type Revive = (value: unknown, path: string, depth: number) => TerminationCondition;

/** How each kind is made of its members. Ranges are the constructors' business. */
const KINDS: Readonly<Record<string, Revive>> = {
  maxIterations: leaf(
    () => ({ n: z.number() }),
    ({ n }) => maxIterations(n),
  ),
  tokenLimit: leaf(
    () => ({ n: z.number() }),
    ({ n }) => tokenLimit(n),
  ),
  costLimit: leaf(
    () => ({ usd: z.number() }),
    ({ usd }) => costLimit(usd),
  ),
  timeLimit: leaf(
    () => ({ ms: z.number() }),
    ({ ms }) => timeLimit(ms),
  ),
  noToolCalls: leaf(
    () => ({}),
    () => noToolCalls(),
  ),
  toolCalled: leaf(
    () => ({ name: z.string() }),
    ({ name }) => toolCalled(name),
  ),
  textMention: leaf(
    () => ({ text: z.string(), caseSensitive: z.boolean().exactOptional() }),
    ({ text, ...options }) => textMention(text, options),
  ),
  confidenceMet: leaf(
    () => ({ threshold: z.number() }),
    ({ threshold }) => confidenceMet(threshold),
  ),
  all: composed(all),
  any: composed(any),
  not: (value, path, depth) => {
    const { condition } = members({ condition: z.unknown() }, value, path);
    return not(revive(condition, join(path, "condition"), depth + 1));
  },
};

/**
 * The condition that `toJSON()` described.
 *
 * @throws ConfigurationError naming the place that does not fit, for an unknown type, a wrong or unknown member, a
 *   number out of range, or more than 32 levels.
 * @example
 * ```ts
 * import { maxIterations, terminationFromJSON, toolCalled } from "@locus-sdk/core";
 *
 * const stored = JSON.stringify(toolCalled("submit").or(maxIterations(10)));
 * const termination = terminationFromJSON(JSON.parse(stored));
 * ```
 */
export function terminationFromJSON(json: unknown): TerminationCondition {
  return revive(json, "", 1);
}

function revive(value: unknown, path: string, depth: number): TerminationCondition {
  if (depth > MAX_DEPTH) throw refusal(path, `nested more than ${MAX_DEPTH} levels deep`);
  const type: unknown = isRecord(value) ? value.type : undefined;
  if (typeof type !== "string") throw refusal(path, 'expected an object with a "type"');
  const make = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (make !== undefined) return make(value, path, depth);
  const known = Object.keys(KINDS);
  if (type === "custom") throw refusal(path, "a custom condition is a function and has no JSON");
  throw refusal(path, `unknown type "${type}"${didYouMean(type, known)} (known: ${known.join(", ")})`);
}

function leaf<Shape extends z.core.$ZodShape>(
  shape: () => Shape,
  make: (members: z.output<z.ZodObject<Shape>>) => TerminationCondition,
): Revive {
  return (value, path) => {
    const given = members(shape(), value, path);
    try {
      return make(given);
    } catch (error) {
      if (error instanceof ConfigurationError) throw refusal(path, error.message);
      throw error;
    }
  };
}

function composed(combine: (...conditions: readonly TerminationCondition[]) => TerminationCondition): Revive {
  return (value, path, depth) => {
    const { conditions } = members({ conditions: z.array(z.unknown()).min(1) }, value, path);
    const revived = conditions.map((each, index) => {
      return revive(each, `${join(path, "conditions")}[${index}]`, depth + 1);
    });
    return combine(...revived);
  };
}

function members<Shape extends z.core.$ZodShape>(
  shape: Shape,
  value: unknown,
  path: string,
): z.output<z.ZodObject<Shape>> {
  const { type: _, ...rest } = isRecord(value) ? value : {};
  const parsed = z.strictObject(shape).safeParse(rest);
  if (parsed.success) return parsed.data;
  throw refusal(path, describeIssues(parsed.error));
}

const join = (path: string, member: string): string => (path === "" ? member : `${path}.${member}`);

function refusal(path: string, why: string): ConfigurationError {
  return new ConfigurationError(`not a termination condition${path === "" ? "" : ` at ${path}`}: ${why}`, {
    hint: 'Expected what toJSON() gives, such as { "type": "maxIterations", "n": 10 }.',
  });
}
