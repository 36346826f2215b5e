/** Schemas for readers that know only part of JSON Schema, and what is said about the rest. */
import { type Schema, Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { convertSchema } from "./convert.ts";
import { DIALECTS, type DialectName } from "./dialects.ts";
import { mapMember } from "./keywords.ts";

const lossesOf = (schema: JsonObject, name: DialectName): readonly string[] =>
  convertSchema(schema, DIALECTS[name]).lost.map(
    ({ path, keyword, reason }) => `${path} ${keyword} ${reason}`,
  );
const gemini = (schema: JsonObject): JsonObject => convertSchema(schema, DIALECTS.gemini).schema;

describe("a dialect that reads everything", () => {
  it("takes the very schema", () => {
    const schema = { type: "object", not: { const: 1 } };
    expect(convertSchema(schema, DIALECTS.full)).toEqual({ schema, lost: [] });
    expect(convertSchema(schema, DIALECTS.full).schema).toBe(schema);
  });
});

describe("a small dialect", () => {
  it("has definitions in the place of their references, with what stood beside them on top", () => {
    const schema = {
      type: "object",
      properties: {
        home: { $ref: "#/$defs/City", description: "where one lives" },
        work: { $ref: "#/$defs/City" },
      },
      $defs: { City: { type: "string", description: "a city" } },
    };
    expect(gemini(schema)).toEqual({
      type: "object",
      properties: {
        home: { type: "string", description: "where one lives" },
        work: { type: "string", description: "a city" },
      },
    });
    expect(lossesOf(schema, "gemini")).toEqual([]);
  });

  it("cuts a definition that contains itself, and says so", () => {
    const schema = {
      $ref: "#/$defs/Node",
      $defs: { Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } } },
    };
    expect(gemini(schema)).toEqual({
      type: "object",
      properties: { next: { type: "object", properties: {} } },
    });
    expect(lossesOf(schema, "gemini")).toEqual([
      "/properties/next #/$defs/Node contains itself and was cut off",
    ]);
  });

  it("follows references into encoded paths, and reports the ones that lead nowhere", () => {
    const schema = {
      anyOf: [{ $ref: "#/$defs/a~1b%20c" }, { $ref: "#/$defs/missing" }, { $ref: "https://example.com/x" }],
      $defs: { "a/b c": { type: "number" } },
    };
    expect(gemini(schema)).toEqual({ anyOf: [{ type: "number" }, {}, {}] });
    expect(lossesOf(schema, "gemini")).toHaveLength(2);
  });

  it("does not blow up on definitions that double at every level", () => {
    const levels = Array.from({ length: 30 }, (_, level): readonly [string, JsonValue] => {
      const next = { $ref: `#/$defs/L${level + 1}` };
      return [`L${level}`, { type: "object", properties: { a: next, b: next } }];
    });
    const $defs = { ...Object.fromEntries(levels), L30: { type: "string" } };
    const { schema, lost } = convertSchema({ $ref: "#/$defs/L0", $defs }, DIALECTS.gemini);
    expect(lost.map(({ reason }) => reason)).toEqual([expect.stringContaining("too large")]);
    expect(nodesOf(schema)).toBeLessThan(20_100);
  });

  it("marks null instead of choosing it", () => {
    const properties = {
      a: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
      b: { type: ["integer", "null"] },
      c: { enum: ["x", null], type: ["string", "null"] },
      d: { oneOf: [{ type: "string" }, { type: "number" }, { type: "null" }] },
    };
    expect(gemini({ type: "object", properties }).properties).toEqual({
      a: { type: "string", nullable: true },
      b: { type: "integer", nullable: true },
      c: { type: "string", enum: ["x"], nullable: true },
      d: { anyOf: [{ type: "string" }, { type: "number" }], nullable: true },
    });
  });

  it("moves exclusive bounds of integers by one, and reports those of numbers", () => {
    const schema = {
      type: "object",
      properties: {
        age: { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 150, minimum: -5 },
        share: { type: "number", exclusiveMinimum: 0 },
      },
    };
    expect(gemini(schema).properties).toEqual({
      age: { type: "integer", minimum: 1, maximum: 149 },
      share: { type: "number", minimum: 0 },
    });
    expect(lossesOf(schema, "gemini")).toEqual([
      "/properties/share exclusiveMinimum became minimum: 0 itself is allowed",
    ]);
  });

  it("has const as enum, complete arrays and objects, and no comments", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "T",
      "x-order": 1,
      type: "object",
      properties: { kind: { const: "a" }, list: { type: "array" }, empty: { type: "object" } },
    };
    expect(gemini(schema)).toEqual({
      type: "object",
      properties: {
        kind: { enum: ["a"] },
        list: { type: "array", items: {} },
        empty: { type: "object", properties: {} },
      },
    });
    expect(lossesOf(schema, "gemini")).toEqual([]);
  });

  it("puts the parts of allOf together, also those that are defined elsewhere", () => {
    const schema = {
      allOf: [
        { $ref: "#/$defs/A" },
        { type: "object", properties: { a: { minLength: 2 }, b: { type: "number" } }, required: ["b"] },
      ],
      $defs: { A: { type: "object", properties: { a: { type: "string" } }, required: ["a"] } },
    };
    const { required, ...rest } = gemini(schema);
    expect(rest).toEqual({
      type: "object",
      properties: { a: { type: "string", minLength: 2 }, b: { type: "number" } },
    });
    expect(new Set(required as readonly string[])).toEqual(new Set(["a", "b"]));
    expect(lossesOf(schema, "gemini")).toEqual([]);
  });

  it("knows no tuples and no maps, and what it leaves out does not make the rest say more", () => {
    const schema = {
      type: "object",
      properties: {
        pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false },
        map: { type: "object", propertyNames: { minLength: 2 }, additionalProperties: { type: "number" } },
        named: { type: "object", patternProperties: { "^x": {} }, additionalProperties: false },
      },
    };
    expect(gemini(schema).properties).toEqual({
      pair: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
      map: { type: "object", properties: {} },
      named: { type: "object", properties: {} },
    });
    expect(lossesOf(schema, "gemini").map((loss) => loss.split(" ").slice(0, 2))).toEqual([
      ["/properties/pair", "prefixItems"],
      ["/properties/map", "propertyNames"],
      ["/properties/map", "additionalProperties"],
      ["/properties/named", "patternProperties"],
    ]);
  });

  it("reads a choice of exactly one as a choice, which is a loss only where two can fit", () => {
    const choice = (...kinds: readonly string[]): JsonObject => ({
      oneOf: kinds.map((kind) => ({
        type: "object",
        properties: { kind: { const: kind } },
        required: ["kind"],
      })),
    });
    expect(lossesOf(choice("a", "b"), "gemini")).toEqual([]);
    expect(lossesOf(choice("a", "a"), "gemini")).toHaveLength(1);
  });

  test("properties that are named like keywords are never touched", () => {
    const names = ["title", "$schema", "x-ray", "const", "not", "allOf", "__proto__"];
    const schema = {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    };
    expect(JSON.stringify(gemini(schema))).toBe(JSON.stringify(schema));
  });
});

