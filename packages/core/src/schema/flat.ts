/** A schema as one level of typed parameters: everything that a type does not say is said in the description. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { listOf, requiredOf } from "./keywords.ts";

/** Beyond this depth a schema is told as it is. */
const MAX_DEPTH = 4;

type TypeNames = Readonly<Record<string, string>>;

/** `schema` with a type and a description for each of its properties. One that has several types has none. */
export function flatten(schema: JsonObject, names: TypeNames): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const flat = Object.entries(properties).map(([name, property]): [string, JsonObject] => {
    const described = describe(property, names);
    const type = typeOf(property);
    return [
      name,
      {
        ...(type === undefined ? {} : { type }),
        ...(described === "" ? {} : { description: described }),
      },
    ];
  });
  const required = requiredOf(schema).filter((name) => flat.some(([known]) => known === name));
  return {
    type: "object",
    properties: Object.fromEntries(flat),
    ...(required.length === 0 ? {} : { required }),
  };
}

function typeOf(schema: JsonValue): string | readonly string[] | undefined {
  const kind = kindOf(schema);
  const isNullable = isJsonObject(schema) && schema.nullable === true;
  return kind !== undefined && kind !== "null" && isNullable ? [kind, "null"] : kind;
}

/** The one type of what fits a schema; `undefined` where there may be several. */
function kindOf(schema: JsonValue): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (typeof schema.type === "string") return schema.type;
  if (schema.type === undefined && isJsonObject(schema.properties)) return "object";
  if (schema.type === undefined && schema.items !== undefined) return "array";
  const kinds = new Set([...choicesOf(schema).map(kindOf), ...listOf(schema.enum).map(kindOfValue)]);
  const [only] = kinds;
  return kinds.size === 1 ? only : undefined;
}

function kindOfValue(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "object") return Array.isArray(value) ? "array" : "object";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

function choicesOf(schema: JsonObject): readonly JsonValue[] {
  const choices = schema.anyOf ?? schema.oneOf;
  return Array.isArray(choices) ? choices : listOf(schema.type).map((type) => ({ type }));
}

const nameOf = (schema: JsonValue, names: TypeNames): string => {
  const kind = kindOf(schema) ?? "string";
  return Object.hasOwn(names, kind) ? (names[kind] ?? kind) : (names.string ?? kind);
};

const quoted = (value: JsonValue): string => JSON.stringify(value);
const plain = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** How a constraint reads, by its keyword; numbers and texts are put in as they are. */
const CONSTRAINTS: readonly (readonly [keyword: string, say: (value: JsonValue) => string])[] = [
  ["enum", (values) => (Array.isArray(values) ? `One of: ${values.map(quoted).join(", ")}.` : "")],
  ["format", (format) => `Format: ${plain(format)}.`],
  ["pattern", (pattern) => `Must match the pattern ${plain(pattern)}.`],
  ["minimum", (bound) => `At least ${plain(bound)}.`],
  ["maximum", (bound) => `At most ${plain(bound)}.`],
  ["exclusiveMinimum", (bound) => `Greater than ${plain(bound)}.`],
  ["exclusiveMaximum", (bound) => `Less than ${plain(bound)}.`],
  ["multipleOf", (step) => `A multiple of ${plain(step)}.`],
  ["minLength", (length) => `At least ${plain(length)} characters.`],
  ["maxLength", (length) => `At most ${plain(length)} characters.`],
  ["minItems", (count) => `At least ${plain(count)} items.`],
  ["maxItems", (count) => `At most ${plain(count)} items.`],
  ["uniqueItems", (unique) => (unique === true ? "No item twice." : "")],
  ["nullable", (nullable) => (nullable === true ? "May be null." : "")],
  ["default", (value) => `Default: ${quoted(value)}.`],
];

/** The keywords that can be said in words. */
export const SAYABLE: readonly string[] = [
  ...CONSTRAINTS.map(([keyword]) => keyword),
  "type",
  "description",
  "items",
  "properties",
  "required",
  "additionalProperties",
  "anyOf",
  "oneOf",
];

/** A property in words: its own description, then everything that its type does not say and no word of it has said. */
function describe(schema: JsonValue, names: TypeNames, depth = 0): string {
  if (!isJsonObject(schema)) return "";
  const own = typeof schema.description === "string" ? schema.description : "";
  const words = CONSTRAINTS.map(([keyword, say]) => {
    const value = schema[keyword];
    return value === undefined ? "" : say(value);
  });
  words.push(...describeInside(schema, names, depth));
  return [own, ...words.filter((said) => !own.includes(said))].filter((said) => said !== "").join(" ");
}

function describeInside(schema: JsonObject, names: TypeNames, depth: number): readonly string[] {
  const { items, properties, additionalProperties } = schema;
  const choices = choicesOf(schema);
  if (depth >= MAX_DEPTH && [items, properties, additionalProperties, ...choices].some(isJsonObject)) {
    return [`JSON Schema: ${quoted(schema)}`];
  }
  const inner = (child: JsonValue): string => {
    const said = describe(child, names, depth + 1);
    return said === "" ? nameOf(child, names) : `${nameOf(child, names)} (${said})`;
  };
  const words: string[] = [];
  if (isJsonObject(items)) words.push(`Each item: ${inner(items)}.`);
  if (isJsonObject(properties) && Object.keys(properties).length > 0) {
    const required = requiredOf(schema);
    const members = Object.entries(properties).map(
      ([name, child]) => `${quoted(name)}${required.includes(name) ? " (required)" : ""}: ${inner(child)}`,
    );
    words.push(`An object with ${members.join("; ")}.`);
  }
  if (isJsonObject(additionalProperties)) words.push(`Each value: ${inner(additionalProperties)}.`);
  if (choices.length > 0) words.push(`Either ${choices.map(inner).join(", or ")}.`);
  return words;
}
