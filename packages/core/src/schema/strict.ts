/** Schemas for strict mode, and the way back from its answers: optional properties are null there, and are absent here. */
import { dereference, validate } from "@cfworker/json-schema";
import { deepFreeze, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { convertSchema } from "./convert.ts";
import { DIALECTS } from "./dialects.ts";
import { acceptsNull, childrenOf, isObjectSchema, listOf, requiredOf, resolveRef } from "./keywords.ts";
import { strictModeProblem } from "./strict-mode.ts";
import type { SchemaLoss } from "./types.ts";

/** A schema that fits strict mode where it can, and the way back from the values it binds. */
export interface StrictSchema {
  readonly schema: JsonObject;
  /** Why strict mode cannot bind the schema, and where. `schema` is then the one that was given. */
  readonly problem?: string;
  readonly lost: readonly SchemaLoss[];
  /** A value of `schema` as one of the schema that was given. Any other value is returned as it is. */
  readonly restore: (value: JsonValue) => JsonValue;
}

/** The member that a root other than an object is put into. */
export const WRAPPED = "value";

const known = new WeakMap<JsonObject, StrictSchema>();

/**
 * `schema` as OpenAI's strict mode takes it: objects are closed, an optional property is required and may be null, and a
 * root that is no object is the member `value` of one. `restore` takes all of that back. An optional property that
 * may be null by itself stays null.
 *
 * @example
 * ```ts
 * import { strictSchema } from "@locus-sdk/core";
 *
 * const { schema, restore } = strictSchema({
 *   type: "object",
 *   properties: { city: { type: "string" }, days: { type: "integer" } },
 *   required: ["city"],
 * });
 * // schema.properties.days: { type: ["integer", "null"] }
 * restore({ city: "Oslo", days: null }); // { city: "Oslo" }
 * ```
 */
export function strictSchema(schema: JsonObject): StrictSchema {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const made = makeStrict(schema);
  if (Object.isFrozen(schema)) known.set(schema, made);
  return made;
}

function makeStrict(given: JsonObject): StrictSchema {
  const isWrapped = !isPlainObject(given);
  const whole = isWrapped ? wrapped(given) : given;
  const { schema, lost } = convertSchema(
    Object.isFrozen(given) ? deepFreeze(whole) : whole,
    DIALECTS.openaiStrict,
  );
  const problem = narrowed(whole, lost) ?? unbound(schema) ?? strictModeProblem(schema);
  if (problem !== undefined) return { schema: given, problem, lost: [], restore: (value) => value };
  const restored = restoring(whole);
  return {
    schema,
    lost,
    restore: (value) => {
      const own = restored(value);
      return isWrapped ? unwrapped(own) : own;
    },
  };
}

/** A root that servers take for an object. */
export const isPlainObject = (schema: JsonObject): boolean =>
  schema.type === "object" &&
  ["$ref", "anyOf", "oneOf", "allOf", "enum", "const", "not"].every((keyword) => !(keyword in schema));

/** What a wrapper holds; what is none is returned as it is. */
export function unwrapped(value: JsonValue): JsonValue {
  return isJsonObject(value) && Object.hasOwn(value, WRAPPED) ? (value[WRAPPED] ?? null) : value;
}

/** References to the root and into it lead to where it is now. */
export function wrapped(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === "$ref" && typeof value === "string" && (value === "#" || value.startsWith("#/"))
      ? `#/properties/${WRAPPED}${value.slice(1)}`
      : value,
  );
  return {
    type: "object",
    properties: { [WRAPPED]: JSON.parse(text) as JsonValue },
    required: [WRAPPED],
    additionalProperties: false,
  };
}

