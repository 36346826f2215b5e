import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import type { JsonValue } from "../json/json.ts";
import type { ParameterSchema } from "../schema/read.ts";
import { planOutput } from "./plan.ts";
import { readAnswer } from "./read-answer.ts";

const city = z.object({ city: z.string(), tempC: z.number(), note: z.string().optional() });

async function read(text: string, schema: ParameterSchema = city, isCutOff = false): Promise<unknown> {
  const answer = await readAnswer(planOutput(schema, { owner: "test" }), { text, isCutOff });
  return answer.ok ? answer.value.written : answer.message;
}

describe("an answer that fits", () => {
  const oslo = { city: "Oslo", tempC: 21 };
  test.each([
    ["alone", JSON.stringify(oslo)],
    [
      "in a fence with words around",
      `Of course!\n\`\`\`json\n${JSON.stringify(oslo, null, 2)}\n\`\`\`\nAsk me anything.`,
    ],
    [
      "beside other objects that do not",
      `I used {"q": "oslo"} and got {"temp": 21}: ${JSON.stringify(oslo)}`,
    ],
    ["said twice", `${JSON.stringify(oslo)} — once more: ${JSON.stringify(oslo)}`],
  ])("%s", async (_, text) => {
    expect(await read(text)).toEqual(oslo);
  });

  it("has no nulls where an optional property was left out", async () => {
    expect(await read('{"city": "Oslo", "tempC": 21, "note": null}')).toEqual(oslo);
  });

  it("keeps the null of a property that may be null", async () => {
    const schema = z.object({ note: z.string().nullable().optional() });
    expect(await read('{"note": null}', schema)).toEqual({ note: null });
  });
});

describe("an answer that does not fit is answered with why", () => {
  test.each([
    ["prose", "It is warm in Oslo.", "the answer holds no JSON object"],
    ["nothing", " ", "the answer is empty; expected a JSON object"],
    ["a list", "[1]", "the answer holds no JSON object"],
    [
      "a wrong type",
      '{"city": "Oslo", "tempC": "warm"}',
      "tempC: Invalid input: expected number, received string",
    ],
    ["half an object", '{"city": "Oslo", "tem', "the JSON object is cut off"],
    [
      "two objects that fit",
      '{"city": "Oslo", "tempC": 1} or {"city": "Rome", "tempC": 2}',
      "2 different objects fit the schema; expected one",
    ],
  ])("%s", async (_, text, wrong) => {
    expect(await read(text)).toBe(wrong);
  });

  it("an object cut off at the limit of tokens says so", async () => {
    const why = "the JSON object is cut off: the limit of output tokens was reached before its end";
    expect(await read('{"city": "Os', city, true)).toBe(why);
  });
});

describe("a schema that is no object's", () => {
  const cases: readonly (readonly [string, ParameterSchema, JsonValue])[] = [
    ["an enum", z.enum(["yes", "no"]), "yes"],
    ["a list", z.array(z.number()), [1, 2]],
    ["a union of objects", z.union([z.object({ a: z.string() }), z.object({ b: z.number() })]), { b: 2 }],
    ["a number or null", z.number().nullable(), null],
    ["JSON Schema of text", { type: "string" }, "hello"],
  ];
  test.each(cases)("is asked for as the member of an object: %s", async (_, schema, value) => {
    expect(planOutput(schema, { owner: "test" }).jsonSchema).toMatchObject({
      type: "object",
      required: ["value"],
    });
    expect(await read(JSON.stringify({ value }), schema)).toEqual(value);
  });
  it("is missed by its name", async () => {
    expect(await read('{"answer": "yes"}', z.enum(["yes"]))).toBe('the answer has no member "value"');
  });
});
