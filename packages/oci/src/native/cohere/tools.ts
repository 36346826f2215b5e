/** Tools as `COHERE` takes them: one level of parameters with Python's type names. What does not fit is said in words. */
import { isJsonObject, type JsonObject, type JsonValue, type ToolDefinition } from "@locus-sdk/core";
import { sanitizeSchema } from "@locus-sdk/openai";

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "str",
  integer: "int",
  number: "float",
  boolean: "bool",
  array: "list",
  object: "dict",
};
/** Beyond this depth a schema is told as it is. */
const MAX_DEPTH = 4;

/** One tool on the wire. */
export function encodeTool(tool: ToolDefinition, warn: (text: string) => void): JsonObject {
  const { schema, lost } = sanitizeSchema(tool.parameters, {
    inlineRefs: true,
    nullable: "keyword",
    constAsEnum: true,
    drop: ["title", "$schema", "$id", "$comment", "$defs", "definitions", "x-*"],
  });
  for (const loss of lost) warn(`parameters of tool "${tool.name}", ${loss}: the model is not told`);
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const definitions = Object.entries(properties).map(([name, property]): [string, JsonObject] => {
    const described = describeProperty(property);
    return [
      name,
      {
        type: typeName(property),
        ...(described === "" ? {} : { description: described }),
        isRequired: isRequired(schema, name),
      },
    ];
  });
  return {
    name: tool.name,
    description: tool.description,
    ...(definitions.length === 0 ? {} : { parameterDefinitions: Object.fromEntries(definitions) }),
  };
}

const isRequired = (schema: JsonObject, name: string): boolean =>
  Array.isArray(schema.required) && schema.required.includes(name);

/** The Python name of a schema's type; `str` where it has several, which the description tells. */
function typeName(schema: JsonValue): string {
  if (!isJsonObject(schema)) return "str";
  if (typeof schema.type === "string") return TYPE_NAMES[schema.type] ?? "str";
  if (isJsonObject(schema.properties)) return "dict";
  if (schema.items !== undefined) return "list";
  const values = Array.isArray(schema.enum) ? schema.enum : [];
  const names = new Set([...choicesOf(schema).map(typeName), ...values.map(nameOfValue)]);
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : "str";
}

const nameOfValue = (value: JsonValue): string =>
  TYPE_NAMES[typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value] ?? "str";

function choicesOf(schema: JsonObject): readonly JsonValue[] {
  const choices = schema.anyOf ?? schema.oneOf;
  return Array.isArray(choices) ? choices : [];
}

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

/** A property in words: its own description, then everything that its type name does not say. */
function describeProperty(schema: JsonValue, depth = 0): string {
  if (!isJsonObject(schema)) return "";
  const words: string[] = [];
  if (typeof schema.description === "string" && schema.description !== "") words.push(schema.description);
  for (const [keyword, say] of CONSTRAINTS) {
    const value = schema[keyword];
    const said = value === undefined ? "" : say(value);
    if (said !== "") words.push(said);
  }
  words.push(...describeInside(schema, depth));
  return words.join(" ");
}

function describeInside(schema: JsonObject, depth: number): string[] {
  const { items, properties, additionalProperties } = schema;
  const choices = choicesOf(schema);
  if (depth >= MAX_DEPTH && [items, properties, additionalProperties, ...choices].some(isJsonObject)) {
    return [`JSON Schema: ${quoted(schema)}`];
  }
  const inner = (child: JsonValue): string => {
    const said = describeProperty(child, depth + 1);
    return said === "" ? typeName(child) : `${typeName(child)} (${said})`;
  };
  const words: string[] = [];
  if (isJsonObject(items)) words.push(`Each item: ${inner(items)}.`);
  if (isJsonObject(properties) && Object.keys(properties).length > 0) {
    const members = Object.entries(properties).map(
      ([name, child]) => `${quoted(name)}${isRequired(schema, name) ? " (required)" : ""}: ${inner(child)}`,
    );
    words.push(`An object with ${members.join("; ")}.`);
  }
  if (isJsonObject(additionalProperties)) words.push(`Each value: ${inner(additionalProperties)}.`);
  if (choices.length > 0) words.push(`Either ${choices.map(inner).join(", or ")}.`);
  return words;
}
