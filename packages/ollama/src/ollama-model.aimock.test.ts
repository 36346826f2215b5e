/** The model over a server that is not ours, and the conformance suite as far as that server goes. */
import { type Fixture, LLMock } from "@copilotkit/aimock";
import { Agent, tool } from "@locus-sdk/core";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
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

/** A turn as that server's fixture; it answers this model in a stream, whichever way the model was asked. */
function fixtureOf(turn: ChatModelTurn, isNow: () => boolean): Fixture {
  const match = { predicate: isNow };
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return { match, response: { error: { message, type: "test_error" }, status } };
  }
  const toolCalls = (turn.toolCalls ?? []).map((call) => ({ ...call }));
  const response = toolCalls.length > 0 ? { toolCalls } : { content: turn.text ?? "" };
  if (turn.slow === true) return { match, response, streamingProfile: { ttft: 0, tps: 5 } };
  // With some time between its lines, or the server takes the answer back before any of it has left.
  return { match, response, ...(turn.truncated === true ? { truncateAfterChunks: 3, latency: 10 } : {}) };
}

describeChatModel(
  "OllamaModel on aimock",
  async () => {
    const suite = new LLMock({ port: 0 });
    await suite.start();
    return {
      model: new OllamaModel({ model: "llama3.2", host: suite.url, maxRetries: 0 }),
      script: (turns) => {
        suite.clearFixtures();
        suite.addFixtures(
          turns.map((turn, index) =>
            fixtureOf(turn, () => Math.min(suite.getRequests().length, turns.length - 1) === index),
          ),
        );
      },
      requests: () => suite.getRequests().map((entry) => entry.body),
      close: () => suite.stop(),
    };
  },
  {
    skip: {
      reasoning: "the server tells thoughts in a field that Ollama does not have",
      usage: "the server counts nothing",
      length: "the server ends every answer with stop",
      content_filter: "Ollama has none",
      malformed_arguments: "the server parses them itself, and hands on objects",
    },
  },
);
