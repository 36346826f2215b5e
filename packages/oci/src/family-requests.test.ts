/** Every family against the emulator's refusals: a model is never asked for what its family does not take. */
import type { ModelRequest } from "@locus-sdk/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { streamed, textOf } from "../test/parts.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const model = (id: string): OCIOpenAIModel =>
  new OCIOpenAIModel({ model: id, maxRetries: 0, ...cloud.options });
const hello: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };
const weather: ModelRequest = {
  ...hello,
  tools: [{ name: "get_weather", description: "Weather", parameters: { type: "object", properties: {} } }],
};

describe("families", () => {
  test.each([
    "openai.gpt-oss-20b",
    "openai.gpt-5.2",
    "openai.gpt-5.6-sol",
    "openai.gpt-4.1",
    "meta.llama-3.3-70b-instruct",
    "meta.llama-4-maverick-17b-128e-instruct-fp8",
    "google.gemini-2.5-pro",
    "xai.grok-3",
    "xai.grok-3-mini",
    "xai.grok-4",
    "xai.grok-4-fast-non-reasoning",
    "mistral.large",
  ])("%s is never asked for what its family refuses, however much is set", async (id) => {
    const { emulator } = cloud;
    const calls = [{ name: "get_weather", arguments: { city: "Oslo" } }];
    emulator.script({ toolCalls: calls }, { text: "done" }, { toolCalls: calls }, { text: "done" });
    const chat = model(id);
    const request: ModelRequest = {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
        { role: "assistant", content: [] },
        { role: "user", content: "In Oslo." },
      ],
      tools: [
        {
          name: "get_weather",
          description: "Weather",
          parameters: {
            type: "object",
            properties: { city: { $ref: "#/$defs/city" }, days: { type: "integer", exclusiveMinimum: 0 } },
            $defs: { city: { type: "string" } },
          },
        },
      ],
      settings: {
        temperature: 0.3,
        topP: 0.9,
        stop: ["END"],
        maxOutputTokens: 100,
        frequencyPenalty: 0.1,
        presencePenalty: 0.1,
        parallelToolCalls: true,
        reasoning: { effort: "low" },
      },
    };
    for (const send of [
      (each: ModelRequest) => chat.complete(each),
      async (each: ModelRequest) => (await streamed(chat.stream(each))).response,
    ]) {
      const first = await send(request);
      const call = first.message.content.find((part) => part.type === "tool_call");
      if (call?.type !== "tool_call") throw new Error("no call");
      expect([call.name, JSON.parse(call.arguments)]).toEqual(["get_weather", { city: "Oslo" }]);
      const result = { role: "tool" as const, callId: call.id, name: call.name, content: "21" };
      const second = await send({ ...request, messages: [...request.messages, first.message, result] });
      expect([textOf(second), second.stopReason]).toEqual(["done", "stop"]);
    }
    expect(emulator.requests.map(({ status, refusal }) => [status, refusal])).toEqual(
      Array(4).fill([200, undefined]),
    );
  });

  test("what gpt-5.6 gives up for tools is told in a warning, plain and streamed", async () => {
    const chat = model("openai.gpt-5.6-luna");
    const request: ModelRequest = { ...weather, settings: { reasoning: { effort: "high" } } };
    const warnings = [expect.stringContaining('effort "high" was not sent')];
    expect((await chat.complete(request)).warnings).toEqual(warnings);
    expect((await streamed(chat.stream(request))).response.warnings).toEqual(warnings);
    await chat.complete({ ...hello, settings: { reasoning: { effort: "high" } } });
    expect(cloud.emulator.requests.map(({ body }) => body)).toMatchObject([
      { reasoning_effort: "none" },
      { reasoning_effort: "none" },
      { reasoning_effort: "high" },
    ]);
  });
});
