/** The dialects of JSON Schema that models' servers read: rows, each with the rules that hold for it. */
import { SAYABLE } from "./flat.ts";
import type { SchemaDialect } from "./types.ts";

const words = (...lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(" "));

/** What only annotates, and is refused by readers that refuse what they do not know. */
const COMMENTS = words("$schema $id $comment $anchor examples x-*");
/** What few readers know. */
const CONDITIONS = words(
  "not if then else dependentRequired dependentSchemas dependencies propertyNames patternProperties",
  "unevaluatedProperties unevaluatedItems contains minContains maxContains",
);
const CONTENT = words("contentEncoding contentMediaType contentSchema");
/** String formats that bound answers know. */
const FORMATS = words("date-time time date duration email hostname ipv4 ipv6 uuid");

const OPENAI_STRICT: SchemaDialect = {
  name: "OpenAI's strict mode",
  refs: "alone",
  oneOfAsAnyOf: true,
  mergeAllOf: true,
  tuples: "list",
  additionalProperties: "closed",
  optionalAsNull: true,
  // No looking around.
  patterns: /^(?!.*\(\?[=!<])/s,
  keep: words(
    "type title description enum const anyOf $ref $defs definitions",
    "properties required additionalProperties items minItems maxItems",
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf pattern format",
  ),
  values: { format: FORMATS },
};

const ANTHROPIC_STRICT: SchemaDialect = {
  name: "Anthropic",
  refs: "alone",
  noRecursion: true,
  oneOfAsAnyOf: true,
  tuples: "list",
  additionalProperties: "closed",
  tell: true,
  keep: words(
    "type title description enum const default anyOf allOf $ref $defs definitions",
    "properties required additionalProperties items minItems format",
  ),
  values: { format: [...FORMATS, "uri"], minItems: [0, 1] },
};

/** The rows, by name. */
export type DialectName =
  | "full"
  | "openaiTools"
  | "openaiOutput"
  | "openaiStrict"
  | "gemini"
  | "anthropicTools"
  | "anthropicStrict"
  | "anthropicStrictTools"
  | "ollama"
  | "cohereFlat";

/**
 * The dialects there are. A provider's table of model families names the one of each family.
 *
 * @example
 * ```ts
 * import { DIALECTS } from "@locus-sdk/core";
 *
 * const dialect = { ...DIALECTS.gemini, name: "our-gateway", mergeAllOf: false };
 * ```
 */
export const DIALECTS: Readonly<Record<DialectName, SchemaDialect>> = {
  /** Everything is read. */
  full: { name: "full" },
  /** OpenAI's own models: parameters of tools are one plain object. */
  openaiTools: { name: "OpenAI", plainRoot: true, strict: OPENAI_STRICT },
  /** OpenAI's own models: answers. */
  openaiOutput: { name: "OpenAI", strict: OPENAI_STRICT },
  /** What OpenAI's strict mode takes; `strictSchema` says whether a schema fits it at all. */
  openaiStrict: OPENAI_STRICT,
  /** Gemini and its like: a small part of OpenAPI's dialect. */
  gemini: {
    name: "Gemini",
    refs: "inline",
    nullable: true,
    inclusiveBounds: true,
    constAsEnum: true,
    completeTypes: true,
    oneOfAsAnyOf: true,
    mergeAllOf: true,
    tuples: "list",
    additionalProperties: "boolean",
    drop: ["title", "uniqueItems", "multipleOf", ...COMMENTS, ...CONDITIONS, ...CONTENT],
  },
  /** Claude: parameters of tools are one plain object. */
  anthropicTools: { name: "Anthropic", plainRoot: true },
  /** Claude: bound answers and strict tools. What is not enforced is told in the description. */
  anthropicStrict: ANTHROPIC_STRICT,
  /** Claude: strict tools. */
  anthropicStrictTools: { ...ANTHROPIC_STRICT, plainRoot: true },
  /** Ollama's `format`, which becomes a grammar of llama.cpp. */
  ollama: {
    name: "Ollama",
    oneOfAsAnyOf: true,
    tuples: "closed",
    bareAny: true,
    // Anchored, and without escapes of classes or groups of other kinds.
    patterns: /^\^(?:[^\\(]|\\[^A-Za-z0-9]|\((?!\?))*\$$/s,
    drop: [...CONDITIONS, ...CONTENT, "uniqueItems", "multipleOf", "minProperties", "maxProperties"],
  },
  /** Cohere's first format: one level of parameters by Python's types. */
  cohereFlat: {
    name: "Cohere",
    refs: "inline",
    nullable: true,
    constAsEnum: true,
    mergeAllOf: true,
    tuples: "list",
    keep: SAYABLE,
    flat: {
      string: "str",
      integer: "int",
      number: "float",
      boolean: "bool",
      array: "list",
      object: "dict",
    },
  },
};
