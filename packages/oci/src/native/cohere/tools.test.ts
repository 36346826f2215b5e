/** Tools of COHERE: a flat list of parameters, and in words what a flat list cannot say. */
import type { JsonObject } from "@locus-sdk/core";
import { expect, test } from "vitest";
import { encodeTool } from "./tools.ts";

const definitions = (properties: JsonObject, more: JsonObject = {}) =>
  encodeTool(
    { name: "f", description: "F.", parameters: { type: "object", properties, ...more } },
    () => undefined,
  ).parameterDefinitions as JsonObject;

test("types have Python's names", () => {
  const types = {
    string: "str",
    integer: "int",
    number: "float",
    boolean: "bool",
    array: "list",
    object: "dict",
  };
  const properties = Object.fromEntries(Object.keys(types).map((type) => [type, { type }]));
  expect(definitions(properties, { required: ["string"] })).toEqual(
    Object.fromEntries(
      Object.entries(types).map(([type, name]) => [type, { type: name, isRequired: type === "string" }]),
    ),
  );
});

test("a tool without parameters has no definitions", () => {
  expect(
    encodeTool({ name: "f", description: "F.", parameters: { type: "object" } }, () => undefined),
  ).toEqual({
    name: "f",
    description: "F.",
  });
});

test("constraints and nested schemas are said in the description", () => {
  expect(
    definitions({
      unit: { description: "The unit.", enum: ["C", "F"], default: "C" },
      count: { type: "integer", minimum: 1, maximum: 9 },
      day: { type: ["string", "null"], format: "date", pattern: "^2" },
      tags: { type: "array", items: { type: "string", maxLength: 5 }, minItems: 1 },
      place: {
        type: "object",
        properties: { city: { type: "string", description: "Its name." }, zip: { type: "integer" } },
        required: ["city"],
      },
      either: { anyOf: [{ type: "string" }, { type: "number" }] },
      only: { const: true },
      map: { type: "object", additionalProperties: { type: "number" } },
    }),
  ).toEqual({
    unit: { type: "str", isRequired: false, description: 'The unit. One of: "C", "F". Default: "C".' },
    count: { type: "int", isRequired: false, description: "At least 1. At most 9." },
    day: {
      type: "str",
      isRequired: false,
      description: "Format: date. Must match the pattern ^2. May be null.",
    },
    tags: {
      type: "list",
      isRequired: false,
      description: "At least 1 items. Each item: str (At most 5 characters.).",
    },
    place: {
      type: "dict",
      isRequired: false,
      description: 'An object with "city" (required): str (Its name.); "zip": int.',
    },
    either: { type: "str", isRequired: false, description: "Either str, or float." },
    only: { type: "bool", isRequired: false, description: "One of: true." },
    map: { type: "dict", isRequired: false, description: "Each value: float." },
  });
});

test("references are followed, also those that lead back, and depth has an end", () => {
  const warnings: string[] = [];
  const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
  const parameters = { type: "object", properties: { list: { $ref: "#/$defs/node" } }, $defs: { node } };
  const encoded = encodeTool({ name: "f", description: "", parameters }, (text) => warnings.push(text));
  expect(encoded).toMatchObject({ parameterDefinitions: { list: { type: "dict" } } });
  expect(warnings).toEqual([expect.stringContaining("contains itself")]);
  let deep: JsonObject = { type: "string" };
  for (let level = 0; level < 8; level += 1) deep = { type: "array", items: deep };
  expect(JSON.stringify(definitions({ deep }))).toContain("JSON Schema: ");
});
