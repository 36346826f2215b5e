/** An agent over all three formats: tools, parallel calls of one tool, streamed as plain, cancelled, throttled. */
import { Agent, tool } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type NativeServer, type NativeTurn, startNativeServer } from "../../test/native-server.ts";
import { OCIModel } from "./oci-model.ts";

let server: NativeServer;
beforeEach(async () => {
  server = await startNativeServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const weather = () => {
  const asked: string[] = [];
  const getWeather = tool({
    name: "get_weather",
    description: "Current weather for a city.",
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return { city, tempC: city.length };
    },
  });
  return { asked, getWeather };
};
const call = (city: string) => ({ name: "get_weather", arguments: JSON.stringify({ city }) });
const TURNS: readonly NativeTurn[] = [
  {
    text: "Let me look.",
    toolCalls: [call("Oslo"), call("Rio")],
    usage: { inputTokens: 10, outputTokens: 5 },
  },
  { toolCalls: [call("Oslo")], usage: { inputTokens: 20, outputTokens: 5 } },
  { text: "Cold, warm, and cold again.", usage: { inputTokens: 30, outputTokens: 5 } },
];

describe.each([
  "openai.gpt-oss-120b",
  "google.gemini-2.5-pro",
  "cohere.command-r-08-2024",
  "cohere.command-a-reasoning-08-2025",
])("an agent with %s", (id) => {
  const agentWith = (tools: ReturnType<typeof weather>, maxRetries = 0) =>
    new Agent({
      model: new OCIModel({ model: id, ...server.options, maxRetries }),
      tools: [tools.getWeather],
      systemPrompt: "Be brief.",
    });

  test("makes three turns of calls, two of one tool at once, the same streamed and plain", async () => {
    const outcomes: unknown[] = [];
    for (const streaming of [false, true]) {
      server.script(...TURNS);
      const tools = weather();
      const agent = agentWith(tools);
      const result = streaming
        ? await (async () => {
            const stream = agent.stream("Weather?");
            for await (const _ of stream);
            return stream.result;
          })()
        : await agent.run("Weather?");
      expect(tools.asked.toSorted()).toEqual(["Oslo", "Oslo", "Rio"]);
      expect(result.text).toBe("Cold, warm, and cold again.");
      outcomes.push({ text: result.text, usage: result.usage, stopReason: result.stopReason });
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(outcomes[0]).toMatchObject({
      usage: { inputTokens: 60, outputTokens: 15 },
      stopReason: "complete",
    });
    expect(server.generations()).toBe(6);
    // Each result came back beside the call it answers.
    expect(JSON.stringify(server.calls[1]?.body)).toMatch(/Oslo.*Rio/);
  });

  test("closes the socket when it is cancelled in the middle of a stream", async () => {
    server.script({ text: "A long story about a fjord.", slow: true });
    const abort = new AbortController();
    const consume = async (): Promise<void> => {
      for await (const event of agentWith(weather()).stream("Tell", { signal: abort.signal })) {
        if (event.type === "model_chunk") abort.abort();
      }
    };
    await expect(consume()).rejects.toMatchObject({ name: "CancelledError" });
    await vi.waitFor(() => expect(server.calls.map(({ aborted }) => aborted)).toEqual([true]));
  });

  test("waits when it is throttled, and tells", async () => {
    server.script(
      { fail: { status: 429, body: { code: "429", message: "slow" }, headers: { "retry-after": "0" } } },
      { text: "OK" },
    );
    const types: string[] = [];
    const stream = agentWith(weather(), 2).stream("Hi");
    for await (const event of stream) types.push(event.type);
    expect(types).toContain("retry");
    expect([server.calls.length, server.generations()]).toEqual([2, 1]);
  });

  test("takes a stream that breaks off for an error, and pays once", async () => {
    server.script({ text: "A long story about a fjord.", truncated: true }, { text: "again" });
    const consume = async (): Promise<void> => {
      for await (const _ of agentWith(weather(), 2).stream("Tell"));
    };
    await expect(consume()).rejects.toMatchObject({ name: "IncompleteStreamError" });
    expect(server.generations()).toBe(1);
  });
});

test("a call written into the text runs its tool, where the option says so", async () => {
  server.script(
    {
      text: `Hm. <tool_call>${JSON.stringify({ name: "get_weather", arguments: { city: "Oslo" } })}</tool_call>`,
    },
    { text: "Cold." },
  );
  const tools = weather();
  const model = new OCIModel({
    model: "ocid1.generativeaiendpoint.oc1..q",
    ...server.options,
    textToolCalls: true,
  });
  const result = await new Agent({ model, tools: [tools.getWeather] }).run("Weather?");
  expect([result.text, tools.asked]).toEqual(["Cold.", ["Oslo"]]);
  expect(server.calls[1]?.body).toMatchObject({
    chatRequest: { messages: [{ role: "USER" }, { role: "ASSISTANT" }, { role: "TOOL" }] },
  });
});
