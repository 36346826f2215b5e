/** Agents on an Ollama server: tools, images, thoughts and a model that has to be fetched first. */
import { Agent, type AgentEvent, type AgentOptions, tool } from "@locus-sdk/core";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ChatAnswer, ends, lines, type OllamaServer, says, startOllama } from "../test/server.ts";
import { OllamaModel } from "./ollama-model.ts";
import type { OllamaModelOptions } from "./options.ts";

let server: OllamaServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const weather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => Promise.resolve(`${city}: rain`),
});
const callOf = (city: string): object => ({ function: { name: "get_weather", arguments: { city } } });

/** Asks for the weather of two cities, and answers with what it was told. */
const model: ChatAnswer = (response, request) => {
  const { messages } = request.body;
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const results = messages.slice(asked).filter(({ role }) => role === "tool");
  const calls = results.length === 0 && request.body.tools !== undefined;
  const said = calls
    ? lines(
        says({ thinking: "Two cities." }),
        says({ tool_calls: [callOf("Oslo")] }),
        says({ tool_calls: [callOf("Bergen")] }),
        ends("stop", [20, 5]),
      )
    : lines(says({ content: results.map(({ content }) => content).join(", ") }), ends("stop", [40, 7]));
  said(response, request);
};

async function agentOn(
  options: Partial<OllamaModelOptions> = {},
  agent: Partial<AgentOptions> = {},
): Promise<{ readonly agent: Agent; readonly server: OllamaServer }> {
  const started = await startOllama(model, { models: [], registry: ["m"] });
  server = started;
  const ollama = new OllamaModel({ model: "m", host: started.url, pull: true, maxRetries: 0, ...options });
  return { agent: new Agent({ model: ollama, tools: [weather], ...agent }), server: started };
}

describe("an agent", () => {
  it("calls tools side by side and answers, its model pulled first", async () => {
    const { agent, server } = await agentOn({ think: true });
    const result = await agent.run("Weather in Oslo and Bergen?");
    expect(result.text).toBe("Oslo: rain, Bergen: rain");
    expect(result.usage).toMatchObject({ inputTokens: 60, outputTokens: 12 });
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/api/chat",
      "/api/pull",
      "/api/chat",
      "/api/chat",
    ]);
    const { messages, think } = z
      .object({ messages: z.array(z.record(z.string(), z.unknown())), think: z.unknown() })
      .parse(server.chats().at(-1));
    expect(think).toBe(true);
    const [calls, ...results] = messages.slice(-3);
    expect(calls).toMatchObject({
      role: "assistant",
      thinking: "Two cities.",
      tool_calls: [callOf("Oslo"), callOf("Bergen")],
    });
    expect(results).toMatchObject([
      { role: "tool", tool_name: "get_weather", content: "Oslo: rain" },
      { role: "tool", tool_name: "get_weather", content: "Bergen: rain" },
    ]);
    expect(new Set(results.map((result) => result.tool_call_id)).size).toBe(2);
  });

  it("streams the same", async () => {
    const { agent } = await agentOn();
    const events: AgentEvent[] = [];
    for await (const event of agent.stream("Weather in Oslo and Bergen?")) events.push(event);
    const texts = (kind: string): string =>
      events
        .flatMap((event) => (event.type === "model_chunk" && event.kind === kind ? event.text : []))
        .join("");
    expect(texts("text")).toBe("Oslo: rain, Bergen: rain");
    expect(texts("reasoning")).toBe("Two cities.");
    expect(events.at(-1)).toMatchObject({ type: "terminate", reason: "complete" });
  });

  it("goes on with a thread, whose calls keep ids of their own", async () => {
    const { agent, server } = await agentOn();
    await agent.run("Weather?", { threadId: "t" });
    await agent.run("And now?", { threadId: "t" });
    const ids = JSON.stringify(server.chats().at(-1)).match(/"id":"[^"]+"/g) ?? [];
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("shows an image by its bytes", async () => {
    const { agent, server } = await agentOn({}, { tools: [] });
    const png = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
    await agent.run([
      { type: "text", text: "What is this?" },
      { type: "image", data: png },
    ]);
    expect(server.chats().at(-1)?.messages).toMatchObject([
      { content: "What is this?", images: [Buffer.from(png).toString("base64")] },
    ]);
  });
});
