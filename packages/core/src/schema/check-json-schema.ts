/** Whether JSON Schema means anything, told before a model is paid to follow it: references, types, the shapes of keywords. */
import { dereference } from "@cfworker/json-schema";
import { ConfigurationError, messageOf } from "../errors/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { describeValue } from "../options/check.ts";
import { didYouMean } from "../text/nearest.ts";
import { mapMember } from "./keywords.ts";

const TYPES: readonly string[] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/** What a keyword's value must be, in words, and whether it is. */
interface Shape {
  readonly expected: string;
  readonly fits: (value: JsonValue) => boolean;
}

const isText = (value: JsonValue): boolean => typeof value === "string";
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every(isText);
const isSchema = (value: JsonValue): boolean => isJsonObject(value) || typeof value === "boolean";

const TEXT: Shape = { expected: "text", fits: isText };
const NAMES: Shape = { expected: "a list of names", fits: isTexts };
const NUMBER: Shape = { expected: "a number", fits: (value) => typeof value === "number" };
const COUNT: Shape = {
  expected: "a whole number from 0",
  fits: (value) => Number.isInteger(value) && Number(value) >= 0,
};
/** Draft 4 has true and false here. */
const BOUND: Shape = { expected: "a number", fits: (value) => ["number", "boolean"].includes(typeof value) };
const MAP: Shape = { expected: "an object of schemas", fits: isJsonObject };
const CHOICES: Shape = {
  expected: "a list of schemas, and not empty",
  fits: (value) => Array.isArray(value) && value.length > 0,
};
const SCHEMA: Shape = { expected: "a schema: an object, true or false", fits: isSchema };

const SHAPES: Readonly<Record<string, Shape>> = {
  $ref: TEXT,
  $id: TEXT,
  $anchor: TEXT,
  $schema: TEXT,
  title: TEXT,
  description: TEXT,
  format: TEXT,
  pattern: { expected: "a regular expression as text", fits: isPattern },
  required: NAMES,
  enum: {
    expected: "a list of values, and not empty",
    fits: (value) => Array.isArray(value) && value.length > 0,
  },
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: BOUND,
  exclusiveMaximum: BOUND,
  multipleOf: { expected: "a number above 0", fits: (value) => typeof value === "number" && value > 0 },
  minLength: COUNT,
  maxLength: COUNT,
  minItems: COUNT,
  maxItems: COUNT,
  minContains: COUNT,
  maxContains: COUNT,
  minProperties: COUNT,
  maxProperties: COUNT,
  uniqueItems: { expected: "true or false", fits: (value) => typeof value === "boolean" },
  dependentRequired: {
    expected: "an object of lists of names",
    fits: (value) => isJsonObject(value) && Object.values(value).every(isTexts),
  },
  properties: MAP,
  patternProperties: {
    expected: "an object of schemas by regular expressions",
    fits: (value) => isJsonObject(value) && Object.keys(value).every(isPattern),
  },
  dependentSchemas: MAP,
  $defs: MAP,
  definitions: MAP,
  anyOf: CHOICES,
  oneOf: CHOICES,
  allOf: CHOICES,
  prefixItems: CHOICES,
  // Its items may be a list of schemas in older drafts.
  items: { expected: SCHEMA.expected, fits: (value) => isSchema(value) || Array.isArray(value) },
};

/** @throws ConfigurationError naming the first place at which `schema` is none. */
export function checkJsonSchema(owner: string, schema: JsonObject): void {
  // The validator writes notes of its own into the schema it is given: where each reference leads, for one.
  const copy = structuredClone(schema);
  let known: Readonly<Record<string, unknown>>;
  try {
    known = dereference(copy);
  } catch (cause) {
    // It gets no further than to read it where a keyword has no shape; that is said in better words.
    checkPart(owner, schema, "", undefined);
    throw new ConfigurationError(`${owner}: this is no JSON Schema: ${messageOf(cause)}`, { cause });
  }
  checkPart(owner, copy, "", known);
}

function checkPart(
  owner: string,
  schema: JsonValue,
  path: string,
  known: Readonly<Record<string, unknown>> | undefined,
): void {
  const at = path === "" ? "" : ` at ${path}`;
  if (typeof schema === "boolean") return;
  if (!isJsonObject(schema)) refuse(owner, `expected a schema${at}, not ${describeValue(schema)}`);
  checkTypes(owner, schema.type, at);
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = Object.hasOwn(SHAPES, keyword) ? SHAPES[keyword] : undefined;
    if (shape !== undefined && !shape.fits(value)) {
      refuse(owner, `${keyword}${at} must be ${shape.expected}, not ${describeValue(value)}`);
    }
  }
  if (typeof schema.$ref === "string" && known !== undefined) {
    const target: unknown = Reflect.get(schema, "__absolute_ref__") ?? schema.$ref;
    if (known[String(target)] === undefined) {
      refuse(owner, `$ref ${JSON.stringify(schema.$ref)}${at} leads nowhere`, missing(schema.$ref));
    }
  }
  for (const [keyword, value] of Object.entries(schema)) {
    mapMember(keyword, value, path, (part, where) => {
      checkPart(owner, part, where, known);
      return part;
    });
  }
}

function checkTypes(owner: string, given: JsonValue | undefined, at: string): void {
  if (given === undefined) return;
  const types = Array.isArray(given) ? given : [given];
  const unknown = types.find((type) => typeof type !== "string" || !TYPES.includes(type));
  if (unknown === undefined && types.length > 0) return;
  const nearest = typeof unknown === "string" ? didYouMean(unknown.toLowerCase(), TYPES) : "";
  refuse(
    owner,
    `type${at} must be one of ${TYPES.join(", ")}, not ${describeValue(unknown ?? given)}${nearest}`,
  );
}

/** As the validator reads it. */
function isPattern(value: JsonValue): boolean {
  if (typeof value !== "string") return false;
  try {
    new RegExp(value, "u");
    return true;
  } catch {
    return false;
  }
}

function missing(ref: string): string {
  return ref.startsWith("#")
    ? 'References lead to parts of the same schema: "#/$defs/City" to { "$defs": { "City": … } } at its root.'
    : "Schemas are not fetched from elsewhere: put it into $defs, and refer to it there.";
}

function refuse(owner: string, message: string, hint?: string): never {
  throw new ConfigurationError(`${owner}: ${message}`, hint === undefined ? {} : { hint });
}
