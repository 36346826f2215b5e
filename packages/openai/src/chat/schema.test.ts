/** Schemas for servers that read only part of JSON Schema, and what is said about the rest. */
import type { JsonObject, JsonValue } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_SCHEMA_RULES, STRICT_DIALECT_RULES, sanitizeSchema, strictModeProblem } from "./schema.ts";

const strict = (schema: JsonObject): ReturnType<typeof sanitizeSchema> =>
  sanitizeSchema(schema, STRICT_DIALECT_RULES);

describe("sanitizeSchema", () => {
  it("returns the very schema where there are no rules", () => {
    const schema = { type: "object" };
    expect(sanitizeSchema(schema, NO_SCHEMA_RULES).schema).toBe(schema);
  });

  it("puts definitions in the place of their references, with what stood beside them on top", () => {
    const { schema, lost } = strict({
      type: "object",
      properties: {
        home: { $ref: "#/$defs/City", description: "where one lives" },
        work: { $ref: "#/$defs/City" },
      },
      $defs: { City: { type: "string", description: "a city" } },
    });
    expect(schema).toEqual({
      type: "object",
      properties: {
        home: { type: "string", description: "where one lives" },
        work: { type: "string", description: "a city" },
      },
    });
    expect(lost).toEqual([]);
  });

  it("cuts a definition that contains itself, and says so", () => {
    const { schema, lost } = strict({
      $ref: "#/$defs/Node",
      $defs: { Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } } },
    });
    expect(schema).toEqual({
      type: "object",
      properties: { next: { type: "object", properties: {} } },
    });
    expect(lost).toEqual(["/properties/next: #/$defs/Node contains itself"]);
  });

  it("follows references into encoded paths, and reports the ones that lead nowhere", () => {
    const { schema, lost } = strict({
      anyOf: [{ $ref: "#/$defs/a~1b%20c" }, { $ref: "#/$defs/missing" }, { $ref: "https://example.com/x" }],
      $defs: { "a/b c": { type: "number" } },
    });
    expect(schema).toEqual({ anyOf: [{ type: "number" }, {}, {}] });
    expect(lost).toHaveLength(2);
  });

  it("does not blow up on definitions that double at every level", () => {
    const levels = Array.from({ length: 30 }, (_, level): readonly [string, JsonValue] => [
      `L${level}`,
      {
        type: "object",
        properties: { a: { $ref: `#/$defs/L${level + 1}` }, b: { $ref: `#/$defs/L${level + 1}` } },
      },
    ]);
    const { lost } = strict({
      $ref: "#/$defs/L0",
      $defs: { ...Object.fromEntries(levels), L30: { type: "string" } },
    });
    expect(lost.some((text) => text.includes("too large"))).toBe(true);
  });

  it("collapses a choice with null and a list of types with null", () => {
    const { schema } = strict({
      type: "object",
      properties: {
        a: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
        b: { type: ["integer", "null"] },
        c: { enum: ["x", null], type: ["string", "null"] },
        d: { oneOf: [{ type: "string" }, { type: "number" }, { type: "null" }] },
      },
    });
    expect(schema.properties).toEqual({
      a: { type: "string", nullable: true },
      b: { type: "integer", nullable: true },
      c: { type: "string", enum: ["x"], nullable: true },
      d: { oneOf: [{ type: "string" }, { type: "number" }], nullable: true },
    });
  });

  it("says that null was allowed where it cannot be marked", () => {
    const { schema, lost } = sanitizeSchema({ type: ["string", "null"] }, { nullable: "drop" });
    expect(schema).toEqual({ type: "string" });
    expect(lost).toEqual(["/: null is allowed"]);
  });

  it("moves exclusive bounds of integers by one, and reports those of numbers", () => {
    const { schema, lost } = strict({
      type: "object",
      properties: {
        age: { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 150, minimum: -5 },
        share: { type: "number", exclusiveMinimum: 0 },
      },
    });
    expect(schema.properties).toEqual({
      age: { type: "integer", minimum: 1, maximum: 149 },
      share: { type: "number", minimum: 0 },
    });
    expect(lost).toEqual(["/properties/share: minimum 0 is itself excluded"]);
  });

  it("turns const into enum, completes arrays and objects, and drops comments", () => {
    const { schema, lost } = strict({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "T",
      "x-order": 1,
      type: "object",
      properties: { kind: { const: "a" }, list: { type: "array" }, empty: { type: "object" } },
    });
    expect(schema).toEqual({
      type: "object",
      properties: {
        kind: { enum: ["a"] },
        list: { type: "array", items: {} },
        empty: { type: "object", properties: {} },
      },
    });
    expect(lost).toEqual([]);
  });

  it("never touches properties that are named like keywords", () => {
    const schema = {
      type: "object",
      properties: {
        title: { type: "string" },
        $schema: { type: "string" },
        "x-ray": { type: "string" },
        const: { type: "string" },
      },
    };
    expect(strict(schema).schema).toEqual(schema);
  });

  it("says when it drops a keyword that meant something", () => {
    expect(sanitizeSchema({ type: "string", format: "email" }, { drop: ["format"] }).lost).toEqual([
      "/: format",
    ]);
  });

  it("leaves nothing that its rules forbid, in any schema, and does not change its input", () => {
    const name = fc.constantFrom("a", "b", "title", "$ref");
    const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
      schema: fc.oneof(
        { depthSize: "small" },
        fc.record({ type: fc.constant("string"), title: fc.string() }),
        fc.record({ const: fc.integer() }),
        fc.record({ type: fc.constant("integer"), exclusiveMinimum: fc.integer() }),
        fc.constantFrom({ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }, { $ref: "#" }),
        fc.record({ anyOf: fc.tuple(tie("schema"), fc.constant({ type: "null" })) }),
        fc.record({ type: fc.constant("array"), items: tie("schema") }),
        fc.record({ type: fc.constant("object"), properties: fc.dictionary(name, tie("schema")) }),
      ) as fc.Arbitrary<JsonObject>,
    }));
    fc.assert(
      fc.property(schema, schema, schema, (root, a, b) => {
        const whole = { ...root, $defs: { A: a, B: b } };
        const before = JSON.stringify(whole);
        const text = JSON.stringify(strict(whole).schema);
        expect(JSON.stringify(whole)).toBe(before);
        expect(text).not.toMatch(/"\$ref":"|"const":|"exclusiveMinimum"|"\$defs"|"title":"/);
      }),
    );
  });
});

describe("strictModeProblem", () => {
  it("accepts closed objects whose properties are all required, all the way down", () => {
    const inner = {
      type: "object",
      properties: { b: { type: "string" } },
      required: ["b"],
      additionalProperties: false,
    };
    const schema = {
      type: "object",
      properties: { a: { type: "array", items: inner } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(strictModeProblem(schema)).toBeUndefined();
    expect(strictModeProblem({ ...schema, required: [] })).toBe("/a is optional");
    const open = { ...schema, properties: { a: { type: "array", items: { type: "object" } } } };
    expect(strictModeProblem(open)).toBe("/properties/a/items allows additional properties");
  });
});
