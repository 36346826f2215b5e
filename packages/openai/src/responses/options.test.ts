import { ConfigurationError } from "@locus-sdk/core";
import { OpenAI } from "openai";
import { describe, expect, it } from "vitest";
import { ResponsesModel } from "./model.ts";
import type { ResponsesModelOptions } from "./options.ts";

const model = (options: object): ResponsesModel =>
  new ResponsesModel({
    provider: "test",
    modelId: "m",
    client: () => new OpenAI({ apiKey: "none" }),
    scope: {},
    ...(options as Partial<ResponsesModelOptions>),
  });

describe("the owner of the history", () => {
  it.each([
    [{}, "response-id", true],
    [{ history: "client" }, "client", false],
    [{ history: "conversation" }, "conversation", true],
    [{ history: "conversation", conversation: "conv_1" }, "conversation", true],
    [{ store: false }, "client", false],
    [{ store: false, history: "client" }, "client", false],
    [{ store: true }, "response-id", true],
    [{ store: true, history: "client" }, "client", false],
  ])("under %j is %s", (options, history, serverState) => {
    const made = model(options);
    expect(made.history).toBe(history);
    expect(made.capabilities.serverState).toBe(serverState);
  });

  it.each([
    [{ store: false, history: "response-id" }, "store: false leaves the server nothing"],
    [{ store: false, history: "conversation" }, "store: false leaves the server nothing"],
    [{ conversation: "conv_1" }, "a conversation id is given"],
    [{ conversation: "conv_1", history: "client" }, "a conversation id is given"],
    [{ conversation: " ", history: "conversation" }, "must be the id"],
    [{ history: "server" }, 'history is "server"'],
    [{ store: "no" }, 'store is "no"'],
    [{ onStateLost: "ignore" }, 'onStateLost is "ignore"'],
    [{ scope: "https://example.com" }, "scope must be an object"],
  ])("cannot be told from %j", (options, text) => {
    expect(() => model(options)).toThrow(ConfigurationError);
    expect(() => model(options)).toThrow(text);
  });

  it.each(["previous_response_id", "conversation", "store", "input", "background"])(
    "is not gone behind by extraBody.%s",
    async (name) => {
      const request = { messages: [], settings: { extraBody: { [name]: "x" } } };
      await expect(model({}).complete(request)).rejects.toBeInstanceOf(ConfigurationError);
    },
  );
});
