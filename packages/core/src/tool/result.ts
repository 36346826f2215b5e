/** What a tool's body returned, as an outcome: JSON for the record, text or parts for the model. */
import { type JsonValue, toJson } from "../json/json.ts";
import { contentSchema } from "../messages/schema.ts";
import type { UserPart } from "../messages/types.ts";

export interface ReadResult {
  readonly result: JsonValue;
  /** Where it is not `result` written out. */
  readonly content?: readonly UserPart[];
}

/** @throws TypeError where the value cannot be JSON. */
export function readResult(value: unknown): ReadResult {
  const result = toJson(value);
  return isContentParts(result) ? { result, content: result } : { result };
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["text"],
  image: ["url", "data"],
  file: ["url", "data", "fileId"],
  audio: ["data"],
};

/** A list that is nothing but content parts is content; any other list is data, also where its parts are only nearly so. */
function isContentParts(value: JsonValue): value is JsonValue & readonly UserPart[] {
  if (!Array.isArray(value) || value.length === 0 || !contentSchema.safeParse(value).success) return false;
  return value.every((part: JsonValue) => {
    if (typeof part !== "object" || part === null || !("type" in part)) return false;
    const fields = typeof part.type === "string" ? FIELDS[part.type] : undefined;
    return fields?.some((field) => typeof part[field] === "string") ?? false;
  });
}
