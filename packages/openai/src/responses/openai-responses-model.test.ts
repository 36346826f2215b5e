/** OpenAI's own endpoint, as users and the registry make it. */
import { ConfigurationError, userMessage } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ResponsesServer, startResponsesServer } from "../../test/responses/server.ts";
import { OpenAIModel } from "../openai-model.ts";
import { openaiProvider } from "../provider.ts";
import { OpenAIResponsesModel } from "./openai-responses-model.ts";

let server: ResponsesServer;
beforeEach(async () => {
  server = await startResponsesServer();
});
afterEach(() => server.close());

describe("a model of OpenAI's over the Responses API", () => {
  it("keeps its state for its endpoint, organization and project", async () => {
    const options = { model: "gpt-5", baseURL: server.url, apiKey: "k", maxRetries: 0 };
    const model = new OpenAIResponsesModel({ ...options, organization: "o", project: "p" });
    const first = await model.complete({ messages: [userMessage("1")] });
    expect(first.providerState).toMatchObject({
      provider: "openai",
      modelId: "gpt-5",
      data: {
        transport: "responses",
        scope: { baseURL: server.url, organization: "o", project: "p" },
        responseId: expect.stringMatching(/^resp_/),
        cursor: 2,
      },
    });
  });

  it("knows its families: what they refuse is not sent", async () => {
    const model = new OpenAIResponsesModel({ model: "gpt-5", baseURL: server.url, apiKey: "k" });
    const { warnings } = await model.complete({
      messages: [userMessage("1")],
      settings: { temperature: 0.5, reasoning: { effort: "low" } },
    });
    expect(warnings?.[0]).toContain("take no temperature");
    expect(server.bodies()[0]).toMatchObject({ reasoning: { effort: "low" } });
  });

  it("is what the registry makes where transport says so, with its own options", async () => {
    const options = { baseURL: server.url, apiKey: "k" };
    expect(openaiProvider("gpt-5", options)).toBeInstanceOf(OpenAIModel);
    expect(openaiProvider("gpt-5", { ...options, transport: "chat" })).toBeInstanceOf(OpenAIModel);
    const model = await openaiProvider("gpt-5", {
      ...options,
      transport: "responses",
      store: false,
      onStateLost: "error",
      include: ["file_search_call.results"],
    });
    expect(model).toBeInstanceOf(OpenAIResponsesModel);
    await model.complete({ messages: [userMessage("1")] });
    expect(server.bodies()[0]).toMatchObject({
      store: false,
      include: ["file_search_call.results", "reasoning.encrypted_content"],
    });
  });

  it.each([
    [{ history: "client" }, /"history".*is for the Responses API/],
    [{ transport: "sdk" }, /option "transport"/],
    [{ transport: "responses", history: "server" }, /option "history"/],
    [{ transport: "responses", conversation: "conv_1" }, /conversation id is given/],
  ])("is not made from %j", (options, text) => {
    const make = (): unknown => openaiProvider("gpt-5", { baseURL: server.url, apiKey: "k", ...options });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(text);
  });
});
