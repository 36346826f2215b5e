/** Arguments: the JSON Schema that the model sees, and the check that the body relies on. */
import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isJsonObject, type JsonObject, type JsonValue, toJson } from "../json/json.ts";
import { readJsonObject } from "../options/check.ts";
import type { Awaitable, Validated } from "./types.ts";

/** A schema library's schema (zod, Valibot, ArkType, …), or JSON Schema itself. */
export type ParameterSchema = StandardSchemaV1 | JsonObject;

export interface CompiledSchema<Value> {
  /** A frozen copy: what is sent to the model does not change with what it was made from. */
  readonly jsonSchema: JsonObject;
  validate(value: JsonValue): Awaitable<Validated<Value>>;
}

export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value
  );
}

/** A Standard Schema as JSON Schema plus check; `jsonSchema` is for libraries that cannot write it themselves. */
export function compileStandard<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  owner: string,
  jsonSchema?: JsonObject,
): CompiledSchema<Output> {
  const standard = schema["~standard"];
  return {
    jsonSchema:
      jsonSchema === undefined
        ? deepFreeze(writeJsonSchema(standard, owner))
        : readJsonObject(`${owner}: jsonSchema`, jsonSchema),
    validate: (value) => {
      const outcome = standard.validate(value);
      return outcome instanceof Promise ? outcome.then(verdict) : verdict(outcome);
    },
  };
}

/** JSON Schema (draft 4 to 2020-12), checked by `@cfworker/json-schema`; `default`s are filled in. */
export function compileJsonSchema(schema: JsonObject, owner: string): CompiledSchema<JsonObject> {
  if (schema.type !== undefined && schema.type !== "object") {
    throw new ConfigurationError(
      `${owner}: parameters must describe an object, not ${JSON.stringify(schema.type)}`,
    );
  }
  const jsonSchema = readJsonObject(`${owner}: parameters`, { type: "object", properties: {}, ...schema });
  // The validator writes notes of its own into the schema it is given.
  const validator = new Validator(structuredClone(jsonSchema), draftOf(schema), false);
  return {
    jsonSchema,
    validate: (value) => {
      const filled = fillDefaults(jsonSchema, jsonSchema, value);
      const { valid, errors } = validator.validate(filled);
      if (valid && isJsonObject(filled)) return { ok: true, value: filled };
      return { ok: false, message: errors.length === 0 ? "expected an object" : describeErrors(errors) };
    },
  };
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
    written = toJson(converter.input({ target: "draft-2020-12" }));
  } catch (cause) {
    throw new ConfigurationError(`${owner}: the schema cannot be written as JSON Schema: ${String(cause)}`, {
      cause,
    });
  }
  const { $schema: _dialect, ...schema } = isJsonObject(written) ? written : {};
  if (
    schema.type !== "object" &&
    schema.anyOf === undefined &&
    schema.oneOf === undefined &&
    schema.allOf === undefined
  ) {
    throw new ConfigurationError(
      `${owner}: parameters must describe an object, not ${JSON.stringify(schema.type)}`,
    );
  }
  return { type: "object", ...schema };
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
    next = typeof next.$ref === "string" ? resolvePointer(root, next.$ref) : undefined;
  }
  return found;
}

/** What `#/$defs/address` points to. Other references are the validator's business. */
function resolvePointer(root: JsonObject, reference: string): JsonValue | undefined {
  const [before, ...steps] = reference.split("/");
  if (before !== "#") return undefined;
  return steps.reduce<JsonValue | undefined>((at, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, root);
}