/** The first place where a closed object would take less than was meant to be allowed. */
function narrowed(schema: JsonObject, lost: readonly SchemaLoss[]): string | undefined {
  const cut = lost.find(({ keyword }) => keyword === "schema");
  if (cut !== undefined) return `${cut.path} ${cut.reason}`;
  const pending: (readonly [JsonObject, string])[] = [[schema, ""]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [one, path] = next;
    const where = path === "" ? "/" : path;
    const { additionalProperties: others, properties } = one;
    const names = isJsonObject(properties) ? Object.keys(properties) : [];
    const isMap = others === true || isJsonObject(others) || one.patternProperties !== undefined;
    if (isMap && (names.length === 0 || (isJsonObject(others) && Object.keys(others).length > 0))) {
      return `${where} allows properties of any name`;
    }
    if (isObjectSchema(one) && !isJsonObject(properties) && others !== false) {
      return `${where} may be any object`;
    }
    pending.push(...childrenOf(one, path));
  }
  return undefined;
}

const BINDING: readonly string[] = ["type", "enum", "const", "anyOf", "$ref"];

/** The first place where anything fits. */
function unbound(schema: JsonObject, path = ""): string | undefined {
  if (!BINDING.some((keyword) => keyword in schema)) return `${path} may be anything`;
  if (schema.type === "array" && !isJsonObject(schema.items)) return `${path}/items may be anything`;
  for (const [child, at] of childrenOf(schema, path)) {
    const inside = unbound(child, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Takes nulls out of values of `whole` where a property that is not there was meant. */
function restoring(whole: JsonObject): (value: JsonValue) => JsonValue {
  // The validator writes notes of its own into the schema it is given.
  const root = structuredClone(whole);
  const lookup = dereference(root);
  const fits = (value: JsonValue, schema: JsonObject): boolean =>
    validate(value, schema, "2020-12", lookup).valid;

  return (top) => {
    /** A value is restored once by each schema, however many choices lead to it. */
    const done = new Map<JsonObject, Map<JsonValue, JsonValue>>();
    const restore = (
      value: JsonValue,
      schema: JsonValue | undefined,
      refs: readonly string[] = [],
    ): JsonValue => {
      if (!isJsonObject(schema) || typeof value !== "object" || value === null) return value;
      const earlier = done.get(schema)?.get(value);
      if (earlier !== undefined) return earlier;
      const own = members(value, schema);
      const result = combined(own, schema, refs);
      const ofSchema = done.get(schema) ?? new Map<JsonValue, JsonValue>();
      done.set(schema, ofSchema.set(value, result));
      return result;
    };
    const members = (value: JsonValue, schema: JsonObject): JsonValue => {
      if (Array.isArray(value)) {
        const places = listOf(schema.prefixItems);
        return value.map((item: JsonValue, index) => restore(item, places[index] ?? schema.items));
      }
      const { properties } = schema;
      if (!isJsonObject(value) || !isJsonObject(properties)) return value;
      const required = requiredOf(schema);
      return Object.fromEntries(
        Object.entries(value)
          .filter(
            ([name, member]) =>
              member !== null ||
              required.includes(name) ||
              !Object.hasOwn(properties, name) ||
              acceptsNull(properties[name] ?? true, root),
          )
          .map(([name, member]) => [
            name,
            Object.hasOwn(properties, name) ? restore(member, properties[name]) : member,
          ]),
      );
    };
    const combined = (value: JsonValue, schema: JsonObject, refs: readonly string[]): JsonValue => {
      let result = value;
      const { $ref: ref } = schema;
      if (typeof ref === "string" && !refs.includes(ref)) {
        result = restore(result, resolveRef(root, ref), [...refs, ref]);
      }
      for (const part of listOf(schema.allOf)) result = restore(result, part);
      for (const keyword of ["anyOf", "oneOf"]) {
        for (const choice of listOf(schema[keyword])) {
          if (!isJsonObject(choice)) continue;
          const tried = restore(result, choice);
          if (!fits(tried, choice)) continue;
          result = tried;
          break;
        }
      }
      return result;
    };
    return restore(top, root);
  };
}
