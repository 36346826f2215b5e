/** Null in a schema: as a mark of its own, and as what an optional property may be instead. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { combine } from "./combine.ts";
import { resolveRef } from "./keywords.ts";
import type { Walk } from "./types.ts";

const NULL: JsonObject = { type: "null" };

function isNull(schema: JsonValue, root: JsonObject, seen: readonly string[] = []): boolean {
  if (!isJsonObject(schema)) return false;
  const { $ref: ref, type, const: only, enum: values } = schema;
  if (type === "null" || only === null) return true;
  if (Array.isArray(values) && values.length === 1 && values[0] === null) return true;
  if (typeof ref !== "string" || seen.includes(ref)) return false;
  return isNull(resolveRef(root, ref) ?? true, root, [...seen, ref]);
}

/** `schema` without null among its choices or types, marked `nullable` where there was one. */
export function collapseNull(schema: JsonObject, path: string, walk: Walk): JsonObject {
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices = schema[keyword];
    if (!Array.isArray(choices)) continue;
    const rest: readonly JsonValue[] = choices.filter((choice: JsonValue) => !isNull(choice, walk.root));
    if (rest.length === choices.length || rest.length === 0) continue;
    const { [keyword]: _choices, ...beside } = schema;
    const only = rest.length === 1 ? rest[0] : undefined;
    const without = isJsonObject(only) ? combine(only, beside, path, walk) : { ...beside, [keyword]: rest };
    return collapseNull({ ...without, nullable: true }, path, walk);
  }
  const { type, enum: values } = schema;
  if (!Array.isArray(type) || !type.includes("null") || type.length === 1) return schema;
  const rest: readonly JsonValue[] = type.filter((name: JsonValue) => name !== "null");
  const others: readonly JsonValue[] = Array.isArray(values)
    ? values.filter((one: JsonValue) => one !== null)
    : [];
  return {
    ...schema,
    type: rest.length === 1 ? (rest[0] ?? "string") : rest,
    ...(others.length > 0 ? { enum: others } : {}),
    nullable: true,
  };
}

/** `schema`, or null. */
export function orNull(schema: JsonObject): JsonObject {
  const { type, description, ...rest } = schema;
  const combined = ["const", "anyOf", "oneOf", "allOf", "$ref"].some((keyword) => keyword in schema);
  if (type !== undefined && !combined) {
    return {
      ...schema,
      type: [...(typeof type === "string" ? [type] : (type as readonly JsonValue[])), "null"],
      ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
    };
  }
  const bare = type === undefined ? rest : { type, ...rest };
  const { anyOf, ...beside } = bare;
  const choices = Array.isArray(anyOf) && Object.keys(beside).length === 0 ? anyOf : [bare];
  return { ...(description === undefined ? {} : { description }), anyOf: [...choices, NULL] };
}
