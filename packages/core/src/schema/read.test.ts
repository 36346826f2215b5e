import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { readSchema } from "./read.ts";

const PARAMETERS = { owner: "tool: parameters", object: true };

async function filled(schema: JsonObject, value: JsonValue): Promise<JsonValue> {
  const outcome = await readSchema(schema, PARAMETERS).validate(value);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.value;
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

describe("defaults of a JSON Schema", () => {
  it("are each call's own: a body that changes them changes nothing else", async () => {
    const given = { properties: { tags: { type: "array", default: ["a"] } } };
    const compiled = readSchema(given, PARAMETERS);
    const first = await compiled.validate({});
    if (!first.ok) throw new Error(first.message);
    (first.value as { tags: string[] }).tags.push("poison");
    expect(await compiled.validate({})).toEqual({ ok: true, value: { tags: ["a"] } });
    expect(compiled.jsonSchema).toEqual({ type: "object", ...given });
    expect(given.properties.tags.default).toEqual(["a"]);
  });

  it("inside a default are filled, too", async () => {
    const page = {
      type: "object",
      default: {},
      properties: { size: { default: 10 }, sort: { default: {}, properties: { by: { default: "name" } } } },
    };
    const schema = { properties: { page } };
    expect(await filled(schema, {})).toEqual({ page: { size: 10, sort: { by: "name" } } });
    expect(await filled(schema, { page: { size: 5 } })).toEqual({ page: { size: 5, sort: { by: "name" } } });
  });

  it.each(["$defs", "definitions"])("are found behind references into %s", async (where) => {
    const schema = {
      properties: {
        from: { $ref: `#/${where}/place` },
        via: { type: "array", items: { $ref: `#/${where}/place` } },
        to: { $ref: `#/${where}/place`, default: { city: "Rome" } },
        unit: { $ref: `#/${where}/a~1unit` },
      },
      [where]: {
        place: { type: "object", properties: { city: { type: "string" }, country: { default: "IT" } } },
        "a/unit": { $ref: `#/${where}/metric` },
        metric: { type: "string", default: "km" },
      },
    };
    expect(await filled(schema, { from: { city: "Bari" }, via: [{ city: "Pisa" }] })).toEqual({
      from: { city: "Bari", country: "IT" },
      via: [{ city: "Pisa", country: "IT" }],
      to: { city: "Rome", country: "IT" },
      unit: "km",
    });
  });

  it("that lead to themselves come to an end", async () => {
    const schema = {
      properties: { root: { $ref: "#/$defs/node" }, whole: { $ref: "#/$defs/node" } },
      $defs: {
        node: {
          type: "object",
          properties: { depth: { default: 1 }, child: { $ref: "#/$defs/node", default: {} } },
        },
      },
    };
    expect(await filled(schema, { root: { child: { child: { depth: 3 } } } })).toEqual({
      root: { depth: 1, child: { depth: 1, child: { depth: 3, child: { depth: 1 } } } },
    });
    const loop = { properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: { $ref: "#/$defs/a" } } };
    expect(await filled(loop, {})).toEqual({});
  });

  it("do not replace what is there, and keep a member called __proto__ a member", async () => {
    const schema = { properties: { a: { default: 1 }, b: { default: 2 } } };
    const value: JsonValue = JSON.parse('{"a":null,"__proto__":{"admin":true}}');
    expect(JSON.stringify(await filled(schema, value))).toBe('{"a":null,"__proto__":{"admin":true},"b":2}');
  });
});

describe("what the model is shown", () => {
  it("is a frozen copy, whatever it was made from", () => {
    const raw = { properties: { city: { type: "string" } } };
    const own = { type: "object", properties: {} };
    const compiled = [
      readSchema(raw, PARAMETERS),
      readSchema(z.object({ city: z.string() }), PARAMETERS),
      readSchema(z.object({}), { ...PARAMETERS, jsonSchema: own }),
    ];
    for (const { jsonSchema } of compiled) expect(isDeepFrozen(jsonSchema)).toBe(true);
    expect(Object.isFrozen(raw.properties) || Object.isFrozen(own)).toBe(false);
    raw.properties.city.type = "number";
    expect(compiled[0]?.jsonSchema).toMatchObject({ properties: { city: { type: "string" } } });
  });
});