describe("a root that has to be one object", () => {
  const tools = (schema: JsonObject): JsonObject => convertSchema(schema, DIALECTS.anthropicTools).schema;

  it("has the properties of all choices, and requires what all of them do", () => {
    const schema = {
      type: "object",
      oneOf: [
        {
          type: "object",
          properties: { do: { const: "add" }, text: { type: "string" } },
          required: ["do", "text"],
        },
        { $ref: "#/$defs/Drop" },
      ],
      $defs: {
        Drop: {
          type: "object",
          properties: { do: { const: "drop" }, id: { type: "integer" } },
          required: ["do"],
        },
      },
    };
    expect(tools(schema)).toMatchObject({
      type: "object",
      properties: { do: { enum: ["add", "drop"] }, text: { type: "string" }, id: { type: "integer" } },
      required: ["do"],
    });
    expect(tools(schema)).not.toHaveProperty("oneOf");
    expect(lossesOf(schema, "anthropicTools")).toEqual([expect.stringContaining("at the root")]);
  });

  it("is left alone where it is one", () => {
    const schema = { type: "object", properties: { a: { oneOf: [{ type: "string" }] } } };
    expect(tools(schema)).toBe(schema);
    expect(tools({})).toEqual({ type: "object" });
  });
});

describe("one level of parameters", () => {
  it("has the type of each property, null beside it where it may be null, and says the rest in words", () => {
    const schema = {
      type: "object",
      properties: {
        n: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] },
        nothing: { anyOf: [{ const: null }, { type: "null" }] },
        either: { type: ["string", "number"], description: "A word or a number." },
        never: { type: "string", not: { const: "" } },
      },
      required: ["n"],
    };
    expect(convertSchema(schema, DIALECTS.cohereFlat).schema).toEqual({
      type: "object",
      properties: {
        n: { type: ["integer", "null"], description: "At least 1. May be null." },
        nothing: { type: "null", description: expect.stringContaining("null") },
        either: { description: "A word or a number. Either str, or float." },
        never: { type: "string" },
      },
      required: ["n"],
    });
    expect(lossesOf(schema, "cohereFlat")).toEqual([
      "/properties/never not is not understood by Cohere and was left out",
    ]);
  });
});

