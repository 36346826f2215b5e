/** The native API against an emulated OCI that verifies every signature and knows every family's rules. */
import { Agent, ModelError, type ModelRequest, type ModelResponse, tool } from "@locus-sdk/core";
import type { Fault, WireStyle } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Cloud, startCloud } from "../../test/emulator.ts";
import { streamed, textOf } from "../../test/parts.ts";
import { OCIEmbeddings } from "./embeddings.ts";
import { OCIGuardrails } from "./guardrails.ts";
import { OCIModel } from "./oci-model.ts";
import { OCIReranker } from "./reranker.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const hello: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };
const call = (city: string) => ({ name: "get_weather", arguments: { city } });

describe.each([
  "openai.gpt-oss-120b",
  "openai.gpt-4o",
  "openai.gpt-5",
  "google.gemini-2.5-pro",
  "meta.llama-3.3-70b-instruct",
  "meta.llama-4-maverick-17b-128e-instruct-fp8",
  "xai.grok-4",
  "cohere.command-r-plus-08-2024",
  "cohere.command-a-03-2025",
  "cohere.command-a-reasoning-08-2025",
])("%s", (model) => {
  test.each([false, true])("runs an agent through two steps of tools; streamed: %s", async (streaming) => {
    const { emulator } = cloud;
    emulator.script(
      { text: "Hm.", toolCalls: [call("Oslo"), call("Rio")] },
      { toolCalls: [call("Bergen")] },
      { text: ["Co", "ld ü"] },
    );
    const asked: string[] = [];
    const getWeather = tool({
      name: "get_weather",
      description: "Current weather for a city.",
      parameters: z.object({ city: z.string().min(1), unit: z.enum(["C", "F"]).optional() }),
      execute: async ({ city }) => {
        asked.push(city);
        return { city };
      },
    });
    const agent = new Agent({
      model: new OCIModel({ model, maxRetries: 0, ...cloud.options }),
      tools: [getWeather],
      systemPrompt: "Be brief.",
    });
    let text: string | undefined;
    if (streaming) {
      const stream = agent.stream("Weather?");
      for await (const _ of stream);
      ({ text } = await stream.result);
    } else {
      ({ text } = await agent.run("Weather?"));
    }
    expect([text, asked.toSorted()]).toEqual(["Cold ü", ["Bergen", "Oslo", "Rio"]]);
    expect(emulator.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

const weather: ModelRequest = {
  ...hello,
  tools: [{ name: "get_weather", description: "Weather", parameters: { type: "object", properties: {} } }],
};
const argumentsOf = (response: ModelResponse): unknown[] =>
  response.message.content.flatMap((part) => (part.type === "tool_call" ? [JSON.parse(part.arguments)] : []));

test.each([
  "fragments",
  "fragments-at-zero",
  "fragments-without-index",
  "whole",
  "whole-at-zero",
  "without-ids",
  "double-encoded",
  "re-announced",
  "final-frame",
] as const)("two calls of one tool streamed as %s are two calls", async (toolDeltas) => {
  for (const model of [
    "openai.gpt-oss-120b",
    "meta.llama-3.3-70b-instruct",
    "cohere.command-a-reasoning-08-2025",
  ]) {
    cloud.emulator.script({ toolCalls: [call("Oslo"), call("Rio")], toolDeltas });
    const chat = new OCIModel({ model, maxRetries: 0, ...cloud.options });
    const { response } = await streamed(chat.stream(weather));
    expect(argumentsOf(response)).toEqual([{ city: "Oslo" }, { city: "Rio" }]);
    const ids = response.message.content.map((part) => (part.type === "tool_call" ? part.id : ""));
    expect(new Set(ids).size).toBe(2);
  }
});

test.each<[string, WireStyle]>([
  ["CRLF, comments and no space", { lineEnding: "crlf", comments: true, space: false }],
  ["CR and several data lines", { lineEnding: "cr", multilineData: true }],
  ["bytes one by one", { writes: 1 }],
  ["one write", { writes: "packed", pad: true }],
  ["no [DONE] and no last blank line", { done: false, finalBlankLine: false }],
  ["[DONE] and event names", { done: true, eventLines: true }],
  ["a charset in its type", { contentType: "text/event-stream; charset=utf-8" }],
])("an answer in %s is read in every format", async (_, wire) => {
  for (const model of [
    "google.gemini-2.5-pro",
    "cohere.command-r-08-2024",
    "cohere.command-a-reasoning-08-2025",
  ]) {
    cloud.emulator.script({ text: "Blåbær 🫐 og is", wire }, { toolCalls: [call("Oslo")], wire });
    const chat = new OCIModel({ model, maxRetries: 0, ...cloud.options });
    expect((await streamed(chat.stream(weather))).text).toBe("Blåbær 🫐 og is");
    expect(argumentsOf((await streamed(chat.stream(weather))).response)).toEqual([{ city: "Oslo" }]);
  }
});

test.each<[string, Fault]>([
  ["reset within an event", { type: "reset", after: 1, midEvent: true }],
  ["cut off", { type: "truncate", after: 2 }],
  ["finished without saying so", { type: "missing_finish" }],
  ["an error", { type: "error_event", after: 1 }],
])("a stream that is %s is an error in every format, and is paid once", async (_, fault) => {
  for (const model of ["xai.grok-4", "cohere.command-r-08-2024", "cohere.command-a-vision-07-2025"]) {
    cloud.emulator.reset();
    cloud.emulator.script({ text: "one two three four five six", faults: [fault] });
    const chat = new OCIModel({ model, ...cloud.options });
    await expect(streamed(chat.stream(hello))).rejects.toBeInstanceOf(ModelError);
    expect([cloud.emulator.requests.length, cloud.emulator.generations]).toEqual([1, 1]);
  }
});

test("where rules are contested, every request of ours keeps them or learns to, on endpoints as well", async () => {
  const plain = "ocid1.generativeaiendpoint.oc1.us-chicago-1.plain";
  const endpoints = { [plain]: { model: "somebody.qwen", streaming: false } };
  await using strict = await startCloud({ strictness: "contested", endpoints });
  for (const model of ["openai.gpt-4o", "openai.gpt-5", "google.gemini-2.5-pro", "xai.grok-3-mini", plain]) {
    const chat = new OCIModel({ model, maxRetries: 0, ...strict.options });
    const settings = {
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.5,
      frequencyPenalty: 1,
      parallelToolCalls: true,
    };
    strict.emulator.script({ text: "fine" });
    expect((await streamed(chat.stream({ ...weather, settings }))).text).toBe("fine");
  }
  const asked = strict.emulator.requests.slice(-2).map(({ status }) => status);
  expect(asked).toEqual([400, 200]);
});

test("a fine-tune that writes its calls into the text is read, where the option says so", async () => {
  const model = "ocid1.generativeaiendpoint.oc1.us-chicago-1.qwen";
  const chat = new OCIModel({ model, textToolCalls: true, maxRetries: 0, ...cloud.options });
  cloud.emulator.script({ text: "Hm. ", toolCalls: [call("Oslo"), call("Rio")], toolDeltas: "text-tags" });
  const { text, response } = await streamed(chat.stream(weather));
  expect(text).not.toContain("tool_call");
  expect(argumentsOf(response)).toEqual([{ city: "Oslo" }, { city: "Rio" }]);
});

test("every profile's signature is taken, and the request id is the server's", async () => {
  for (const profile of ["DEFAULT", "PKCS1", "ENCRYPTED", "SESSION"]) {
    const chat = new OCIModel({ model: "cohere.command-a-03-2025", profile, ...cloud.options });
    const response = await chat.complete(hello);
    expect(response.requestId).toBe(cloud.emulator.requests.at(-1)?.id);
  }
});

test("one 401 costs one more signature, and a clock that is off is learned", async () => {
  cloud.emulator.script({ error: "NotAuthenticated" }, { text: "healed" });
  const chat = new OCIModel({ model: "openai.gpt-oss-120b", maxRetries: 0, ...cloud.options });
  expect((await streamed(chat.stream(hello))).text).toBe("healed");
  cloud.emulator.clock.advance(600_000);
  await chat.complete(hello);
  expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([401, 200, 401, 200]);
  cloud.emulator.clock.advance(-600_000);
});

test("a wrong compartment is a 404 that says where the compartment came from", async () => {
  const compartmentId = "ocid1.compartment.oc1..wrong";
  const chat = new OCIModel({ model: "cohere.command-a-03-2025", ...cloud.options, compartmentId });
  await expect(chat.complete(hello)).rejects.toMatchObject({
    name: "PermissionOrNotFoundError",
    status: 404,
    hint: expect.stringContaining(`${compartmentId} (the \`compartmentId\` option)`),
  });
  expect(cloud.emulator.requests).toHaveLength(1);
});

test("answers in every encoding that was offered are read", async () => {
  const chat = new OCIModel({ model: "cohere.command-r-08-2024", maxRetries: 0, ...cloud.options });
  for (const encoding of ["gzip", "deflate", "br"] as const) {
    cloud.emulator.script(
      { text: ["pa", "cked"], wire: { encoding } },
      { text: "whole", wire: { encoding } },
    );
    expect((await streamed(chat.stream(hello))).text).toBe("packed");
    expect(textOf(await chat.complete(hello))).toBe("whole");
  }
});

test("embeddings, ranking and guardrails are served", async () => {
  const embeddings = new OCIEmbeddings({ model: "cohere.embed-v4.0", ...cloud.options });
  const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
  const { byType, usage } = await embeddings.embed(texts, { embeddingTypes: ["float", "int8", "base64"] });
  expect([byType.float?.length, byType.int8?.length, byType.base64?.length]).toEqual([100, 100, 100]);
  expect(usage.inputTokens).toBeGreaterThan(0);
  const again = await embeddings.embed([texts[99] ?? ""]);
  expect(again.embeddings[0]).toEqual(byType.float?.[99]);
  const reranker = new OCIReranker({ model: "cohere.rerank-v3.5", ...cloud.options });
  const { results } = await reranker.rerank("the fjord", ["rain", "the deep fjord", "sun"], { topN: 2 });
  expect(results[0]?.document).toBe("the deep fjord");
  expect(results).toHaveLength(2);
  const guardrails = new OCIGuardrails(cloud.options);
  expect(
    await guardrails.apply("Write to a@b.com", { personalData: ["EMAIL"], promptInjection: true }),
  ).toMatchObject({
    personalData: [{ label: "EMAIL", text: "a@b.com" }],
    promptInjection: { score: 0 },
  });
});
