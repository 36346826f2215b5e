/** Answers bound to a schema, alone and beside tools. */
import { expect } from "vitest";
import { ask, type Check, definition, lastBody, parameters, textOf } from "./checks.ts";

/** The schema is on the wire where the API has it, and the answer is JSON. */
export const structuredOutput =
  (place: RegExp): Check =>
  async (bench) => {
    const outputSchema = { name: "place", schema: { ...parameters, additionalProperties: false } };
    const response = await ask(bench, { text: '{"city":"Oslo"}' }, { outputSchema });
    expect(JSON.parse(textOf(response))).toEqual({ city: "Oslo" });
    expect(lastBody(bench)).toMatch(place);
    expect(bench.model.capabilities.structuredOutput).toBe("schema");
  };

const bound = {
  tools: [definition],
  outputSchema: { name: "place", schema: { ...parameters, additionalProperties: false } },
};

/** A schema and tools go out together. */
export const structuredWithTools: Check = async (bench) => {
  const response = await ask(bench, { text: '{"city":"Oslo"}' }, bound);
  expect(lastBody(bench)).toMatch(/json_?schema|"format":\{/i);
  expect(lastBody(bench)).toContain("get_weather");
  expect(response.warnings ?? []).toEqual([]);
  expect(bench.model.capabilities.structuredOutputWithTools).not.toBe(false);
};
/** They do not, or not to any good, and the model says so. */
export const noStructuredWithTools: Check = async (bench) => {
  const response = await ask(bench, { text: "Hm." }, bound);
  expect(response.warnings?.join(" ")).toMatch(/schema/);
  expect(bench.model.capabilities.structuredOutputWithTools).toBe(false);
};
