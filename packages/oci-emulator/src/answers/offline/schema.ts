// Reading a JSON schema: references, unions and types brought down to one plain node.
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";

/** The node to fill in: `$ref` followed, `allOf` merged, the first branch of a union that is not null taken. */
export function resolveSchema(schema: JsonValue | undefined, root: JsonObject, depth = 0): JsonObject {
  if (!isJsonObject(schema) || depth > 24) return {};
  if (typeof schema.$ref === "string") {
    const { $ref, ...rest } = schema;
    return resolveSchema(
      { ...resolveSchema(pointer(root, $ref), root, depth + 1), ...rest },
      root,
      depth + 1,
    );
  }
  if (Array.isArray(schema.allOf)) {
    const { allOf: _, ...rest } = schema;
    const parts = schema.allOf.map((part) => resolveSchema(part, root, depth + 1));
    return [...parts, rest].reduce<JsonObject>(merge, {});
  }
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = schema[keyword];
    if (!Array.isArray(branches)) continue;
    const nodes = branches.map((branch) => resolveSchema(branch, root, depth + 1));
    const chosen = nodes.find((node) => node.type !== "null") ?? nodes[0] ?? {};
    const { [keyword]: _, ...rest } = schema;
    return merge(rest, chosen);
  }
  return schema;
}

function merge(left: JsonObject, right: JsonObject): JsonObject {
  const merged: Record<string, JsonValue | undefined> = { ...left, ...right };
  if (isJsonObject(left.properties) && isJsonObject(right.properties)) {
    merged.properties = { ...left.properties, ...right.properties };
  }
  if (Array.isArray(left.required) && Array.isArray(right.required)) {
    merged.required = [...left.required, ...right.required];
  }
  return merged;
}

function pointer(root: JsonObject, reference: string): JsonValue | undefined {
  if (reference === "#") return root;
  let node: JsonValue | undefined = root;
  for (const step of reference.replace(/^#\//, "").split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    node = isJsonObject(node) ? node[key] : undefined;
  }
  return node;
}

export type SchemaType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

const types: ReadonlySet<string> = new Set([
  "object",
  "array",
  "string",
  "number",
  "integer",
  "boolean",
  "null",
]);
const isType = (value: unknown): value is SchemaType => typeof value === "string" && types.has(value);

/** The node's type; guessed from its keywords where it has none. */
export function typeOf(node: JsonObject): SchemaType {
  const declared = Array.isArray(node.type)
    ? (node.type.find((type) => type !== "null") ?? "null")
    : node.type;
  if (isType(declared)) return declared;
  if (isJsonObject(node.properties)) return "object";
  if (node.items !== undefined) return "array";
  return "string";
}

export function propertiesOf(node: JsonObject): readonly (readonly [name: string, schema: JsonValue])[] {
  const properties = isJsonObject(node.properties) ? node.properties : {};
  return Object.entries(properties).flatMap(([name, schema]) =>
    schema === undefined ? [] : [[name, schema] as const],
  );
}

export function requiredOf(node: JsonObject): ReadonlySet<string> {
  return new Set(
    Array.isArray(node.required) ? node.required.filter((name) => typeof name === "string") : [],
  );
}

export const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
