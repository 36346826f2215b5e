/** What a schema is read for: the JSON Schema that a model sees, and the check that what it writes is held to. */
import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isJsonObject, type JsonObject, type JsonValue, toJson } from "../json/json.ts";
import { readJsonObject } from "../options/check.ts";
import type { Awaitable, Validated } from "../tool/types.ts";
import { checkJsonSchema } from "./check-json-schema.ts";
import { listOf, resolveRef } from "./keywords.ts";

/** A schema library's schema (zod, Valibot, ArkType, …), or JSON Schema itself. */
export type ParameterSchema = StandardSchemaV1 | JsonObject;

/** A schema that was read. */
export interface CompiledSchema<Value> {
  /** A frozen copy: what is sent to the model does not change with what it was made from. */
  readonly jsonSchema: JsonObject;
  /** The value as the schema makes it, defaults filled in, or in words what is wrong with it. */
  readonly validate: (value: JsonValue) => Awaitable<Validated<Value>>;
}

/** What is said of the schema, and asked of it. */
export interface ReadSchemaOptions {
  /** Begins every error: `tool "search": parameters`. */
  readonly owner: string;
  /** Only an object's schema will do. Default `false`. */
  readonly object?: boolean;
  /** What the model sees, for schema libraries that cannot write it themselves. */
  readonly jsonSchema?: JsonObject | undefined;
}

export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value
  );
}

/**
 * A schema as JSON Schema plus check. JSON Schema may be of draft 4 to 2020-12 and is checked by `@cfworker/json-schema`.
 *
 * @throws ConfigurationError for a schema that cannot be written as JSON Schema, naming the place where its library says
 *   it; for JSON Schema with a reference that leads nowhere, a type that is none or a keyword of another shape; or that is not an object's, where that is asked for.
 * @example
 * ```ts
 * import { readSchema } from "@locus-sdk/core";
 * import { z } from "zod";
 *
 * const { jsonSchema, validate } = readSchema(z.object({ n: z.number().default(1) }), { owner: "answer" });
 * // jsonSchema: { type: "object", properties: { n: { type: "number", default: 1 } } }
 * await validate({}); // { ok: true, value: { n: 1 } }
 * ```
 */
export function readSchema<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  options: ReadSchemaOptions,
): CompiledSchema<Output>;
export function readSchema(schema: JsonObject, options: ReadSchemaOptions): CompiledSchema<JsonValue>;
export function readSchema(schema: ParameterSchema, options: ReadSchemaOptions): CompiledSchema<unknown>;
export function readSchema(schema: ParameterSchema, options: ReadSchemaOptions): CompiledSchema<unknown> {
  return isStandardSchema(schema) ? compileStandard(schema, options) : compileJsonSchema(schema, options);
}

function compileStandard<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  { owner, object = false, jsonSchema }: ReadSchemaOptions,
): CompiledSchema<Output> {
  const standard = schema["~standard"];
  return {
    jsonSchema:
      jsonSchema === undefined
        ? deepFreeze(ofObject(writeJsonSchema(standard, owner), object, owner))
        : givenJsonSchema(`${owner}: jsonSchema`, jsonSchema),
    validate: (value) => {
      const outcome = standard.validate(value);
      return outcome instanceof Promise ? outcome.then(verdict) : verdict(outcome);
    },
  };
}

function givenJsonSchema(owner: string, given: JsonObject): JsonObject {
  const jsonSchema = readJsonObject(owner, given);
  checkJsonSchema(owner, jsonSchema);
  return jsonSchema;
}

function compileJsonSchema(
  schema: JsonObject,
  { owner, object = false }: ReadSchemaOptions,
): CompiledSchema<JsonValue> {
  const whole = readJsonObject(owner, object ? { type: "object", properties: {}, ...schema } : schema);
  checkJsonSchema(owner, whole);
  const jsonSchema = deepFreeze(ofObject(whole, object, owner));
  // The validator writes notes of its own into the schema it is given.
  const validator = new Validator(structuredClone(jsonSchema), draftOf(schema), false);
  return {
    jsonSchema,
    validate: (value) => {
      const filled = fillDefaults(jsonSchema, jsonSchema, value);
      const { valid, errors } = validator.validate(filled);
      if (valid && (!object || isJsonObject(filled))) return { ok: true, value: filled };
      return { ok: false, message: errors.length === 0 ? "expected an object" : describeErrors(errors) };
    },
  };
}

/** `schema`, which has the type of an object where it is to be one. */
function ofObject(schema: JsonObject, object: boolean, owner: string): JsonObject {
  if (!object) return schema;
  if (!describesObject(schema, schema)) {
    const what = schema.type === undefined ? "anything else" : JSON.stringify(schema.type);
    throw new ConfigurationError(`${owner} must describe an object, not ${what}`);
  }
  return { type: "object", ...schema };
}

