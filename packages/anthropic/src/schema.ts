/** JSON Schema in the dialect that bound answers and strict tools take: what it lacks goes into the description. */
import { isRecord, type JsonObject, type JsonValue } from "@locus-sdk/core";

/** String formats of the dialect. */
const FORMATS: readonly string[] = [
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid",
];

/** Keywords of the dialect whose value is kept as it is. */
const KEPT: readonly string[] = ["type", "description", "title", "enum", "const", "required", "default"];
/** Keywords that say nothing about a value. */
const IGNORED: readonly string[] = ["$schema", "$id", "$comment", "examples"];
/** Keywords that hold schemas by name, in a list, or one. */
const NAMED: readonly string[] = ["properties", "$defs", "definitions"];
const LISTED: readonly string[] = ["anyOf", "allOf"];

/**
 * `schema` as the API takes it. Every object is closed. A constraint that the dialect lacks (`minimum`, `pattern`, …) is
 * told in the description instead: the model reads it, and whoever checks the answer checks it.
 *
 * @example
 * ```ts
 * import { strictSchema } from "@locus-sdk/anthropic";
 *
 * strictSchema({ type: "integer", minimum: 1 }); // { type: "integer", description: "{minimum: 1}" }
 * ```
 */
export function strictSchema(schema: JsonObject): JsonObject {
  const kept: Record<string, JsonValue> = {};
  const told: string[] = [];
  if (typeof schema.$ref === "string") {
    for (const name of NAMED) {
      const held = schema[name];
      if (name !== "properties" && isObject(held)) kept[name] = eachOf(held);
    }
    return { ...kept, $ref: schema.$ref };
  }
  for (const [name, value] of Object.entries(schema)) {
    if (IGNORED.includes(name) || name === "additionalProperties") continue;
    if (KEPT.includes(name)) kept[name] = value;
    else if (NAMED.includes(name) && isObject(value)) kept[name] = eachOf(value);
    else if (LISTED.includes(name) && Array.isArray(value)) kept[name] = value.map(oneOf);
    // Of several that may fit, exactly one has to: the dialect knows the weaker form.
    else if (name === "oneOf" && Array.isArray(value)) kept.anyOf = value.map(oneOf);
    else if (name === "items" && isObject(value)) kept.items = strictSchema(value);
    else if (name === "format" && typeof value === "string" && FORMATS.includes(value)) kept.format = value;
    else if (name === "minItems" && (value === 0 || value === 1)) kept.minItems = value;
    else told.push(`${name}: ${JSON.stringify(value)}`);
  }
  if (schema.type === "object" || isObject(schema.properties)) {
    kept.properties ??= {};
    kept.additionalProperties = false;
    if (isObject(schema.additionalProperties)) {
      told.push(`additionalProperties: ${JSON.stringify(schema.additionalProperties)}`);
    }
  }
  if (told.length > 0) {
    const said = typeof schema.description === "string" ? `${schema.description}\n\n` : "";
    kept.description = `${said}{${told.join(", ")}}`;
  }
  return kept;
}

const isObject = (value: JsonValue | undefined): value is JsonObject => isRecord(value);
const oneOf = (value: JsonValue): JsonValue => (isObject(value) ? strictSchema(value) : value);

function eachOf(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, oneOf(value)]));
}
