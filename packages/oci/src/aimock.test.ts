/** The model against an OpenAI-compatible server that others wrote: nothing here leans on our own emulator. */
import { LLMock } from "@copilotkit/aimock";
import type { ModelRequest, ModelStreamPart } from "@locus-sdk/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiKeyProfile, keyPair } from "../test/profiles.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

const mock = new LLMock({ port: 0 });
const { configFile } = apiKeyProfile(keyPair());
const tools = [
  {
    name: "get_weather",
    description: "Weather",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
];

beforeAll(async () => {
  mock.onMessage("hello", { content: "Hi there, ü!" });
  mock.onMessage("weather", { toolCalls: [{ name: "get_weather", arguments: '{"city":"Oslo"}' }] });
  await mock.start();
});
afterAll(() => mock.stop());

const ask = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content }],
  ...more,
});

describe.each(["/openai/v1", "/20231130/actions/v1"])("%s of an independent server", (path) => {
  const model = (): OCIOpenAIModel =>
    new OCIOpenAIModel({ model: "openai.gpt-oss-120b", baseURL: `${mock.url}${path}`, configFile, env: {} });

  test("answers plain, streamed and with a tool call", async () => {
    const plain = await model().complete(ask("hello"));
    expect(plain).toMatchObject({
      stopReason: "stop",
      message: { content: [{ type: "text", text: "Hi there, ü!" }] },
    });
    const parts: ModelStreamPart[] = [];
    for await (const part of model().stream(ask("hello"))) parts.push(part);
    const text = parts.map((part) => (part.type === "text_delta" ? part.text : "")).join("");
    expect([text, parts.at(-1)?.type]).toEqual(["Hi there, ü!", "finish"]);
    for (const send of [
      () => model().complete(ask("weather", { tools })),
      async () => {
        for await (const part of model().stream(ask("weather", { tools }))) {
          if (part.type === "finish") return part.response;
        }
        throw new Error("no finish");
      },
    ]) {
      expect(await send()).toMatchObject({
        stopReason: "tool_calls",
        message: { content: [{ type: "tool_call", name: "get_weather", arguments: '{"city":"Oslo"}' }] },
      });
    }
  });
});
