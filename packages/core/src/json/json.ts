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

/** What has members, as opposed to null and what is no object. */
const hasMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Freezes plain data all the way down; what is frozen already is trusted to be so all the way. */
export function deepFreeze<T>(value: T): T {
  if (!hasMembers(value) || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of Object.values(value)) deepFreeze(item);
  else {
    // By name, here and below: a list of its members would be made for every object of every event.
    for (const name in value) {
      const member = value[name];
      if (hasMembers(member) && Object.hasOwn(value, name)) deepFreeze(member);
    }
  }
  return Object.freeze(value);
}

/** Whether nothing of plain data can be changed any more. */
export function isDeeplyFrozen(value: unknown): boolean {
  if (!hasMembers(value)) return true;
  if (!Object.isFrozen(value)) return false;
  if (Array.isArray(value)) return Object.values(value).every(isDeeplyFrozen);
  for (const name in value) {
    const member = value[name];
    if (hasMembers(member) && Object.hasOwn(value, name) && !isDeeplyFrozen(member)) return false;
  }
  return true;
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
  const copy = copyPlain(value, MAX_DEPTH);
  if (copy !== undefined) return copy;
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as JsonValue);
}

/** The same without the way over text, for what is plain already; `undefined` leaves the rest to the text. */
function copyPlain(value: unknown, depth: number): JsonValue | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  // As in text, a zero has no sign.
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : undefined;
  if (depth === 0 || !hasMembers(value) || value.toJSON !== undefined) return undefined;
  if (Array.isArray(value)) {
    const items: JsonValue[] = [];
    for (let at = 0; at < value.length; at++) {
      const copy = copyPlain(value[at], depth - 1);
      if (copy === undefined) return undefined;
      items.push(copy);
    }
    return items;
  }
  if (!isRecord(value)) return undefined;
  const members: Record<string, JsonValue> = {};
  for (const name in value) {
    const member = value[name];
    if (member === undefined || !Object.hasOwn(value, name)) continue;
    const copy = copyPlain(member, depth - 1);
    // The name would be taken for the prototype of the copy.
    if (copy === undefined || name === "__proto__") return undefined;
    members[name] = copy;
  }
  return members;
}

/**
 * JSON text with members in code-unit order and no spaces, after RFC 8785: equal values have equal texts, and
 * `1`, `true` and `"1"` stay apart.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  let members = "";
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  for (const key of keys) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Whether JSON can hold `value` as it is: nothing would be lost or changed by writing it. */
export function isPlainJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlainJson);
  if (!isRecord(value)) return false;
  for (const name in value) {
    const member = value[name];
    if (member !== undefined && !isPlainJson(member) && Object.hasOwn(value, name)) return false;
  }
  return true;
}

/** Levels that JSON from outside may be nested; more of them are an attack on whatever walks the value. */
export const MAX_DEPTH = 200;

const [QUOTE, BACKSLASH, BRACE, BRACKET, CLOSING_BRACE, CLOSING_BRACKET] = [
  0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d,
];

/** How deep the brackets of JSON text are nested, without parsing it. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === BACKSLASH) at++;
      else if (char === QUOTE) quoted = false;
    } else if (char === QUOTE) quoted = true;
    else if (char === BRACE || char === BRACKET) deepest = Math.max(deepest, ++depth);
    else if (char === CLOSING_BRACE || char === CLOSING_BRACKET) depth--;
  }
  return deepest;
}

/** The parsed value, or `undefined` where `text` is not JSON or is nested too deep to be walked. */
export function parseJson(text: string): JsonValue | undefined {
  // A shorter text has not that many brackets.
  if (text.length > MAX_DEPTH && nestingOf(text) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
