import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigurationError } from "../errors/errors.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { tool } from "../tool/tool.ts";
import { readSchema } from "./read.ts";

const OWNER = { owner: "answer" };

describe("JSON Schema", () => {
  it.each<[string, JsonValue, string]>([
    [
      "a reference into nowhere",
      { properties: { a: { $ref: "#/$defs/x" } } },
      '$ref "#/$defs/x" at /properties/a leads nowhere',
    ],
    ["one at the root", { $ref: "#/definitions/x" }, '$ref "#/definitions/x" leads nowhere'],
    [
      "a remote one",
      { items: { $ref: "https://example.com/city.json" } },
      '$ref "https://example.com/city.json" at /items leads nowhere',
    ],
    ["an anchor that nobody has", { not: { $ref: "#city" } }, '$ref "#city" at /not leads nowhere'],
    ["a reference that is none", { $ref: 3 }, "$ref must be text, not 3"],
    ["a type that is none", { type: "objekt" }, 'not "objekt"; did you mean "object"?'],
    [
      "one of several",
      { properties: { a: { type: ["string", "nil"] } } },
      'type at /properties/a must be one of string, number, integer, boolean, object, array, null, not "nil"',
    ],
    ["another dialect's type", { type: "STRING" }, 'not "STRING"; did you mean "string"?'],
    ["no type", { type: [] }, "not an empty list"],
    [
      "a property that is no schema",
      { properties: { a: "string" } },
      'expected a schema at /properties/a, not "string"',
    ],
    ["properties as a list", { properties: ["a"] }, "properties must be an object of schemas, not a list"],
    ["properties that are null", { properties: null }, "properties must be an object of schemas, not null"],
    [
      "required as in draft 3",
      { properties: { a: { required: true } } },
      "required at /properties/a must be a list of names, not true",
    ],
    ["an empty choice", { anyOf: [] }, "anyOf must be a list of schemas, and not empty, not an empty list"],
    ["an enum that is no list", { enum: "a" }, 'enum must be a list of values, and not empty, not "a"'],
    [
      "items that are text",
      { items: "string" },
      'items must be a schema: an object, true or false, not "string"',
    ],
    ["a bound as text", { allOf: [{ minimum: "1" }] }, 'minimum at /allOf/0 must be a number, not "1"'],
    ["half a character", { maxLength: 1.5 }, "maxLength must be a whole number from 0, not 1.5"],
    ["a pattern that is none", { pattern: "(" }, 'pattern must be a regular expression as text, not "("'],
    [
      "a name that is no pattern",
      { patternProperties: { "[": {} } },
      "patternProperties must be an object of schemas by regular",
    ],
    ["an address that is none", { $id: "http://[" }, "this is no JSON Schema"],
  ])("with %s is refused before anybody is asked", (_what, schema, message) => {
    const refused = (read: () => unknown): unknown => {
      try {
        return read();
      } catch (error) {
        return error;
      }
    };
    const error = refused(() => readSchema(schema as JsonObject, OWNER));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(`answer: ${message.startsWith("not ") ? "type must be one of" : ""}`);
    expect(String(error)).toContain(message);
    const beside = refused(() => readSchema(z.unknown(), { ...OWNER, jsonSchema: schema as JsonObject }));
    expect(String(beside)).toContain(message);
  });

  it("is refused for a tool under the tool's name", () => {
    const parameters = { properties: { a: { $ref: "#/$defs/x" } } };
    expect(() => tool({ name: "t", description: "d", parameters, execute: () => 1 })).toThrow(
      'tool "t": parameters: $ref "#/$defs/x" at /properties/a leads nowhere',
    );
  });

  it.each<[string, JsonObject]>([
    ["itself", { properties: { child: { $ref: "#" } } }],
    ["a name with signs in it", { items: { $ref: "#/$defs/a~1b%20c" }, $defs: { "a/b c": {} } }],
    ["an anchor", { items: { $ref: "#city" }, $defs: { a: { $anchor: "city", type: "string" } } }],
    [
      "an address in it",
      { items: { $ref: "https://example.com/city" }, $defs: { a: { $id: "https://example.com/city" } } },
    ],
    ["another property", { properties: { a: { type: "string" }, b: { $ref: "#/properties/a" } } }],
    ["a part of its own keywords", { items: { $ref: "#/x-parts/a" }, "x-parts": { a: { type: "string" } } }],
  ])("may refer to %s", async (_what, schema) => {
    await readSchema(schema, OWNER).validate([]);
    await readSchema(schema, OWNER).validate({});
  });

  it("may have what says nothing to us, words of older drafts, and examples that look like schemas", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-04/schema#",
      type: ["integer", "null"],
      exclusiveMinimum: true,
      minimum: 1,
      nullable: true,
      "x-order": 3,
      default: { type: "objekt", $ref: "#/nowhere" },
      examples: [{ type: "objekt" }],
      enum: [{ $ref: "#/nowhere" }],
      items: [{ type: "string" }],
      dependencies: { a: ["b"] },
    };
    expect(readSchema(schema, OWNER).jsonSchema).toEqual(schema);
  });

  it("that was read never fails its check, whatever it is of", async () => {
    const keyword = fc.constantFrom(
      "type",
      "$ref",
      "properties",
      "items",
      "required",
      "enum",
      "pattern",
      "minLength",
      "anyOf",
      "$defs",
    );
    const value = fc.oneof(
      fc.constantFrom<JsonValue>(
        "string",
        "object",
        "#",
        "#/$defs/a",
        "#/properties/a",
        "(",
        1,
        -1,
        null,
        true,
        [],
        ["a"],
        {},
        [{}],
      ),
    );
    const part = fc.dictionary(keyword, value);
    const nested = fc.dictionary(fc.constantFrom("a", "b"), part);
    const schemas = fc.record({ properties: nested, $defs: nested }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(schemas, fc.jsonValue(), async (schema, given) => {
        let read: ReturnType<typeof readSchema>;
        try {
          read = readSchema(schema as JsonObject, OWNER);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          return;
        }
        // A part that is nothing but a reference to itself is left out of this: it has no answer.
        if (JSON.stringify(schema).includes("$ref")) return;
        await read.validate(given as JsonValue);
        await read.validate({ a: given as JsonValue, b: "x" });
      }),
    );
  });
});