describe("a grammar's dialect", () => {
  it("has anchored patterns, closed tuples, and nothing that only comments", () => {
    const schema = {
      type: "object",
      properties: {
        code: { type: "string", pattern: "^[A-Z]{3}-[0-9]+$" },
        loose: { type: "string", pattern: "abc" },
        digits: { type: "string", pattern: "^\\d+$" },
        pair: { type: "array", prefixItems: [{ type: "string" }], items: false, minItems: 1 },
        some: { type: "array", prefixItems: [{ type: "string" }], items: { type: "number" } },
        any: { description: "Anything." },
      },
    };
    expect(convertSchema(schema, DIALECTS.ollama).schema.properties).toEqual({
      code: { type: "string", pattern: "^[A-Z]{3}-[0-9]+$" },
      loose: { type: "string" },
      digits: { type: "string" },
      pair: { type: "array", prefixItems: [{ type: "string" }], minItems: 1, maxItems: 1 },
      some: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
      any: {},
    });
    expect(lossesOf(schema, "ollama").map((loss) => loss.split(" ")[0])).toEqual([
      "/properties/loose",
      "/properties/digits",
      "/properties/some",
    ]);
  });
});

it("converts a frozen schema once, and changes none", () => {
  const schema = deepFreeze({ type: "string", const: "a" });
  expect(convertSchema(schema, DIALECTS.gemini)).toBe(convertSchema(schema, DIALECTS.gemini));
  expect(convertSchema(schema, DIALECTS.ollama)).not.toBe(convertSchema(schema, DIALECTS.gemini));
  const own = { enum: ["a"], title: "T" };
  convertSchema(own, DIALECTS.gemini);
  expect(Object.isFrozen(own.enum)).toBe(false);
});

/** Schemas of all kinds, and values that fit some of them. */
const NAMES = fc.constantFrom("a", "b", "title", "$ref", "enum");
const scalar = fc.constantFrom<JsonValue[]>("x", "long text", 0, 1, 2.5, true, null);
const { schema: anySchema, value: anyValue } = fc.letrec<{ schema: JsonObject; value: JsonValue }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    fc.record(
      {
        type: fc.constantFrom<JsonValue[]>("string", ["string", "null"], ["integer", "string"]),
        minLength: fc.nat(3),
        pattern: fc.constantFrom("^x", "^[a-z]$", "^\\w+$"),
        format: fc.constantFrom("email", "date"),
        title: fc.string(),
      },
      { requiredKeys: ["type"] },
    ),
    fc.record(
      { type: fc.constantFrom("integer", "number"), exclusiveMinimum: fc.nat(2), multipleOf: fc.constant(1) },
      { requiredKeys: ["type"] },
    ),
    fc.record({ const: scalar }),
    fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: fc.record({ const: scalar }) }),
    fc.constantFrom<JsonObject[]>({ $ref: "#/$defs/A" }, { $ref: "#/$defs/B", minLength: 1 }, { $ref: "#" }),
    fc.record({ anyOf: fc.tuple(tie("schema"), fc.constant({ type: "null" })) }),
    fc.record({ oneOf: fc.tuple(tie("schema"), tie("schema")) }),
    fc.record({ allOf: fc.tuple(tie("schema"), tie("schema")) }),
    fc.record({ type: fc.constant("array"), items: tie("schema"), uniqueItems: fc.boolean() }),
    fc.record({
      type: fc.constant("array"),
      prefixItems: fc.tuple(tie("schema"), tie("schema")),
      items: fc.constantFrom<JsonValue[]>(false, { type: "string" }),
      minItems: fc.constantFrom(0, 2),
    }),
    fc.record(
      {
        type: fc.constantFrom<JsonValue[]>("object", ["object", "null"]),
        properties: fc.dictionary(NAMES, tie("schema"), { maxKeys: 3 }),
        required: fc.uniqueArray(NAMES, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
        patternProperties: fc.constant({ "^a": { type: "string" } }),
      },
      { requiredKeys: ["type", "properties"] },
    ),
  ) as fc.Arbitrary<JsonObject>,
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(NAMES, tie("value"), { maxKeys: 3 }),
  ) as fc.Arbitrary<JsonValue>,
}));
const whole = fc
  .tuple(anySchema, anySchema, anySchema)
  .map(([root, A, B]): JsonObject => ({ ...root, $defs: { A, B } }));

