/** Rewrites JSON Schema for servers that understand only part of it, and says what could not be kept. */
import { isJsonObject, type JsonObject, type JsonValue } from "@locus-sdk/core";

/** What a server cannot read. An absent rule leaves the schema as it is. */
export interface SchemaRules {
  /** Put definitions in the place of `$ref`; a definition that contains itself is cut off at its first return. */
  readonly inlineRefs?: boolean;
  /** `anyOf: [X, null]` and `type: [X, "null"]` become X, marked `nullable: true` or not at all. */
  readonly nullable?: "keyword" | "drop";
  /** `exclusiveMinimum` and `exclusiveMaximum` become `minimum` and `maximum`. */
  readonly inclusiveBounds?: boolean;
  /** `const: x` becomes `enum: [x]`. */
  readonly constAsEnum?: boolean;
  /** An array without `items` gets `items: {}`, an object without `properties` gets `properties: {}`. */
  readonly completeTypes?: boolean;
  /** Keywords to leave out; a trailing `*` stands for any ending. Names of properties are never touched. */
  readonly drop?: readonly string[];
}

export const NO_SCHEMA_RULES: SchemaRules = Object.freeze({});

/** The rules for servers with a small dialect (Gemini and its like). */
export const STRICT_DIALECT_RULES: SchemaRules = Object.freeze({
  inlineRefs: true,
  nullable: "keyword",
  inclusiveBounds: true,
  constAsEnum: true,
  completeTypes: true,
  drop: ["$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "title", "examples", "x-*"],
} as const);

/** A schema as rewritten, and in words what it no longer says. */
export interface SanitizedSchema {
  readonly schema: JsonObject;
  readonly lost: readonly string[];
}

/** Keywords whose value is a map from names to schemas, a list of schemas, or a schema. */
const MAPS = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);
const LISTS = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const SINGLES = new Set([
  "items",
  "additionalProperties",
  "additionalItems",
  "unevaluatedProperties",
  "unevaluatedItems",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "contentSchema",
]);
/** Keywords that only comment on a schema: leaving them out loses nothing. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
  "title",
  "examples",
]);
/** Inlining repeats definitions; beyond this many nodes a schema is cut off rather than blown up. */
const MAX_NODES = 10_000;

interface Walk {
  readonly root: JsonObject;
  readonly rules: SchemaRules;
  readonly lost: Set<string>;
  nodes: number;
}

/**
 * `schema` rewritten by `rules`. The input is not changed; with no rules it is returned as it is.
 *
 * @example
 * ```ts
 * import { sanitizeSchema } from "@locus-sdk/openai";
 *
 * const { schema } = sanitizeSchema({ title: "City", const: "Oslo" }, { constAsEnum: true, drop: ["title"] });
 * // { enum: ["Oslo"] }
 * ```
 */
export function sanitizeSchema(schema: JsonObject, rules: SchemaRules): SanitizedSchema {
  if (Object.keys(rules).length === 0) return { schema, lost: [] };
  const walk: Walk = { root: schema, rules, lost: new Set(), nodes: 0 };
  const rewritten = rewrite(schema, "", [], walk);
  return { schema: isJsonObject(rewritten) ? rewritten : {}, lost: [...walk.lost] };
}

function rewrite(value: JsonValue, path: string, open: readonly string[], walk: Walk): JsonValue {
  // `true` and `false` are schemas too, and stay what they are.
  if (!isJsonObject(value)) return value;
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES) {
    walk.lost.add(`${path || "/"}: the schema is too large once its definitions are inlined`);
    return {};
  }
  const { rules } = walk;
  const ref = value.$ref;
  if (rules.inlineRefs === true && typeof ref === "string") return inline(value, ref, path, open, walk);

  const flat = rules.nullable === undefined ? value : collapseNull(value, rules.nullable, path, walk);
  if (flat !== value && rules.inlineRefs === true && typeof flat.$ref === "string") {
    return rewrite(flat, path, open, walk);
  }
  const result: Record<string, JsonValue> = {};
  for (const [keyword, child] of Object.entries(flat)) {
    if (keyword === "default" && child === null && rules.nullable !== undefined) continue;
    if (isDropped(keyword, rules.drop ?? [])) {
      if (!ANNOTATIONS.has(keyword) && !keyword.startsWith("x-")) {
        walk.lost.add(`${path || "/"}: ${keyword}`);
      }
      continue;
    }
    result[keyword] = rewriteMember(keyword, child, path, open, walk);
  }
  if (rules.constAsEnum === true && result.const !== undefined) {
    result.enum ??= [result.const];
    delete result.const;
  }
  if (rules.inclusiveBounds === true) makeBoundsInclusive(result, path, walk);
  if (rules.completeTypes === true) {
    if (result.type === "array" && result.items === undefined) result.items = {};
    if (result.type === "object" && result.properties === undefined) result.properties = {};
  }
  return result;
}

