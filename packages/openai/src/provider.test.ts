/** The `openai:` prefix: options are checked before anything is made. */
import { ConfigurationError, getModel, registerProvider } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { DEFAULT_CHAT_PROFILE } from "./chat/profile.ts";
import { OpenAIModel } from "./openai-model.ts";
import { openaiProvider } from "./provider.ts";

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
