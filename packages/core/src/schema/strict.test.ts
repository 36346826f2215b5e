/** Schemas for strict mode, and the way back from what was written by them. */
import { type Schema, Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { DIALECTS } from "./dialects.ts";
import { fitSchema } from "./fit.ts";
import { readSchema } from "./read.ts";
import { strictSchema } from "./strict.ts";
import { strictModeProblem } from "./strict-mode.ts";

const read = (schema: z.ZodType): JsonObject => readSchema(schema, { owner: "answer" }).jsonSchema;

describe("a zod schema with optional properties", () => {
  const Trip = z.object({
    city: z.string(),
    days: z.number().optional(),
    unit: z.enum(["C", "F"]).default("C"),
    note: z.string().nullish(),
    stops: z.array(z.object({ name: z.string(), hotel: z.object({ stars: z.int() }).optional() })),
  });
  const { schema, restore, problem, lost } = strictSchema(read(Trip));

  it("fits strict mode, with nothing lost", () => {
    expect(problem).toBeUndefined();
    expect(lost).toEqual([]);
    expect(strictModeProblem(schema)).toBeUndefined();
    expect(schema.properties).toMatchObject({
      days: { type: ["number", "null"] },
      unit: { type: ["string", "null"], enum: ["C", "F", null] },
      note: { type: ["string", "null"] },
    });
  });

  it("reads null as absent, where null is not a value", async () => {
    const written = {
      city: "Oslo",
      days: null,
      unit: null,
      note: null,
      stops: [
        { name: "Fjord", hotel: null },
        { name: "Voss", hotel: { stars: 3 } },
      ],
    };
    const restored = restore(written);
    expect(restored).toEqual({
      city: "Oslo",
      note: null,
      stops: [{ name: "Fjord" }, { name: "Voss", hotel: { stars: 3 } }],
    });
    expect(Trip.parse(restored)).toMatchObject({ city: "Oslo", unit: "C", note: null });
  });

  it("leaves values of any other kind as they are", () => {
    for (const value of ["text", null, 3, [], { city: 1 }]) expect(restore(value)).toEqual(value);
  });
});

describe("a choice", () => {
  it("is restored by the part that was chosen", () => {
    const shape = z.object({
      shape: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("circle"), label: z.string().optional() }),
        z.object({ kind: z.literal("box"), label: z.string().nullable() }),
      ]),
    });
    const { restore, problem } = strictSchema(read(shape));
    expect(problem).toBeUndefined();
    expect(restore({ shape: { kind: "circle", label: null } })).toEqual({ shape: { kind: "circle" } });
    expect(restore({ shape: { kind: "box", label: null } })).toEqual({ shape: { kind: "box", label: null } });
  });

  it("may lead back to itself, at any depth, in steady time", () => {
    const Tree = z.object({
      get left() {
        return Tree.optional();
      },
      get right() {
        return z.union([Tree, z.string()]).optional();
      },
    });
    const { schema, restore, problem } = strictSchema(read(Tree));
    expect(problem).toBeUndefined();
    expect(JSON.stringify(schema)).toContain('"$ref":"#"');
    let deep: JsonValue = { left: null, right: "leaf" };
    for (let level = 0; level < 60; level += 1) deep = { left: null, right: deep };
    expect(JSON.stringify(restore(deep))).not.toContain("null");
  });
});

describe("a root that is no object", () => {
  it.each([
    [
      "a list",
      z.array(z.object({ a: z.string(), b: z.string().optional() })),
      [{ a: "x", b: null }],
      [{ a: "x" }],
    ],
    ["a word", z.enum(["yes", "no"]), "yes", "yes"],
    ["a choice", z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), { b: "x" }, { b: "x" }],
  ] as const)("(%s) is the member of one", (_, given, written, restored) => {
    const { schema, restore, problem } = strictSchema(read(given));
    expect(problem).toBeUndefined();
    expect(schema).toMatchObject({ type: "object", required: ["value"], additionalProperties: false });
    expect(restore({ value: written })).toEqual(restored);
  });

  it("keeps its references", () => {
    const Item = z.object({
      get inside() {
        return z.array(Item);
      },
    });
    const { schema, problem } = strictSchema(read(z.array(Item)));
    expect(problem).toBeUndefined();
    const fits = new Validator(structuredClone(schema) as Schema, "2020-12");
    expect(fits.validate({ value: [{ inside: [{ inside: [] }] }] }).valid).toBe(true);
    expect(fits.validate({ value: [{ inside: [{}] }] }).valid).toBe(false);
  });
});

