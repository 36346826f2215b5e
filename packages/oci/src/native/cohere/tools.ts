/** Tools as `COHERE` takes them: one level of parameters with Python's type names. What does not fit is said in words. */
import {
  DIALECTS,
  fitSchema,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ToolDefinition,
} from "@locus-sdk/core";

const DIALECT = DIALECTS.cohereFlat;

/** One tool on the wire. */
export function encodeTool(tool: ToolDefinition, warn: (text: string) => void): JsonObject {
  const { schema, warnings } = fitSchema(`tool "${tool.name}"`, { schema: tool.parameters }, DIALECT);
  warnings.forEach(warn);
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const definitions = Object.entries(properties).map(([name, property]): [string, JsonValue] => {
    const { type, ...described } = isJsonObject(property) ? property : {};
    return [name, { ...described, type: typeName(type), isRequired: required.includes(name) }];
  });
  return {
    name: tool.name,
    description: tool.description,
    ...(definitions.length === 0 ? {} : { parameterDefinitions: Object.fromEntries(definitions) }),
  };
}

/** Of a type or null, the type; `str` where there are several, which the description tells. */
function typeName(type: JsonValue | undefined): string {
  const [name] = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === "string");
  return DIALECT.flat?.[name ?? "string"] ?? "str";
}
