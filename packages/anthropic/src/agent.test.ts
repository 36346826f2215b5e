/** Agents on Claude: tools called in parallel, thoughts handed back, plain and streamed. */

import { LLMock } from "@copilotkit/aimock";
import { Agent, tool } from "@locus-sdk/core";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { fixture } from "../test/parts.ts";
import { events, startServer, type TestServer } from "../test/server.ts";
import { AnthropicModel } from "./anthropic-model.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const getWeather = tool({
  name: "get_weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    if (city === "Bergen") throw new Error("the station does not answer");
    return `${city}: rain, 3 °C`;
  },
});
const now = tool({
  name: "now",
  description: "The time.",
  parameters: z.object({}),
  execute: () => "12:00",
});

/** An agent whose model thinks, calls three tools at once, and then answers. */
async function agentOnClaude(): Promise<Agent> {
  const started = await startServer((response, request, index) =>
    events([fixture(index === 0 ? "thinking-parallel-tools" : "text")])(response, request, index),
  );
  server = started;
  const model = new AnthropicModel({ model: "claude-sonnet-5-5", apiKey: "k", baseURL: started.url });
  return new Agent({ model, systemPrompt: "You are brief.", tools: [getWeather, now] });
}

describe("an agent on Claude", () => {
  it("answers after its tools, and hands back what was thought before them as it came", async () => {
    const agent = await agentOnClaude();
    let text = "";
    const stream = agent.stream("Weather in Oslo and Bergen?");
    for await (const event of stream) {
      if (event.type === "model_chunk" && event.kind === "text") text += event.text;
    }
    expect(text).toBe("I'll look at both.Hei fra Tromsø 🏔️!");
    const sent = server?.requests[1]?.body.messages;
    expect(sent).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: [
          {
            type: "thinking",
            thinking: "Two cities: I ask for both.",
            signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk",
          },
          {
            type: "redacted_thinking",
            data: "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP",
          },
          { type: "text", text: "I'll look at both." },
          { type: "tool_use", name: "get_weather", input: { city: "Oslo" } },
          { type: "tool_use", name: "get_weather", input: { city: "Bergen" } },
          { type: "tool_use", name: "now", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_01T1x1fJ34qAmk2tNTrN7Up6", content: "Oslo: rain, 3 °C" },
          { type: "tool_result", tool_use_id: "toolu_01BqPz5dXkJpR3mWn8vYtHcS", is_error: true },
          { type: "tool_result", tool_use_id: "toolu_01CrQa6eYlKqS4nXo9wZuIdT", content: "12:00" },
        ],
      },
    ]);
  });

  it("comes to the same on another's server, asked plain", async () => {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    try {
      const isSecond = (): boolean => mock.getRequests().length > 0;
      mock.addFixtures([
        { match: { predicate: isSecond }, response: { content: "It rains in Oslo." } },
        {
          match: { predicate: () => true },
          response: {
            toolCalls: [{ name: "get_weather", arguments: '{"city":"Oslo"}' }],
            reasoning: "I have to ask.",
          },
        },
      ]);
      const model = new AnthropicModel({ model: "claude-opus-4-5", apiKey: "k", baseURL: mock.url });
      const agent = new Agent({
        model,
        tools: [getWeather],
        settings: { reasoning: { effort: "low" } },
      });
      const result = await agent.run("Weather in Oslo?");
      expect(result.text).toBe("It rains in Oslo.");
      expect(result.stopReason).toBe("complete");
      expect(JSON.stringify(mock.getRequests().at(-1)?.body)).toContain("Oslo: rain, 3 °C");
    } finally {
      await mock.stop();
    }
  });
});