describe("what strict mode has no words for", () => {
  test.each<[string, z.ZodType, string]>([
    ["a map", z.object({ scores: z.record(z.string(), z.number()) }), "/properties/scores allows properties"],
    ["anything", z.object({ a: z.any() }), "/properties/a may be anything"],
    ["any object", z.object({ a: z.object({}).loose() }), "/properties/a"],
  ])("%s is named, and the schema is as it was", (_, given, problem) => {
    const json = read(given);
    const strict = strictSchema(json);
    expect(strict.problem).toContain(problem);
    expect(strict.schema).toBe(json);
    expect(strict.restore({ a: null })).toEqual({ a: null });
  });

  it("is lost where it only bounds a value", () => {
    const { problem, lost } = strictSchema(read(z.object({ name: z.string().min(2) })));
    expect(problem).toBeUndefined();
    expect(lost.map(({ path, keyword }) => `${path} ${keyword}`)).toEqual(["/properties/name minLength"]);
  });
});

it("a schema whose answers are restored takes them, whatever was optional", () => {
  const leaf = fc.constantFrom<JsonObject[]>(
    { type: "string" },
    { type: "integer" },
    { type: ["string", "null"] },
    { enum: ["a", null] },
    { $ref: "#/$defs/S" },
  );
  const { node } = fc.letrec<{ node: JsonObject }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.record({ type: fc.constant("array"), items: tie("node") }),
      fc.record({ anyOf: fc.tuple(tie("node"), tie("node")) }),
      fc.record({
        type: fc.constant("object"),
        properties: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("node"), { minKeys: 1, maxKeys: 3 }),
        required: fc.constantFrom<JsonValue[]>([], ["a"]),
      }),
    ) as fc.Arbitrary<JsonObject>,
  }));
  fc.assert(
    fc.property(node, fc.infiniteStream(fc.nat()), (root, dice) => {
      const given = { ...root, $defs: { S: { type: "string" } } };
      fc.pre(!/"required":\["a"\]/.test(JSON.stringify(given)) || requiresOnlyWhatItHas(given));
      const { schema, restore, problem } = strictSchema(given);
      expect(problem).toBeUndefined();
      const value = sample(schema, schema, () => dice.next().value ?? 0);
      expect(new Validator(structuredClone(schema) as Schema).validate(value).valid).toBe(true);
      const restored = restore(value);
      expect(new Validator(structuredClone(given) as Schema).validate(restored).valid).toBe(true);
    }),
  );
});

function requiresOnlyWhatItHas(schema: JsonValue): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  const { required, properties } = schema as JsonObject;
  const has =
    !Array.isArray(required) || required.every((name) => Object.hasOwn(properties as object, String(name)));
  return has && Object.values(schema).every(requiresOnlyWhatItHas);
}

/** A value that fits a strict schema. */
function sample(schema: JsonValue, root: JsonObject, roll: () => number): JsonValue {
  const { $ref, anyOf, enum: values, type, items, properties } = schema as JsonObject;
  const one = (list: readonly JsonValue[]): JsonValue => list[roll() % list.length] ?? null;
  if ($ref !== undefined) return "text";
  if (Array.isArray(anyOf)) return sample(one(anyOf), root, roll);
  if (Array.isArray(values)) return one(values);
  const kind = Array.isArray(type) ? one(type) : type;
  if (kind === "object") {
    const members = Object.entries(properties as JsonObject);
    return Object.fromEntries(members.map(([name, member]) => [name, sample(member, root, roll)]));
  }
  if (kind === "array") return Array.from({ length: roll() % 3 }, () => sample(items ?? {}, root, roll));
  return kind === "null" ? null : kind === "integer" ? 1 : "text";
}

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

describe("a schema on its way to a model", () => {
  const closed = (properties: JsonObject): JsonObject => ({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });

  it("has a warning for everything that was lost, with its owner, place and reader", () => {
    const schema = closed({ q: { type: "string", not: { const: "" } } });
    expect(fitSchema('tool "search"', { schema }, DIALECTS.gemini).warnings).toEqual([
      'tool "search": /properties/q: not is not understood by Gemini and was left out',
    ]);
  });

  it("has a few of many warnings, and their number", () => {
    const names = Array.from({ length: 30 }, (_, index) => [`p${index}`, { not: {} }] as const);
    const { warnings } = fitSchema("o", { schema: closed(Object.fromEntries(names)) }, DIALECTS.gemini);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe("o: 10 more of the kind");
  });

  it("is strict where it fits, in the words of strict mode, and says why where it does not", () => {
    const fits = closed({ q: { type: "array", items: { type: "string" }, uniqueItems: true } });
    expect(fitSchema("o", { schema: fits, strict: true }, DIALECTS.openaiOutput)).toEqual({
      schema: closed({ q: { type: "array", items: { type: "string" } } }),
      strict: true,
      warnings: ["o: /properties/q: uniqueItems is not understood by OpenAI's strict mode and was left out"],
    });
    const open = { type: "object", properties: {} };
    expect(fitSchema("o", { schema: open, strict: true }, DIALECTS.openaiOutput)).toEqual({
      schema: open,
      strict: false,
      warnings: ["o does not fit strict mode (/ allows additional properties): it was sent without"],
    });
    expect(fitSchema("o", { schema: fits, strict: true }, DIALECTS.full).schema).toBe(fits);
  });
});
