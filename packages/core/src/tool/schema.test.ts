import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { compileJsonSchema, compileStandard } from "./schema.ts";

async function filled(schema: JsonObject, value: JsonValue): Promise<JsonValue> {
  const outcome = await compileJsonSchema(schema, "tool").validate(value);
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
    const compiled = compileJsonSchema(given, "tool");
    const first = await compiled.validate({});
    if (!first.ok) throw new Error(first.message);
    (first.value.tags as string[]).push("poison");
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
      compileJsonSchema(raw, "tool"),
      compileStandard(z.object({ city: z.string() }), "tool"),
      compileStandard(z.object({}), "tool", own),
    ];
    for (const { jsonSchema } of compiled) expect(isDeepFrozen(jsonSchema)).toBe(true);
    expect(Object.isFrozen(raw.properties) || Object.isFrozen(own)).toBe(false);
    raw.properties.city.type = "number";
    expect(compiled[0]?.jsonSchema).toMatchObject({ properties: { city: { type: "string" } } });
  });
});
