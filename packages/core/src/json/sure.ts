/**
 * Checks of what is nearly always as it should be: they make nothing and ask no schema. A yes is sure, and a schema of the
 * same type would say the same; a no says no more than that the schema is to be asked, which has the words for what is wrong.
 */
import { isRecord, type JsonObject, type JsonValue } from "./json.ts";

export type Sure<T> = (value: unknown) => value is T;

export const text: Sure<string> = (value) => typeof value === "string";
export const flag: Sure<boolean> = (value) => typeof value === "boolean";
export const yes: Sure<true> = (value) => value === true;
/** From 0. */
export const amount: Sure<number> = (value): value is number =>
  typeof value === "number" && value >= 0 && value !== Number.POSITIVE_INFINITY;
export const json: Sure<JsonValue> = (value): value is JsonValue => isJson(value, DEEPEST);
export const jsonObject: Sure<JsonObject> = (value): value is JsonObject =>
  isPlain(value) && isJson(value, DEEPEST);

/** What is nested deeper is rare, and may go round in circles. */
const DEEPEST = 64;

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth === 0) return false;
  if (isList(value)) {
    for (let at = 0; at < value.length; at++) if (!isJson(value[at], depth - 1)) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  for (const name in value) if (!isJson(value[name], depth - 1)) return false;
  return true;
}

/** A list of another class may say for itself what is in it. */
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;

/** The same of an object: no class of its own, and no array whose class was taken from it. */
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && !Array.isArray(value);

/** One of these words. */
export function oneOf<T extends string>(words: { readonly [K in T]: K }): Sure<T> {
  const known = new Set<unknown>(Object.keys(words));
  return (value): value is T => known.has(value);
}

export function listOf<T>(item: Sure<T>): Sure<readonly T[]> {
  return (value): value is readonly T[] => {
    if (!isList(value)) return false;
    for (let at = 0; at < value.length; at++) if (!item(value[at])) return false;
    return true;
  };
}

type OptionalOf<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];
type Needed<T> = { readonly [K in Exclude<keyof T, OptionalOf<T>>]: Sure<T[K]> };
type Optional<T> = { readonly [K in OptionalOf<T>]: Sure<Exclude<T[K], undefined>> };

/** An object of these members and no others: of any others nobody here can be sure. */
export function objectOf<T>(needed: Needed<T>, optional: Optional<T>): Sure<T> {
  const members = new Map<string, Sure<unknown>>(Object.entries({ ...needed, ...optional }));
  const names = new Set(Object.keys(needed));
  return (value): value is T => {
    if (!isPlain(value)) return false;
    let missing = names.size;
    for (const name in value) {
      const isSure = members.get(name);
      if (isSure === undefined || !isSure(value[name])) return false;
      if (names.has(name)) missing--;
    }
    return missing === 0;
  };
}

/** An object of the kind that its member `tag` says. */
export function kindOf<Tag extends string, T extends Readonly<Record<Tag, string>>>(
  tag: Tag,
  kinds: { readonly [K in T[Tag]]: Sure<Extract<T, Readonly<Record<Tag, K>>>> },
): Sure<T> {
  const known = new Map<unknown, Sure<unknown>>(Object.entries(kinds));
  return (value): value is T => isPlain(value) && known.get(value[tag])?.(value) === true;
}
