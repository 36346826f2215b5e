/** Arguments as they are written: how they are asked for, and what comes of arguments that are cut. */
import { Agent, type ModelRequest, tool } from "@locus-sdk/core";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { play } from "../test/messages.ts";
import { startServer, type TestServer } from "../test/server.ts";
import { AnthropicModel } from "./anthropic-model.ts";
import { anthropicProvider } from "./provider.ts";

let server: TestServer;
afterEach(() => server.close());

const parameters = { type: "object", properties: { text: { type: "string" } } } as const;
const request: ModelRequest = {
  messages: [{ role: "user", content: "Write." }],
  tools: [{ name: "write", description: "Writes.", parameters }],
};

it("is asked for with each tool, whole and streamed alike, and not unless it is wanted", async () => {
  server = await startServer(play({ text: "Done." }));
  const options = { apiKey: "k", baseURL: server.url };
  const eager = await anthropicProvider("claude-sonnet-5", { ...options, eagerInputStreaming: true });
  await eager.complete(request);
  for await (const _ of eager.stream(request));
  await eager.complete({ messages: request.messages });
  await new AnthropicModel({ ...options, model: "claude-sonnet-5" }).complete(request);
  const marks = server.requests.map(({ body }) => JSON.stringify(body.tools ?? null));
  expect(marks[0]).toContain('"eager_input_streaming":true');
  expect(marks[1]).toBe(marks[0]);
  expect(marks[2]).toBe("null");
  expect(marks[3]).not.toContain("eager_input_streaming");
});

it("tells the model of arguments that came as no JSON, and the run goes on", async () => {
  server = await startServer((response, received, index) =>
    play(
      index === 0 ? { toolCalls: [{ name: "write", arguments: '{"text":"half a sen' }] } : { text: "Sorry." },
    )(response, received, index),
  );
  const write = tool({
    name: "write",
    description: "Writes.",
    parameters: z.object({ text: z.string() }),
    execute: () => "written",
  });
  const model = new AnthropicModel({
    model: "claude-sonnet-5",
    apiKey: "k",
    baseURL: server.url,
    eagerInputStreaming: true,
  });
  const stream = new Agent({ model, tools: [write] }).stream("Write.");
  for await (const _ of stream);
  const result = await stream.result;
  expect(result.toolExecutions).toMatchObject([{ isError: true, error: { code: "invalid_json" } }]);
  expect(result.text).toBe("Sorry.");
});
