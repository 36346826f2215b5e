/** Rewrites JSON Schema for readers that understand only part of it, and says what could not be kept. */
import { deepFreeze, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { mergeAllOf, plainRoot } from "./combine.ts";
import { checkDepth } from "./depth.ts";
import { flatten } from "./flat.ts";
import {
  acceptsNull,
  isAnnotation,
  isObjectSchema,
  isRecursive,
  listOf,
  mapMember,
  requiredOf,
} from "./keywords.ts";
import { collapseNull, orNull } from "./null.ts";
import { besideRef, inPlace, partsInPlace } from "./refs.ts";
import type { ConvertedSchema, SchemaDialect, Walk } from "./types.ts";
import { lose, loseKeyword } from "./types.ts";
import { closedTuple, exclusiveChoices, inclusive, listOfTuple } from "./weaken.ts";

/** Inlining repeats definitions; beyond this many nodes a schema is cut off rather than blown up. */
const MAX_NODES = 10_000;

const known = new WeakMap<SchemaDialect, WeakMap<JsonObject, ConvertedSchema>>();

/**
 * `schema` in a dialect. The input is not changed; in a dialect without rules it is returned as it is. A frozen schema is
 * converted once for each dialect, and the same result is returned from then on.
 *
 * @throws ConfigurationError for a schema that is nested deeper than 200 levels.
 * @example
 * ```ts
 * import { convertSchema, DIALECTS } from "@locus-sdk/core";
 *
 * const { schema, lost } = convertSchema({ type: "string", const: "Oslo", not: {} }, DIALECTS.gemini);
 * // schema: { type: "string", enum: ["Oslo"] }
 * // lost: [{ path: "", keyword: "not", reason: "is not understood by Gemini and was left out" }]
 * ```
 */
export function convertSchema(schema: JsonObject, dialect: SchemaDialect): ConvertedSchema {
  if (!Object.isFrozen(schema)) return convert(schema, dialect);
  let ofDialect = known.get(dialect);
  if (ofDialect === undefined) {
    ofDialect = new WeakMap();
    known.set(dialect, ofDialect);
  }
  let converted = ofDialect.get(schema);
  if (converted === undefined) {
    converted = deepFreeze(convert(schema, dialect));
    ofDialect.set(schema, converted);
  }
  return converted;
}

/** Rules that do nothing by themselves. */
const PASSIVE: ReadonlySet<string> = new Set(["name", "strict", "plainRoot"]);

function convert(schema: JsonObject, dialect: SchemaDialect): ConvertedSchema {
  checkDepth(schema);
  const asked =
    dialect.noRecursion === true && isRecursive(schema) ? { ...dialect, refs: "inline" as const } : dialect;
  const walk: Walk = { root: schema, dialect: asked, lost: new Map(), nodes: 0 };
  const root = dialect.plainRoot === true ? plainRoot(schema, walk) : schema;
  const isPassive = Object.keys(dialect).every((rule) => PASSIVE.has(rule));
  const rewritten = isPassive ? root : rewrite(root, "", [], walk);
  const whole = isJsonObject(rewritten) ? rewritten : {};
  return {
    schema: dialect.flat === undefined ? whole : flatten(whole, dialect.flat),
    lost: [...walk.lost.values()],
  };
}

function rewrite(value: JsonValue, path: string, open: readonly string[], walk: Walk): JsonValue {
  // `true` and `false` are schemas too, and stay what they are.
  if (!isJsonObject(value)) return value;
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES) {
    if (walk.nodes === MAX_NODES + 1) {
      lose(
        walk,
        path,
        "schema",
        "is too large once its definitions are put in place: it is cut off from here",
      );
    }
    return {};
  }
  const { dialect } = walk;
  if (typeof value.$ref === "string") {
    if (dialect.refs === "inline") {
      const { schema, opened } = inPlace(value, value.$ref, path, open, walk);
      return rewrite(schema, path, opened, walk);
    }
    const around = dialect.refs === "alone" ? besideRef(value) : undefined;
    if (around !== undefined) return rewrite(around, path, open, walk);
  }
  if (dialect.mergeAllOf === true && Array.isArray(value.allOf)) {
    const { schema, opened } = partsInPlace(value, value.allOf, path, open, walk);
    const merged = mergeAllOf(schema, path, walk);
    if (!Array.isArray(merged.allOf)) return rewrite(merged, path, opened, walk);
  }
  const flat = dialect.nullable === true ? collapseNull(value, path, walk) : value;
  if (flat !== value) return rewrite(flat, path, open, walk);
  const rewritten = rewriteMembers(value, path, open, walk);
  // What became null only now, by what was put together.
  const again = dialect.nullable === true ? collapseNull(rewritten, path, walk) : rewritten;
  return again === rewritten ? rewritten : rewrite(again, path, open, walk);
}

