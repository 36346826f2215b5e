/** The model over a server that is not ours. */
import { LLMock } from "@copilotkit/aimock";
import { Agent, tool } from "@locus-sdk/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { OllamaModel } from "./ollama-model.ts";

const mock = new LLMock({ port: 0 });
beforeAll(() => mock.start());
afterAll(() => mock.stop());

it("answers and calls tools", async () => {
  mock.addFixtures([
    {
      match: { hasToolResult: true },
      response: { content: "It rains in Oslo. 日本語 👩‍👩‍👧‍👦" },
    },
    {
      match: { userMessage: "Weather in Oslo?" },
      response: { toolCalls: [{ name: "get_weather", arguments: '{"city":"Oslo"}' }] },
    },
  ]);
  const asked: string[] = [];
  const weather = tool({
    name: "get_weather",
    description: "Current weather for a city.",
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => {
      asked.push(city);
      return Promise.resolve("rain");
    },
  });
  const model = new OllamaModel({ model: "llama3.2", host: mock.url, maxRetries: 0 });
  const agent = new Agent({ model, tools: [weather] });
  const { text } = await agent.run("Weather in Oslo?");
  expect([asked, text]).toEqual([["Oslo"], "It rains in Oslo. 日本語 👩‍👩‍👧‍👦"]);
});

it("says so where it is refused", async () => {
  mock.clearFixtures();
  mock.addFixtures([{ match: {}, response: { error: { message: "too much at once" }, status: 429 } }]);
  const model = new OllamaModel({ model: "llama3.2", host: mock.url, maxRetries: 0 });
  const call = model.complete({ messages: [{ role: "user", content: "Hi" }] });
  await expect(call).rejects.toMatchObject({ name: "RateLimitError", status: 429 });
});