/** Dialects whose schemas take all that the schema took; the others close objects. */
const WIDENING = ["gemini", "ollama", "cohereFlat"] as const satisfies readonly DialectName[];
const ALL = Object.keys(DIALECTS) as readonly DialectName[];

describe.each(ALL)("%s, of any schema", (name) => {
  it("is the same when it is converted again, and leaves its input as it was", () => {
    fc.assert(
      fc.property(whole, (schema) => {
        const before = JSON.stringify(schema);
        const once = convertSchema(schema, DIALECTS[name]).schema;
        expect(JSON.stringify(schema)).toBe(before);
        expect(convertSchema(once, DIALECTS[name]).schema).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(WIDENING)("%s, of any schema", (name) => {
  it("takes every value that the schema took", () => {
    fc.assert(
      fc.property(whole, fc.array(anyValue, { minLength: 20, maxLength: 20 }), (schema, values) => {
        const converted = convertSchema(schema, DIALECTS[name]).schema;
        const fits = validator(schema);
        const stillFits = validator(plain(converted));
        for (const value of values) {
          // One level of parameters is only ever asked of objects.
          if (name === "cohereFlat" && !isJsonObject(value)) continue;
          if (fits(value)) expect(stillFits(value), JSON.stringify({ value, converted })).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

it("leaves nothing that a dialect forbids", () => {
  fc.assert(
    fc.property(whole, (schema) => {
      const text = JSON.stringify(gemini(schema));
      expect(text).not.toMatch(/"\$ref":"|"const":|"exclusiveMinimum"|"\$defs"|"title":"|"prefixItems"/);
    }),
  );
});

test("a large schema is gone through once", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 9_000 }, (_, index) => [`p${index}`, counted({ type: "string", title: "T" })]),
  );
  gemini({ type: "object", properties });
  expect(reads).toBeLessThan(9_000 * 4);
});

let reads = 0;
/** Counts how often the members of a schema are listed. */
function counted(schema: JsonObject): JsonObject {
  return new Proxy(schema, {
    ownKeys(target) {
      reads += 1;
      return Reflect.ownKeys(target);
    },
  });
}

function nodesOf(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, child) => sum + nodesOf(child), 1);
}

function validator(schema: JsonObject): (value: JsonValue) => boolean {
  const checker = new Validator(structuredClone(schema) as Schema, "2020-12");
  return (value) => {
    try {
      return checker.validate(value).valid;
    } catch (error) {
      // References that only ever lead to one another: the validator has no answer.
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
}

/** `nullable: true` in JSON Schema's own words. */
function plain(schema: JsonValue): JsonObject {
  if (!isJsonObject(schema)) return schema as unknown as JsonObject;
  const inside = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, mapMember(keyword, value, "", plain)]),
  );
  const { nullable, ...rest } = inside;
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

it("refuses a schema that is nested too deep to be walked, whatever the dialect", () => {
  const nested = (levels: number): JsonObject => {
    let schema: JsonObject = { type: "string" };
    for (let level = 0; level < levels; level += 1) schema = { type: "object", properties: { a: schema } };
    return schema;
  };
  for (const dialect of Object.values(DIALECTS)) {
    expect(() => convertSchema(nested(5000), dialect)).toThrow(ConfigurationError);
    expect(() => convertSchema(nested(50), dialect)).not.toThrow();
  }
});
