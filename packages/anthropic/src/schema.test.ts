/** Schemas in the dialect of bound answers. */
import type { JsonObject } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { strictSchema } from "./schema.ts";

describe("strictSchema", () => {
  it("closes every object, however deep", () => {
    const open: JsonObject = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    const closed = { ...open, additionalProperties: false };
    expect(
      strictSchema({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { one: open, many: { type: "array", items: open, minItems: 1 } },
        $defs: { thing: open },
        anyOf: [open, { $ref: "#/$defs/thing" }],
        additionalProperties: true,
      }),
    ).toEqual({
      type: "object",
      properties: { one: closed, many: { type: "array", items: closed, minItems: 1 } },
      $defs: { thing: closed },
      anyOf: [closed, { $ref: "#/$defs/thing" }],
      additionalProperties: false,
    });
  });

  it.each<[JsonObject, JsonObject]>([
    [
      { type: "integer", minimum: 1, maximum: 9, description: "A digit." },
      { type: "integer", description: "A digit.\n\n{minimum: 1, maximum: 9}" },
    ],
    [
      { type: "string", format: "email" },
      { type: "string", format: "email" },
    ],
    [
      { type: "string", format: "cron" },
      { type: "string", description: '{format: "cron"}' },
    ],
    [
      { type: "array", minItems: 3 },
      { type: "array", description: "{minItems: 3}" },
    ],
    [{ oneOf: [{ type: "null" }] }, { anyOf: [{ type: "null" }] }],
    [{ enum: ["a", 1] }, { enum: ["a", 1] }],
    [
      { type: "object", additionalProperties: { type: "number" } },
      {
        type: "object",
        properties: {},
        additionalProperties: false,
        description: '{additionalProperties: {"type":"number"}}',
      },
    ],
    [
      { $ref: "#/$defs/a", $defs: { a: { type: "object" } } },
      { $ref: "#/$defs/a", $defs: { a: { type: "object", properties: {}, additionalProperties: false } } },
    ],
  ])("%j becomes %j", (schema, expected) => {
    expect(strictSchema(schema)).toEqual(expected);
  });
});
