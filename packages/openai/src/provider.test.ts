/** The `openai:` prefix: options are checked before anything is made. */
import { ConfigurationError, getModel, registerProvider } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { DEFAULT_CHAT_PROFILE } from "./chat/profile.ts";
import { OpenAIModel } from "./openai-model.ts";
import { openaiProvider } from "./provider.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

const baseURL = "http://127.0.0.1:1/v1";

describe("openaiProvider", () => {
  it("makes a model of the registry's name", async () => {
    registerProvider("openai", async () => openaiProvider);
    const model = await getModel("openai:gpt-4o", { baseURL, apiKey: undefined, maxRetries: 0 });
    expect(model).toBeInstanceOf(OpenAIModel);
    expect(model).toMatchObject({ provider: "openai", modelId: "gpt-4o" });
  });

  it("takes every option there is", () => {
    const all = {
      apiKey: "k",
      baseURL,
      organization: "o",
      project: "p",
      timeoutMs: 1,
      maxRetries: 0,
      fetch,
      defaultHeaders: { a: "b" },
      profile: DEFAULT_CHAT_PROFILE,
    };
    expect(openaiProvider("m", all)).toMatchObject({ profile: DEFAULT_CHAT_PROFILE });
  });

  it("refuses an unknown option and names the nearest known one", () => {
    const make = (): unknown => openaiProvider("m", { baseUrl: baseURL });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/unknown option "baseUrl".*did you mean "baseURL"/);
  });

  it.each([
    ["timeoutMs", -1],
    ["timeoutMs", "30"],
    ["maxRetries", 1.5],
    ["fetch", "fetch"],
    ["defaultHeaders", { a: 1 }],
    ["profile", {}],
    ["apiKey", ""],
  ])("refuses %s: %j, naming it", (name, value) => {
    expect(() => openaiProvider("m", { baseURL, [name]: value })).toThrow(new RegExp(`option "${name}`));
  });
});

describe.each([
  ["OpenAIModel", (options: object) => new OpenAIModel({ model: "m", baseURL, ...options })],
  [
    "OpenAIResponsesModel",
    (options: object) => new OpenAIResponsesModel({ model: "m", baseURL, ...options }),
  ],
])("new %s", (_name, make) => {
  it.each([
    [{ storre: false }, /unknown option "storre" of an OpenAI model; did you mean "store"\?/],
    [{ api: "responses" }, /unknown option "api" of an OpenAI model/],
    [{ transport: "responses" }, /unknown option "transport" of an OpenAI model/],
    [{ timeoutMs: -1 }, /option "timeoutMs" of OpenAI model "m" cannot be used/],
    [{ model: "" }, /option "model"/],
    [{ model: undefined }, /option "model" of an OpenAI model cannot be used/],
  ])("refuses %j", (options, message) => {
    expect(() => make(options)).toThrow(ConfigurationError);
    expect(() => make(options)).toThrow(message);
  });

  it("takes what is given as undefined for absent", () => {
    expect(() => make({ apiKey: undefined, fetch: undefined })).not.toThrow();
  });
});

it("an option of the Responses API has a class of its own, or a transport", () => {
  const options = { model: "m", baseURL, store: false };
  expect(() => new OpenAIModel(options)).toThrow(
    'option "store" of OpenAI model "m" is for the Responses API',
  );
  expect(() => openaiProvider("m", { baseURL, store: false })).toThrow("is for the Responses API");
  expect(new OpenAIResponsesModel(options).modelId).toBe("m");
  expect(openaiProvider("m", { baseURL, store: false, transport: "responses" })).toBeInstanceOf(
    OpenAIResponsesModel,
  );
  expect(() => openaiProvider("m", { baseURL, transport: "grpc" })).toThrow(
    'option "transport" of OpenAI model "m"',
  );
  expect(() => openaiProvider("m", { baseURL, transprot: "chat" })).toThrow('did you mean "transport"?');
});
