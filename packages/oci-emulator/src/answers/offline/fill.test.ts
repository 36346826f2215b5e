// Property: whatever the schema and the prompt, the filled-in value is valid against the schema.
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../json.ts";
import { fillSchema } from "./fill.ts";

const bounds = (low: string, high: string, max: number): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max }))
    .chain(([left, right]) =>
      fc.constantFrom<JsonObject>(
        {},
        { [low]: Math.min(left, right) },
        { [high]: Math.max(left, right) },
        { [low]: Math.min(left, right), [high]: Math.max(left, right) },
      ),
    );

const names = fc.constantFrom(
  "city",
  "name",
  "days",
  "email",
  "summary",
  "order_id",
  "tags",
  "when",
  "isOpen",
  "price",
  "query",
  "x",
);

const leaf: fc.Arbitrary<JsonObject> = fc.oneof(
  bounds("minLength", "maxLength", 30).map((limits) => ({ type: "string", ...limits })),
  fc.constantFrom("date-time", "date", "email", "uri", "uuid").map((format) => ({ type: "string", format })),
  fc.constantFrom("^[A-Z]{3}$", "^\\d+$", "^(a|b)c?$").map((pattern) => ({ type: "string", pattern })),
  bounds("minimum", "maximum", 40).map((limits) => ({ type: "integer", ...limits })),
  bounds("minimum", "maximum", 40).map((limits) => ({ type: "number", ...limits })),
  fc.integer({ min: -20, max: 20 }).map((exclusiveMinimum) => ({ type: "number", exclusiveMinimum })),
  fc.constantFrom<JsonObject>(
    { type: "boolean" },
    { type: "null" },
    { const: 7 },
    { enum: ["red", "green", null] },
  ),
);

const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ anyOf: fc.tuple(tie("schema"), fc.constant<JsonObject>({ type: "null" })) }),
    fc
      .tuple(tie("schema"), bounds("minItems", "maxItems", 4))
      .map(([items, limits]) => ({ type: "array", items, ...limits })),
    fc.dictionary(names, tie("schema"), { maxKeys: 5 }).chain((properties) =>
      fc.subarray(Object.keys(properties)).map((required) => ({
        type: "object",
        properties,
        required,
        additionalProperties: false,
      })),
    ),
  ),
}));

const prompt = fc.oneof(
  fc.constantFrom(
    "Weather in Chicago, Oslo and New York for 3 days",
    "My name is Ada, mail ada@example.com, order ABC-77 of 2026-11-21 costs 12.50",
    'Say "hello world" in French, it is not open',
  ),
  fc.string(),
);

it("fills any schema with a valid instance", () => {
  fc.assert(
    fc.property(schema, prompt, fc.boolean(), (node, text, structured) => {
      const facts = {
        prompt: text,
        results: [{ city: "Oslo", price: 99, days: "many" }],
        ...(structured ? { prose: "In short: yes." } : {}),
      };
      const { value } = fillSchema(node, facts);
      expect(new Validator(node, "2020-12").validate(value).errors).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
