/** Where schemas stand within a schema, and what its local references lead to. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";

/** Keywords whose value is a map from names to schemas, a list of schemas, or a schema. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
]);
const LISTS: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
const SINGLES: ReadonlySet<string> = new Set([
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

/** Keywords that forbid nothing: leaving them out loses nothing that an answer could break. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
  "title",
  "description",
  "examples",
  "example",
  "default",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

export const isAnnotation = (keyword: string): boolean =>
  ANNOTATIONS.has(keyword) || keyword.startsWith("x-");

/** The value of `keyword` with every schema directly in it replaced. */
export function mapMember(
  keyword: string,
  value: JsonValue,
  path: string,
  replace: (schema: JsonValue, path: string) => JsonValue,
): JsonValue {
  const here = `${path}/${pointerStep(keyword)}`;
  if (MAPS.has(keyword) && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, replace(schema, `${here}/${pointerStep(name)}`)]),
    );
  }
  if (LISTS.has(keyword) && Array.isArray(value)) {
    return value.map((schema: JsonValue, index) => replace(schema, `${here}/${index}`));
  }
  return SINGLES.has(keyword) ? replace(value, here) : value;
}

/** The schemas directly in `schema`, with their places. */
export function* childrenOf(schema: JsonObject, path = ""): Generator<readonly [JsonObject, string]> {
  for (const [keyword, value] of Object.entries(schema)) {
    const found: (readonly [JsonObject, string])[] = [];
    mapMember(keyword, value, path, (child, at) => {
      if (isJsonObject(child)) found.push([child, at]);
      return child;
    });
    yield* found;
  }
}

const pointerStep = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The value a local JSON pointer (`#/$defs/City`) names. */
export function resolveRef(root: JsonObject, ref: string): JsonValue | undefined {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let value: JsonValue | undefined = root;
  for (const step of ref.slice(2).split("/")) {
    const key = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = (value as readonly JsonValue[])[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** Whether a reference leads back to where it stands. */
export function isRecursive(root: JsonObject): boolean {
  const done = new Set<JsonObject>();
  const open = new Set<JsonObject>();
  const leadsBack = (schema: JsonObject): boolean => {
    if (open.has(schema)) return true;
    if (done.has(schema)) return false;
    open.add(schema);
    const target = typeof schema.$ref === "string" ? resolveRef(root, schema.$ref) : undefined;
    const back =
      (isJsonObject(target) && leadsBack(target)) ||
      Object.entries(schema).some(
        ([keyword, value]) =>
          keyword !== "$defs" &&
          keyword !== "definitions" &&
          [...childrenOf({ [keyword]: value })].some(([child]) => leadsBack(child)),
      );
    open.delete(schema);
    done.add(schema);
    return back;
  };
  return leadsBack(root);
}

/** Whether the types a schema names include this one. */
function hasType(schema: JsonObject, type: string): boolean {
  return schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type));
}

export const isObjectSchema = (schema: JsonObject): boolean =>
  hasType(schema, "object") || isJsonObject(schema.properties);

export const requiredOf = (schema: JsonObject): readonly JsonValue[] =>
  Array.isArray(schema.required) ? schema.required : [];

export const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : [];

/** Whether null fits. Where that cannot be seen at once, it is said to. */
export function acceptsNull(schema: JsonValue, root: JsonObject, seen: readonly string[] = []): boolean {
  if (!isJsonObject(schema)) return schema !== false;
  const { $ref: ref } = schema;
  if (typeof ref === "string" && !seen.includes(ref)) {
    const target = resolveRef(root, ref);
    if (target !== undefined && !acceptsNull(target, root, [...seen, ref])) return false;
  }
  if (schema.type !== undefined && !hasType(schema, "null")) return false;
  if (schema.const !== undefined && schema.const !== null) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) return false;
  const fits = (one: JsonValue): boolean => acceptsNull(one, root, seen);
  return (
    listOf(schema.allOf).every(fits) &&
    (["anyOf", "oneOf"] as const).every((name) => !Array.isArray(schema[name]) || schema[name].some(fits))
  );
}
