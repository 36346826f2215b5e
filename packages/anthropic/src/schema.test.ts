/** Schemas in the dialects of Claude's bound answers and tools, on their way into a request. */
import type { JsonObject } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { type EncodedRequest, encodeMessagesRequest } from "./encode.ts";
import { claudeFamily } from "./families.ts";

function encode(schema: JsonObject, strict?: boolean): EncodedRequest {
  const tools = [{ name: "t", description: "T.", parameters: schema, ...(strict ? { strict } : {}) }];
  return encodeMessagesRequest(
    {
      messages: [{ role: "user", content: "Hi" }],
      ...(strict === undefined ? { outputSchema: { name: "o", schema } } : { tools }),
    },
    { modelId: "claude-haiku-4-5", family: claudeFamily("claude-haiku-4-5"), stream: false },
  );
}
const bound = (schema: JsonObject): unknown =>
  (encode(schema).body.output_config as { format: { schema: unknown } }).format.schema;

describe("an answer's schema", () => {
  it("closes every object, however deep", () => {
    const open: JsonObject = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    const closed = { ...open, additionalProperties: false };
    expect(
      bound({
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
    expect(bound(schema)).toEqual(expected);
  });
});

describe("warnings", () => {
  it("name the place where an object was closed that was not meant to be", () => {
    const schema = { type: "object", properties: { map: { type: "object", additionalProperties: {} } } };
    expect(encode(schema).warnings).toEqual([
      'output schema "o": /properties/map: additionalProperties is always false for Anthropic: no others can be given',
    ]);
    expect(encode(schema, true).warnings).toEqual([expect.stringContaining('tool "t": /properties/map')]);
    expect(encode(schema, false).warnings).toEqual([]);
  });

  it("name the parameters whose choices became one object, as the API takes no others", () => {
    const choice = (kind: string): JsonObject => ({ type: "object", properties: { kind: { const: kind } } });
    const schema = { type: "object", oneOf: [choice("a"), choice("b")] };
    for (const strict of [true, false]) {
      const { body, warnings } = encode(schema, strict);
      expect(body.tools).toMatchObject([{ input_schema: { properties: { kind: { enum: ["a", "b"] } } } }]);
      expect(JSON.stringify(body)).not.toContain("Of");
      expect(warnings).toEqual([expect.stringMatching(/^tool "t": \/: oneOf is not understood/)]);
    }
  });

  it("are told again with the next request, though the schema is converted once", () => {
    const schema = Object.freeze({ type: "object", oneOf: [] });
    expect(encode(schema, false).warnings).toEqual(encode(schema, false).warnings);
    expect(encode(schema, false).warnings).toHaveLength(1);
  });
});

it("definitions that contain themselves are cut off, as Claude reads none", () => {
  const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: [] };
  const { body, warnings } = encode({ $ref: "#/$defs/node", $defs: { node } });
  expect(JSON.stringify(body)).not.toContain("$ref");
  expect(warnings).toEqual([expect.stringContaining("contains itself")]);
});
