// What all surfaces share about refusing bodies: how a table of rules is applied, and the checks that several tables use.
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { FamilyName } from "./families.ts";

/** How much of the service's strictness to apply. `contested` adds rules that reports disagree about. */
export type Strictness = "off" | "documented" | "contested";

/** One thing that the service refuses: a row of a surface's table. */
export interface Rule<Body> {
  readonly id: string;
  readonly families: readonly FamilyName[] | "all";
  readonly contested?: true;
  /** The refusal, if the body breaks the rule. */
  readonly check: (body: Body) => ErrorReply | undefined;
}

/** The refusal of the first rule that the body breaks. */
export function breakRule<Body>(
  rules: readonly Rule<Body>[],
  body: Body,
  family: FamilyName,
  strictness: Strictness,
): { readonly rule: string; readonly error: ErrorReply } | undefined {
  if (strictness === "off") return undefined;
  for (const rule of rules) {
    if (rule.contested && strictness !== "contested") continue;
    if (rule.families !== "all" && !rule.families.includes(family)) continue;
    const error = rule.check(body);
    if (error !== undefined) return { rule: rule.id, error };
  }
  return undefined;
}

/** How a surface writes the refusal of a parameter that the model does not take. */
export const unsupportedParameter = (param: string, advice = ""): ErrorReply =>
  openaiError(400, `Unsupported parameter: '${param}' is not supported with this model.${advice}`, {
    param,
    code: "unsupported_parameter",
  });

/** Most tools a request may carry. */
export const maxTools: number = 128;

export const toolNamePattern: RegExp = /^[a-zA-Z0-9_-]{1,64}$/;

export function tooManyTools(count: number): ErrorReply | undefined {
  if (count <= maxTools) return undefined;
  const text = `Invalid 'tools': array too long. Expected an array with maximum length ${maxTools}, but got ${count}.`;
  return openaiError(400, text, { param: "tools", code: "array_above_max_length" });
}

/** A tool's name, and the parameter it stands in, in the way of the surface. */
export interface NamedTool {
  readonly name: string;
  readonly param: string;
}

export function badToolName(named: readonly NamedTool[]): ErrorReply | undefined {
  const bad = named.find(({ name }) => !toolNamePattern.test(name));
  if (bad === undefined) return undefined;
  const { param } = bad;
  const text = `Invalid '${param}': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$' of at most 64 characters.`;
  return openaiError(400, text, { param, code: "invalid_value" });
}

const refusedKeywords = ["$ref", "exclusiveMinimum", "exclusiveMaximum"] as const;

/** The first keyword of a schema that Gemini does not know. */
export function refusedKeyword(schema: JsonValue | undefined): string | undefined {
  if (Array.isArray(schema)) return schema.map((item) => refusedKeyword(item)).find(Boolean);
  if (!isJsonObject(schema)) return undefined;
  return (
    refusedKeywords.find((keyword) => keyword in schema) ??
    Object.values(schema)
      .map((value) => refusedKeyword(value))
      .find(Boolean)
  );
}
