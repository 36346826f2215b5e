/** References in a schema: what stands in their place, and what stands beside them. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { combine } from "./combine.ts";
import { isAnnotation, listOf, resolveRef } from "./keywords.ts";
import { lose, type Walk } from "./types.ts";

/** A schema without its reference, and the references that have led to it. */
export interface InPlace {
  readonly schema: JsonObject;
  readonly opened: readonly string[];
}

/** A schema in which the parts of `allOf` that refer to something are what they refer to. */
export function partsInPlace(
  value: JsonObject,
  allOf: readonly JsonValue[],
  path: string,
  open: readonly string[],
  walk: Walk,
): InPlace {
  const opened = [...open];
  const parts = allOf.map((given) => {
    let part = given;
    while (isJsonObject(part) && typeof part.$ref === "string") {
      const { $ref: ref, ...beside } = part;
      const target = opened.includes(ref) ? undefined : resolveRef(walk.root, ref);
      if (target === undefined)
        lose(walk, path, ref, "contains itself or is not defined here, and was cut off");
      opened.push(ref);
      part = isJsonObject(target) ? combine(target, beside, path, walk) : beside;
    }
    if (!isJsonObject(part) || !Array.isArray(part.allOf)) return part;
    const inside = partsInPlace(part, part.allOf, path, opened, walk);
    opened.push(...inside.opened.slice(opened.length));
    return inside.schema;
  });
  return { schema: { ...value, allOf: parts }, opened };
}

/** A reference that stands alone, within what stood beside it; `undefined` where nothing did. */
export function besideRef(value: JsonObject): JsonObject | undefined {
  const { $ref: ref, ...rest } = value;
  const said = Object.keys(rest).filter((keyword) => keyword === "description" || !isAnnotation(keyword));
  if (said.length === 0) return undefined;
  const alone = { $ref: ref ?? "" };
  if (rest.anyOf !== undefined) return { ...rest, allOf: [...listOf(rest.allOf), alone] };
  return { ...rest, anyOf: [alone] };
}

/**
 * What is in the place of a reference: what it refers to, with what stood beside it on top. A definition that is open
 * around it already is cut off.
 */
export function inPlace(
  value: JsonObject,
  ref: string,
  path: string,
  open: readonly string[],
  walk: Walk,
): InPlace {
  const { $ref: _ref, ...beside } = value;
  const target = resolveRef(walk.root, ref);
  if (open.includes(ref)) {
    lose(walk, path, ref, "contains itself and was cut off");
    const isObject = isJsonObject(target) && target.type === "object";
    return { schema: isObject ? { ...beside, type: "object" } : beside, opened: open };
  }
  if (target === undefined) {
    lose(walk, path, ref, "is not defined here and was left out");
    return { schema: beside, opened: open };
  }
  const schema = isJsonObject(target) ? combine(target, beside, path, walk) : beside;
  return { schema, opened: [...open, ref] };
}
