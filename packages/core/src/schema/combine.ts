/** Several schemas as one: all of them at once, or the choice among them. Never narrower than they were. */
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { isAnnotation, isObjectSchema, listOf, requiredOf, resolveRef } from "./keywords.ts";
import { lose, type Walk } from "./types.ts";

const equal = (a: JsonValue, b: JsonValue): boolean => canonicalJson(a) === canonicalJson(b);
const unique = (values: readonly JsonValue[]): readonly JsonValue[] => [
  ...new Map(values.map((value) => [canonicalJson(value), value])).values(),
];

/** What becomes of a keyword that both say, but for those that have to say the same. */
const BOTH: Readonly<Record<string, (a: JsonValue, b: JsonValue) => JsonValue>> = {
  required: (a, b) => unique([...listOf(a), ...listOf(b)]),
  allOf: (a, b) => [...listOf(a), ...listOf(b)],
  properties: (a, b) => {
    if (!isJsonObject(a) || !isJsonObject(b)) return a;
    const members = new Map(Object.entries(a));
    for (const [name, schema] of Object.entries(b)) {
      const first = members.get(name);
      const differs = first !== undefined && !equal(first, schema);
      members.set(name, differs ? { allOf: [first, schema] } : schema);
    }
    return Object.fromEntries(members);
  },
  minimum: larger,
  minLength: larger,
  minItems: larger,
  maximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
};

function larger(a: JsonValue, b: JsonValue): JsonValue {
  return Math.max(Number(a), Number(b));
}
function smaller(a: JsonValue, b: JsonValue): JsonValue {
  return Math.min(Number(a), Number(b));
}

/** Both at once. Words of `beside` hold before those of `schema`; what cannot be put together is lost. */
export function combine(schema: JsonObject, beside: JsonObject, path: string, walk: Walk): JsonObject {
  const members = new Map(Object.entries(schema));
  for (const [keyword, value] of Object.entries(beside)) {
    const first = members.get(keyword);
    const both = Object.hasOwn(BOTH, keyword) ? BOTH[keyword] : undefined;
    if (first === undefined || isAnnotation(keyword) || keyword === "nullable") members.set(keyword, value);
    else if (!equal(first, value)) {
      if (both !== undefined) members.set(keyword, both(first, value));
      else lose(walk, path, keyword, "is said twice, and one of the two was left out");
    }
  }
  return Object.fromEntries(members);
}

/** The parts of `allOf` put into the schema that has it. */
export function mergeAllOf(schema: JsonObject, path: string, walk: Walk): JsonObject {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf)) return schema;
  const kept: JsonValue[] = [];
  const merged = allOf.reduce<JsonObject>((whole, part: JsonValue) => {
    if (part === true) return whole;
    if (!isJsonObject(part) || "$ref" in part) {
      kept.push(part);
      return whole;
    }
    return combine(mergeAllOf(part, path, walk), whole, path, walk);
  }, rest);
  return kept.length === 0 ? merged : combine(merged, { allOf: kept }, path, walk);
}

/**
 * A choice among objects as one object with all their properties; what all of them require is required. A property that
 * only some of them name is what these say it is: nobody means it to be anything elsewhere.
 */
function mergeChoices(choices: readonly JsonObject[]): JsonObject {
  const properties = new Map<string, JsonValue[]>();
  for (const { properties: own } of choices) {
    for (const [name, schema] of Object.entries(isJsonObject(own) ? own : {})) {
      properties.set(name, [...(properties.get(name) ?? []), schema]);
    }
  }
  const [first, ...others] = choices.map(requiredOf);
  const required = (first ?? []).filter((name) => others.every((list) => list.includes(name)));
  const isClosed = choices.every(({ additionalProperties }) => additionalProperties === false);
  return {
    type: "object",
    properties: Object.fromEntries([...properties].map(([name, schemas]) => [name, choiceOf(schemas)])),
    ...(required.length === 0 ? {} : { required }),
    ...(isClosed ? { additionalProperties: false } : {}),
  };
}

function choiceOf(schemas: readonly JsonValue[]): JsonValue {
  const distinct = unique(schemas);
  const [only] = distinct;
  if (distinct.length === 1 && only !== undefined) return only;
  const values = distinct.map(literalsOf);
  const literals = values.every((list) => list !== undefined) ? unique(values.flat()) : undefined;
  return literals === undefined ? { anyOf: distinct } : { enum: literals };
}

function literalsOf(schema: JsonValue): readonly JsonValue[] | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

/** The root as one object: readers that want one refuse choices there. */
export function plainRoot(root: JsonObject, walk: Walk): JsonObject {
  let schema = root;
  const followed: JsonValue[] = ["#"];
  while (typeof schema.$ref === "string") {
    const { $ref: ref, ...beside }: JsonObject = schema;
    const target = followed.includes(ref ?? "") ? undefined : resolveRef(root, schema.$ref);
    if (target === undefined) {
      lose(walk, "", schema.$ref, "contains itself or is not defined here, and was left out");
    }
    followed.push(schema.$ref);
    schema = isJsonObject(target) ? combine(target, beside, "", walk) : beside;
  }
  const parts = listOf(schema.allOf).map((part) => resolved(part, root));
  if (parts.length > 0) schema = mergeAllOf({ ...schema, allOf: parts }, "", walk);
  for (const keyword of ["anyOf", "oneOf"]) {
    const { [keyword]: choices, ...rest } = schema;
    if (!Array.isArray(choices)) continue;
    const objects = choices.map((choice: JsonValue) => resolved(choice, root)).filter(isJsonObject);
    schema =
      objects.length === choices.length && objects.every(isObjectSchema)
        ? combine(rest, mergeChoices(objects), "", walk)
        : rest;
    lose(
      walk,
      "",
      keyword,
      `is not understood by ${walk.dialect.name} at the root: the model sees what all choices have together`,
    );
  }
  for (const keyword of ["allOf", "enum", "not"]) {
    const { [keyword]: value, ...rest } = schema;
    if (value === undefined) continue;
    lose(walk, "", keyword, `is not understood by ${walk.dialect.name} at the root and was left out`);
    schema = rest;
  }
  return schema.type === undefined ? { type: "object", ...schema } : schema;
}

function resolved(schema: JsonValue, root: JsonObject): JsonValue {
  if (!isJsonObject(schema) || typeof schema.$ref !== "string") return schema;
  const { $ref: ref, ...beside } = schema;
  const target = resolveRef(root, ref);
  return isJsonObject(target) && Object.keys(beside).length === 0 ? target : schema;
}
