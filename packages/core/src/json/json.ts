/** Plain JSON: its types, freezing, canonical text and a safe parse. Everything durable is made of it. */

export type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A plain object, as opposed to an array, a class instance or null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Freezes plain data all the way down; what is frozen already is trusted to be so all the way. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

/** Whether nothing of plain data can be changed any more. */
export function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

/** `value` where nobody can change it any more, else a frozen copy: the caller's stays as it is. */
export function frozenCopy<T>(value: T): T {
  return isDeeplyFrozen(value) ? value : deepFreeze(structuredClone(value));
}

/**
 * What `value` is once written as JSON: dates become text, `undefined` members go, class instances become
 * plain objects. Throws a `TypeError` where JSON cannot hold it (cycles, bigint).
 */
export function toJson(value: unknown): JsonValue {
  if (value === undefined) return null;
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as JsonValue);
}

/**
 * JSON text with members in code-unit order and no spaces, after RFC 8785: equal values have equal texts, and
 * `1`, `true` and `"1"` stay apart.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .filter((key) => value[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Whether JSON can hold `value` as it is: nothing would be lost or changed by writing it. */
export function isPlainJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlainJson);
  return (
    isRecord(value) && Object.values(value).every((member) => member === undefined || isPlainJson(member))
  );
}

/** Levels that JSON from outside may be nested; more of them are an attack on whatever walks the value. */
export const MAX_DEPTH = 200;

/** How deep the brackets of JSON text are nested, without parsing it. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth);
    else if (char === "}" || char === "]") depth--;
  }
  return deepest;
}

/** The parsed value, or `undefined` where `text` is not JSON or is nested too deep to be walked. */
export function parseJson(text: string): JsonValue | undefined {
  if (nestingOf(text) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
