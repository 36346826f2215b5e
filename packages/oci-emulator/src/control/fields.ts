// Reads single fields of JSON that has been checked, or was made here.
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

/** A field of text; empty if there is none. */
export function textOf(body: JsonObject | undefined, field: string): string {
  const value = body?.[field];
  return typeof value === "string" ? value : "";
}

/** A field inside a field. */
export function nested(body: JsonObject | undefined, field: string, inner: string): JsonValue | undefined {
  const value = body?.[field];
  return isJsonObject(value) ? value[inner] : undefined;
}