describe("a zod schema", () => {
  const written = (schema: z.ZodType): JsonObject => readSchema(schema, { owner: "answer" }).jsonSchema;

  it("may lead back to itself, be a choice, a tuple, a map, or have words of its own", () => {
    const Node = z.object({
      get children() {
        return z.array(Node);
      },
    });
    expect(JSON.stringify(written(Node))).toContain('"$ref":"#"');
    const schema = written(
      z.object({
        choice: z.union([z.string(), z.object({ a: z.number() })]),
        pair: z.tuple([z.string(), z.number()]),
        map: z.record(z.string(), z.number()),
        word: z
          .enum(["a", "b"])
          .describe("A word.")
          .meta({ examples: ["a"] }),
        maybe: z.string().nullable().optional(),
        count: z.number().default(3),
      }),
    );
    expect(schema.properties).toMatchObject({
      choice: { anyOf: [{ type: "string" }, { type: "object" }] },
      pair: { prefixItems: [{ type: "string" }, { type: "number" }], items: false },
      map: { type: "object", additionalProperties: { type: "number" } },
      word: { enum: ["a", "b"], description: "A word.", examples: ["a"] },
      count: { default: 3 },
    });
    expect(schema.required).toEqual(["choice", "pair", "map", "word"]);
  });

  it("shows what goes into a transform, and gives what comes out of it", async () => {
    const schema = z.object({
      day: z.iso.date().transform((text) => new Date(text)),
      id: z.string().transform(BigInt),
    });
    const { jsonSchema, validate } = readSchema(schema, { owner: "answer" });
    expect(jsonSchema.properties).toMatchObject({ day: { format: "date" }, id: { type: "string" } });
    expect(await validate({ day: "2030-01-02", id: "7" })).toEqual({
      ok: true,
      value: { day: new Date("2030-01-02"), id: 7n },
    });
  });

  it.each<[string, z.ZodType, string]>([
    ["Date", z.object({ trip: z.object({ start: z.date() }) }), "/properties/trip/properties/start"],
    ["BigInt", z.object({ ids: z.array(z.bigint()) }), "/properties/ids/items"],
    ["Map", z.object({ m: z.map(z.string(), z.string()) }), "/properties/m"],
  ])("with a %s is refused, and told where it is", (what, schema, place) => {
    expect(() => written(schema)).toThrow(
      expect.objectContaining({
        code: "configuration",
        message: expect.stringMatching(new RegExp(`^answer: .* at ${place}: ${what} cannot be`)),
      }),
    );
  });
});

describe("a schema that is to be an object's", () => {
  const object = { owner: "tool: parameters", object: true };

  it("may be one by reference, by choice or by all its parts", () => {
    const one = { type: "object", properties: { a: {} } };
    expect(readSchema({ $ref: "#/$defs/A", $defs: { A: one } }, object).jsonSchema.type).toBe("object");
    expect(
      readSchema(z.discriminatedUnion("k", [z.object({ k: z.literal(1) })]), object).jsonSchema,
    ).toMatchObject({
      type: "object",
    });
    const named = z.object({ a: z.string() }).meta({ id: "Named" });
    expect(readSchema(named, object).jsonSchema.type).toBe("object");
  });

  it.each([z.string(), z.array(z.object({})), z.union([z.string(), z.number()])])(
    "is refused otherwise",
    (schema) => {
      expect(() => readSchema(schema, object)).toThrow("tool: parameters must describe an object, not");
      expect(() => readSchema(schema, { owner: "answer" })).not.toThrow();
    },
  );
});

describe("a schema of anything", () => {
  it("checks what is no object, too", async () => {
    const { validate } = readSchema(
      { type: "array", items: { type: "object", properties: { n: { default: 1 } } } },
      {
        owner: "answer",
      },
    );
    expect(await validate([{}, { n: 2 }])).toEqual({ ok: true, value: [{ n: 1 }, { n: 2 }] });
    expect(await validate("x")).toMatchObject({ ok: false });
  });
});
