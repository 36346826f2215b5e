/** Constraints in a weaker form that more readers know. */
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { listOf, requiredOf, resolveRef } from "./keywords.ts";
import { lose, type Walk } from "./types.ts";

const BOUNDS = [
  ["exclusiveMinimum", "minimum", 1],
  ["exclusiveMaximum", "maximum", -1],
] as const;

/** `exclusiveMinimum` and `exclusiveMaximum` as `minimum` and `maximum`; of integers, without any loss. */
export function inclusive(schema: Map<string, JsonValue>, path: string, walk: Walk): void {
  for (const [exclusive, bound, step] of BOUNDS) {
    const value = schema.get(exclusive);
    if (value === undefined) continue;
    schema.delete(exclusive);
    const existing = schema.get(bound);
    if (typeof value !== "number") {
      if (value === true) lose(walk, path, exclusive, `became ${bound}: the bound itself is allowed`);
      continue;
    }
    const whole = schema.get("type") === "integer" && Number.isInteger(value);
    const limit = whole ? value + step : value;
    const tighter = step > 0 ? Math.max : Math.min;
    schema.set(bound, typeof existing === "number" ? tighter(existing, limit) : limit);
    if (!whole) lose(walk, path, exclusive, `became ${bound}: ${value} itself is allowed`);
  }
}

/** The schemas of a tuple's places, and of what follows them, in the words of any draft. */
function tupleOf(
  schema: JsonObject,
): { readonly places: readonly JsonValue[]; readonly after: JsonValue } | undefined {
  const { prefixItems, items, additionalItems } = schema;
  if (Array.isArray(prefixItems)) return { places: prefixItems, after: items ?? true };
  return Array.isArray(items) ? { places: items, after: additionalItems ?? true } : undefined;
}

/** A tuple as a list of what may stand at any of its places. */
export function listOfTuple(schema: JsonObject, path: string, walk: Walk): JsonObject {
  const tuple = tupleOf(schema);
  if (tuple === undefined) return schema;
  const { prefixItems: _places, items: _items, additionalItems: _after, ...rest } = schema;
  lose(
    walk,
    path,
    "prefixItems",
    `is not understood by ${walk.dialect.name}: any item may stand at any place`,
  );
  const all = tuple.after === false ? tuple.places : [...tuple.places, tuple.after];
  const distinct = [...new Map(all.map((one) => [canonicalJson(one), one])).values()];
  if (distinct.some((one) => one === true)) return { ...rest, items: {} };
  const [only] = distinct;
  return { ...rest, items: distinct.length === 1 && only !== undefined ? only : { anyOf: distinct } };
}

/** A tuple for readers that take every tuple for a closed one; an open one becomes a list. */
export function closedTuple(schema: JsonObject, path: string, walk: Walk): JsonObject {
  const tuple = tupleOf(schema);
  if (tuple === undefined) return schema;
  const isWhole = typeof schema.minItems === "number" && schema.minItems >= tuple.places.length;
  // Without `items`, the second time it is seen, it is what it became the first time.
  const isClosed =
    tuple.after === false || (schema.items === undefined && schema.maxItems === tuple.places.length);
  if (!isWhole || !isClosed) return listOfTuple(schema, path, walk);
  const { items: _items, additionalItems: _after, ...rest } = schema;
  return { ...rest, prefixItems: tuple.places, maxItems: tuple.places.length };
}

/** Whether no value can fit two of the choices: they are of different types, or a property tells them apart. */
export function exclusiveChoices(choices: readonly JsonValue[], root: JsonObject): boolean {
  const objects = choices.map((choice) =>
    isJsonObject(choice) && typeof choice.$ref === "string" ? resolveRef(root, choice.$ref) : choice,
  );
  if (!objects.every(isJsonObject)) return false;
  const types = objects.map(({ type }) => (type === "integer" ? "number" : type));
  if (types.every((type) => typeof type === "string") && isDistinct(types)) return true;
  const [first] = objects;
  const names = Object.keys(first !== undefined && isJsonObject(first.properties) ? first.properties : {});
  return names.some((name) => {
    const values = objects.map((choice) => literals(choice, name));
    return values.every((list) => list.length > 0) && isDistinct(values.flat());
  });
}

function literals(schema: JsonObject, name: string): readonly JsonValue[] {
  if (!isJsonObject(schema.properties) || !requiredOf(schema).includes(name)) return [];
  const property = schema.properties[name];
  if (!isJsonObject(property)) return [];
  return property.const === undefined ? listOf(property.enum) : [property.const];
}

const isDistinct = (values: readonly JsonValue[]): boolean =>
  new Set(values.map(canonicalJson)).size === values.length;