function rewriteMember(
  keyword: string,
  child: JsonValue,
  path: string,
  open: readonly string[],
  walk: Walk,
): JsonValue {
  const here = `${path}/${keyword}`;
  if (MAPS.has(keyword) && isJsonObject(child)) {
    return Object.fromEntries(
      Object.entries(child).map(([name, schema]) => [name, rewrite(schema, `${here}/${name}`, open, walk)]),
    );
  }
  if ((LISTS.has(keyword) || keyword === "items") && Array.isArray(child)) {
    return child.map((schema: JsonValue, index) => rewrite(schema, `${here}/${index}`, open, walk));
  }
  return SINGLES.has(keyword) ? rewrite(child, here, open, walk) : child;
}

function inline(
  value: JsonObject,
  ref: string,
  path: string,
  open: readonly string[],
  walk: Walk,
): JsonValue {
  const { $ref: _ref, ...beside } = value;
  if (open.includes(ref)) {
    walk.lost.add(`${path || "/"}: ${ref} contains itself`);
    return rewrite({ ...beside, type: "object" }, path, open, walk);
  }
  const target = resolve(walk.root, ref);
  if (target === undefined) {
    walk.lost.add(`${path || "/"}: ${ref} is not defined here`);
    return rewrite(beside, path, open, walk);
  }
  const merged = isJsonObject(target) ? { ...target, ...beside } : beside;
  return rewrite(merged, path, [...open, ref], walk);
}

/** The value a local JSON pointer (`#/$defs/City`) names. */
function resolve(root: JsonObject, ref: string): JsonValue | undefined {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let value: JsonValue | undefined = root;
  for (const step of ref.slice(2).split("/")) {
    const key = safeDecode(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = (value as readonly JsonValue[])[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function safeDecode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

const isNull = (schema: JsonValue): boolean =>
  isJsonObject(schema) && (schema.type === "null" || schema.const === null);

function collapseNull(value: JsonObject, mode: "keyword" | "drop", path: string, walk: Walk): JsonObject {
  const mark = (): JsonObject => {
    if (mode === "keyword") return { nullable: true };
    walk.lost.add(`${path || "/"}: null is allowed`);
    return {};
  };
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices = value[keyword];
    if (!Array.isArray(choices)) continue;
    const rest: readonly JsonValue[] = choices.filter((choice: JsonValue) => !isNull(choice));
    if (rest.length === choices.length || rest.length === 0) continue;
    const { [keyword]: _choices, ...beside } = value;
    const only = rest.length === 1 ? rest[0] : undefined;
    return isJsonObject(only) ? { ...only, ...beside, ...mark() } : { ...beside, [keyword]: rest, ...mark() };
  }
  const type = value.type;
  if (Array.isArray(type) && type.includes("null") && type.length > 1) {
    const rest: readonly JsonValue[] = type.filter((name: JsonValue) => name !== "null");
    const values = value.enum;
    const kept = Array.isArray(values) ? { enum: values.filter((one: JsonValue) => one !== null) } : {};
    return { ...value, type: rest.length === 1 ? (rest[0] ?? "string") : rest, ...kept, ...mark() };
  }
  return value;
}

function makeBoundsInclusive(schema: Record<string, JsonValue>, path: string, walk: Walk): void {
  for (const [exclusive, inclusive, step] of [
    ["exclusiveMinimum", "minimum", 1],
    ["exclusiveMaximum", "maximum", -1],
  ] as const) {
    const bound = schema[exclusive];
    if (bound === undefined) continue;
    delete schema[exclusive];
    if (typeof bound !== "number") continue;
    const whole = schema.type === "integer" && Number.isInteger(bound);
    const limit = whole ? bound + step : bound;
    const existing = schema[inclusive];
    const tighter = step > 0 ? Math.max : Math.min;
    schema[inclusive] = typeof existing === "number" ? tighter(existing, limit) : limit;
    if (!whole) walk.lost.add(`${path || "/"}: ${inclusive} ${bound} is itself excluded`);
  }
}

function isDropped(keyword: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? keyword.startsWith(pattern.slice(0, -1)) : keyword === pattern,
  );
}

/**
 * Whether a schema fits OpenAI's strict mode: every object closed and all its properties required. Where it does
 * not, the place is named; a server would refuse it.
 */
export function strictModeProblem(schema: JsonValue, path = ""): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  const properties = schema.properties;
  if (schema.type === "object" || isJsonObject(properties)) {
    if (schema.additionalProperties !== false) return `${path || "/"} allows additional properties`;
    const required = schema.required;
    const names = isJsonObject(properties) ? Object.keys(properties) : [];
    const optional = names.find((name) => !Array.isArray(required) || !required.includes(name));
    if (optional !== undefined) return `${path}/${optional} is optional`;
  }
  for (const [keyword, child] of Object.entries(schema)) {
    const inside = strictProblemInside(keyword, child, `${path}/${keyword}`);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function strictProblemInside(keyword: string, child: JsonValue, path: string): string | undefined {
  const children: readonly (readonly [string, JsonValue])[] =
    MAPS.has(keyword) && isJsonObject(child)
      ? Object.entries(child)
      : Array.isArray(child) && (LISTS.has(keyword) || keyword === "items")
        ? child.map((one: JsonValue, index) => [String(index), one] as const)
        : SINGLES.has(keyword)
          ? [["", child]]
          : [];
  for (const [step, one] of children) {
    const problem = strictModeProblem(one, step === "" ? path : `${path}/${step}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
