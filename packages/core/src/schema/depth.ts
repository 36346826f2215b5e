/** Schemas that are nested too deep to be walked. */
import { ConfigurationError } from "../errors/errors.ts";
import { type JsonObject, type JsonValue, MAX_DEPTH } from "../json/json.ts";

/**
 * @throws ConfigurationError for a schema that is nested deeper than JSON from outside may be. It is looked at level by
 *   level: what is nested deeper than the stack would not be told of otherwise.
 */
export function checkDepth(schema: JsonObject): void {
  let level = new Set<JsonObject | readonly JsonValue[]>([schema]);
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    const below = [...level].flatMap((value): readonly (JsonValue | undefined)[] => Object.values(value));
    level = new Set(below.filter((value) => typeof value === "object" && value !== null));
    if (level.size === 0) return;
  }
  throw new ConfigurationError(`a schema is nested deeper than ${MAX_DEPTH} levels`, {
    hint: "Put what repeats into `$defs`, and refer to it with `$ref`.",
  });
}