function rewriteMembers(value: JsonObject, path: string, open: readonly string[], walk: Walk): JsonObject {
  const { dialect } = walk;
  const result = new Map<string, JsonValue>();
  const told: string[] = [];
  for (const [given, child] of Object.entries(weaken(value, path, walk))) {
    if (given === "default" && child === null && dialect.nullable === true) continue;
    const keyword = given === "oneOf" && dialect.oneOfAsAnyOf === true ? "anyOf" : given;
    if (keyword !== given) {
      if (!exclusiveChoices(listOf(child), walk.root)) {
        lose(walk, path, given, `is read by ${dialect.name} as anyOf: more than one may fit`);
      }
      if (value.anyOf !== undefined) {
        loseKeyword(walk, path, given);
        continue;
      }
    }
    if (!understands(keyword, child, dialect)) {
      if (isAnnotation(keyword)) continue;
      if (dialect.tell === true) told.push(`${keyword}: ${JSON.stringify(child)}`);
      else loseKeyword(walk, path, given);
      continue;
    }
    const rewritten = mapMember(keyword, child, path, (schema, at) => rewrite(schema, at, open, walk));
    result.set(keyword, rewritten);
  }
  return finish(result, value, told, path, walk);
}

/** What has to go before the rest is read: leaving it out alone would make the rest say more than it did. */
function weaken(value: JsonObject, path: string, walk: Walk): JsonObject {
  const { dialect } = walk;
  let schema = value;
  if (dialect.tuples === "list") schema = listOfTuple(schema, path, walk);
  if (dialect.tuples === "closed") schema = closedTuple(schema, path, walk);
  if (schema.patternProperties !== undefined && !understands("patternProperties", {}, dialect)) {
    const { additionalProperties, ...open } = schema;
    if (additionalProperties !== undefined && dialect.additionalProperties !== "closed") schema = open;
  }
  return schema;
}

function finish(
  result: Map<string, JsonValue>,
  before: JsonObject,
  told: string[],
  path: string,
  walk: Walk,
): JsonObject {
  const { dialect } = walk;
  const value = result.get("const");
  if (dialect.constAsEnum === true && value !== undefined) {
    if (!result.has("enum")) result.set("enum", [value]);
    result.delete("const");
  }
  if (dialect.inclusiveBounds === true) inclusive(result, path, walk);
  if (dialect.completeTypes === true) {
    if (result.get("type") === "array" && !result.has("items")) result.set("items", {});
    if (result.get("type") === "object" && !result.has("properties")) result.set("properties", {});
  }
  if (isObjectSchema(before)) objectRules(result, before, told, path, walk);
  if (told.length > 0) {
    const said = result.get("description");
    const words = typeof said === "string" ? `${said}\n\n` : "";
    result.set("description", `${words}{${told.join(", ")}}`);
  }
  if (dialect.bareAny === true && [...result.keys()].every(isAnnotation)) {
    return path === ""
      ? Object.fromEntries([...result].filter(([name]) => /^(\$defs|definitions)$/.test(name)))
      : {};
  }
  return Object.fromEntries(result);
}

function objectRules(
  result: Map<string, JsonValue>,
  before: JsonObject,
  told: string[],
  path: string,
  walk: Walk,
): void {
  const { dialect } = walk;
  const others = before.additionalProperties;
  if (dialect.additionalProperties === "boolean" && isJsonObject(others)) {
    result.delete("additionalProperties");
    if (Object.keys(others).length > 0) loseKeyword(walk, path, "additionalProperties");
  }
  if (dialect.additionalProperties === "closed") {
    if (others !== undefined && others !== false) {
      lose(walk, path, "additionalProperties", `is always false for ${dialect.name}: no others can be given`);
      if (dialect.tell === true && isJsonObject(others)) {
        told.push(`additionalProperties: ${JSON.stringify(others)}`);
      }
    }
    if (!result.has("properties")) result.set("properties", {});
    result.set("additionalProperties", false);
  }
  const properties = result.get("properties");
  if (dialect.optionalAsNull !== true || !isJsonObject(properties)) return;
  const required = requiredOf(before);
  const declared = isJsonObject(before.properties) ? before.properties : {};
  result.set(
    "properties",
    Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        name,
        required.includes(name) || !isJsonObject(schema) || acceptsNull(declared[name] ?? true, walk.root)
          ? schema
          : orNull(schema),
      ]),
    ),
  );
  result.set("required", Object.keys(properties));
}

function understands(keyword: string, value: JsonValue, dialect: SchemaDialect): boolean {
  const { keep, drop = [], values = {}, patterns } = dialect;
  if (keyword === "const" && dialect.constAsEnum === true) return understands("enum", value, dialect);
  // Everything that is defined there stands where it is needed.
  if (dialect.refs === "inline" && (keyword === "$defs" || keyword === "definitions")) return false;
  if (keep !== undefined && !keep.includes(keyword)) return false;
  const isDropped = drop.some((pattern) =>
    pattern.endsWith("*") ? keyword.startsWith(pattern.slice(0, -1)) : keyword === pattern,
  );
  if (isDropped) return false;
  if (keyword === "pattern" && patterns !== undefined)
    return typeof value === "string" && patterns.test(value);
  const read = Object.hasOwn(values, keyword) ? values[keyword] : undefined;
  return read === undefined || read.includes(value);
}