/** Whether nothing but objects fits, as far as types say it. */
function describesObject(
  schema: JsonValue | undefined,
  root: JsonObject,
  seen: readonly string[] = [],
): boolean {
  if (!isJsonObject(schema)) return false;
  const { $ref: ref, type } = schema;
  const inside = (one: JsonValue): boolean => describesObject(one, root, seen);
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices = listOf(schema[keyword]);
    if (choices.length > 0) return (type === undefined || type === "object") && choices.some(inside);
  }
  if (type !== undefined) return type === "object";
  if (typeof ref === "string" && !seen.includes(ref)) {
    return describesObject(resolveRef(root, ref), root, [...seen, ref]);
  }
  return listOf(schema.allOf).some(inside);
}

function verdict<Output>(outcome: StandardSchemaV1.Result<Output>): Validated<Output> {
  if (outcome.issues === undefined) return { ok: true, value: outcome.value };
  return { ok: false, message: outcome.issues.map(describeIssue).join("; ") };
}

function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

function writeJsonSchema(standard: object, owner: string): JsonObject {
  const converter =
    "jsonSchema" in standard ? (standard as StandardJSONSchemaV1.Props).jsonSchema : undefined;
  if (converter === undefined) {
    throw new ConfigurationError(`${owner}: this schema cannot be written as JSON Schema by its library`, {
      hint: "Use zod 4, another library that implements Standard JSON Schema, or pass jsonSchema beside parameters.",
    });
  }
  let written: JsonValue;
  try {
    written = toJson(
      converter.input({ target: "draft-2020-12", libraryOptions: { unrepresentable: refuseUnwritable } }),
    );
  } catch (cause) {
    const { place, reason } = cause instanceof Unwritable ? cause : { place: "", reason: String(cause) };
    throw new ConfigurationError(
      `${owner}: the schema cannot be written as JSON Schema${place === "" ? "" : ` at ${place}`}: ${reason}`,
      {
        cause,
        hint: "Models write JSON. Take what JSON has, such as z.iso.datetime() for a date, and transform it, or pass jsonSchema.",
      },
    );
  }
  const { $schema: _dialect, ...schema } = isJsonObject(written) ? written : {};
  return schema;
}

/** zod's own way to say of which part it is that JSON Schema has no word for it; other libraries do not ask. */
function refuseUnwritable(part: { readonly path?: unknown; readonly message?: unknown }): never {
  throw new Unwritable(part);
}

class Unwritable extends Error {
  readonly place: string;
  readonly reason: string;

  constructor({ path, message }: { readonly path?: unknown; readonly message?: unknown }) {
    super(String(message));
    this.place = Array.isArray(path) && path.length > 0 ? `/${path.map(String).join("/")}` : "";
    this.reason = this.message;
  }
}

function draftOf(schema: JsonObject): "4" | "7" | "2019-09" | "2020-12" {
  const dialect = typeof schema.$schema === "string" ? schema.$schema : "";
  if (dialect.includes("draft-04")) return "4";
  if (dialect.includes("draft-07") || dialect.includes("draft-06")) return "7";
  return dialect.includes("2019-09") ? "2019-09" : "2020-12";
}

/** The deepest errors say what is wrong; the ones above only that something below is. */
function describeErrors(errors: readonly OutputUnit[]): string {
  const leaves = errors.filter(
    (error) =>
      !errors.some(
        (other) => other !== error && other.keywordLocation.startsWith(`${error.keywordLocation}/`),
      ),
  );
  return [...new Set(leaves.map(describeError))].join("; ");
}

function describeError(error: OutputUnit): string {
  const path = error.instanceLocation.replace(/^#\/?/, "").replaceAll("/", ".");
  return path === "" ? error.error : `${path}: ${error.error}`;
}

/** `inDefaults`: the schemas whose defaults are being filled in around this value; none is filled into itself. */
function fillDefaults(
  root: JsonObject,
  schema: JsonValue | undefined,
  value: JsonValue,
  inDefaults: readonly JsonObject[] = [],
): JsonValue {
  return withReferences(root, schema).reduce<JsonValue>((filled, { items, properties }) => {
    if (Array.isArray(filled)) return filled.map((item) => fillDefaults(root, items, item, inDefaults));
    if (!isJsonObject(filled) || !isJsonObject(properties)) return filled;
    const members = new Map(Object.entries(filled));
    for (const [name, property] of Object.entries(properties)) {
      const present = members.get(name);
      if (present !== undefined) {
        members.set(name, fillDefaults(root, property, present, inDefaults));
        continue;
      }
      const schemas = withReferences(root, property);
      const fallback = schemas.find((candidate) => candidate.default !== undefined)?.default;
      if (fallback === undefined || schemas.some((candidate) => inDefaults.includes(candidate))) continue;
      const own = structuredClone(fallback);
      members.set(name, fillDefaults(root, property, own, [...inDefaults, ...schemas]));
    }
    return Object.fromEntries(members);
  }, value);
}

/** A schema, and those that its local `$ref` leads to, each once. */
function withReferences(root: JsonObject, schema: JsonValue | undefined): readonly JsonObject[] {
  const found: JsonObject[] = [];
  let next = schema;
  while (isJsonObject(next) && !found.includes(next)) {
    found.push(next);
    next = typeof next.$ref === "string" ? resolveRef(root, next.$ref) : undefined;
  }
  return found;
}
