/** What keeps a schema out of OpenAI's strict mode. */
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { childrenOf, isObjectSchema, requiredOf } from "./keywords.ts";

/**
 * Why OpenAI's strict mode would refuse a schema, and where; `undefined` where it fits: every object closed and all its
 * properties required.
 */
export function strictModeProblem(schema: JsonObject, path = ""): string | undefined {
  if (isObjectSchema(schema)) {
    const where = path === "" ? "/" : path;
    if (schema.additionalProperties !== false) return `${where} allows additional properties`;
    const required = requiredOf(schema);
    const names = isJsonObject(schema.properties) ? Object.keys(schema.properties) : [];
    const optional = names.find((name) => !required.includes(name));
    if (optional !== undefined) return `${path}/${optional} is optional`;
  }
  for (const [child, at] of childrenOf(schema, path)) {
    const inside = strictModeProblem(child, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
