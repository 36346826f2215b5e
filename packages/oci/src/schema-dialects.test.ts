/** Schemas on the wire of every family: untouched where the family reads them, and told of where it does not. */
import { Agent, type JsonValue, type ModelRequest, tool } from "@locus-sdk/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const FAMILIES = [
  "openai.gpt-oss-20b",
  "openai.gpt-5.2",
  "openai.gpt-4.1",
  "meta.llama-3.3-70b-instruct",
  "meta.llama-4-maverick-17b-128e-instruct-fp8",
  "google.gemini-2.5-pro",
  "xai.grok-3",
  "mistral.large",
] as const;

const sent = (): readonly JsonValue[] =>
  cloud.emulator.requests.flatMap(({ body }) => {
    const { tools } = body as { tools?: readonly { function?: { parameters: JsonValue } }[] };
    return (tools ?? []).map((one) => one.function?.parameters ?? null);
  });
const model = (id: string): OCIOpenAIModel =>
  new OCIOpenAIModel({ model: id, maxRetries: 0, ...cloud.options });

test.each(FAMILIES)("%s is sent a plain schema as it is, with no warning", async (id) => {
  const parameters = {
    type: "object",
    properties: {
      city: { type: "string", description: "In English.", minLength: 1 },
      unit: { type: "string", enum: ["C", "F"], default: "C" },
      days: { type: "array", items: { type: "integer", minimum: 1 }, maxItems: 7 },
    },
    required: ["city"],
    additionalProperties: false,
  };
  const request: ModelRequest = {
    messages: [{ role: "user", content: "Hello" }],
    tools: [{ name: "get_weather", description: "Weather", parameters }],
    outputSchema: { name: "weather", schema: parameters },
  };
  const { warnings } = await model(id).complete(request);
  expect(warnings ?? []).toEqual([]);
  expect(sent()).toEqual([parameters]);
  expect(cloud.emulator.requests[0]?.body).toMatchObject({
    response_format: { json_schema: { schema: parameters } },
  });
});

describe("what a family does not read", () => {
  const search = tool({
    name: "search",
    description: "Searches.",
    parameters: z.object({ q: z.string(), filters: z.record(z.string(), z.number()) }),
    execute: () => "found",
  });
  const twoTurns = async (chat: OCIOpenAIModel | OCIModel): Promise<readonly (readonly string[])[]> => {
    const call = { name: "search", arguments: { q: "x", filters: {} } };
    cloud.emulator.script({ toolCalls: [call] }, { text: "done" });
    const agent = new Agent({ model: chat, tools: [search] });
    const told: (readonly string[])[] = [];
    agent.on("model_complete", ({ warnings = [] }) => told.push(warnings));
    await agent.run("Go.");
    return told;
  };

  test("is a warning of every call, once, with tool and place", async () => {
    const place = 'tool "search": /properties/filters:';
    const warnings = [
      `${place} propertyNames is not understood by Gemini and was left out`,
      `${place} additionalProperties is not understood by Gemini and was left out`,
    ];
    expect(await twoTurns(model("google.gemini-2.5-pro"))).toEqual([warnings, warnings]);
    expect(await twoTurns(model("xai.grok-3"))).toEqual([[], []]);
  });

  test("is told on the native API, too", async () => {
    const native = new OCIModel({ model: "google.gemini-2.5-pro", maxRetries: 0, ...cloud.options });
    const [first = []] = await twoTurns(native);
    expect(first).toContainEqual(
      expect.stringContaining('tool "search": /properties/filters: propertyNames'),
    );
  });

  test("makes one object of a choice among arguments, for models of OpenAI's", async () => {
    const edit = tool({
      name: "edit",
      description: "Edits.",
      parameters: z.discriminatedUnion("do", [
        z.object({ do: z.literal("add"), text: z.string() }),
        z.object({ do: z.literal("drop") }),
      ]),
      execute: () => "done",
    });
    await new Agent({ model: model("openai.gpt-4.1"), tools: [edit] }).run("Go.");
    expect(sent()).toEqual([
      {
        type: "object",
        properties: { do: { enum: ["add", "drop"] }, text: { type: "string" } },
        required: ["do"],
      },
    ]);
  });
});
