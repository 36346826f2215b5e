/** The `anthropic:` prefix: options are checked before anything is made. */
import { ConfigurationError, getModel, registerProvider } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { AnthropicModel } from "./anthropic-model.ts";
import { anthropicProvider } from "./provider.ts";

const baseURL = "http://127.0.0.1:1";

describe("anthropicProvider", () => {
  it("makes a model of the registry's name", async () => {
    registerProvider("anthropic", async () => anthropicProvider);
    const model = await getModel("anthropic:claude-opus-5-5", { baseURL, apiKey: undefined, maxRetries: 0 });
    expect(model).toBeInstanceOf(AnthropicModel);
    expect(model).toMatchObject({
      provider: "anthropic",
      modelId: "claude-opus-5-5",
      capabilities: { structuredOutput: "schema", reasoning: true, contextWindow: 1_000_000 },
    });
    expect(model).not.toHaveProperty("countTokens");
  });

  it("takes every option there is", () => {
    const all = {
      apiKey: "k",
      baseURL,
      timeoutMs: 1,
      maxRetries: 0,
      promptCaching: true,
      fetch,
      defaultHeaders: { a: "b" },
    };
    expect(anthropicProvider("m", all)).toBeInstanceOf(AnthropicModel);
  });

  it("refuses an unknown option and names the nearest known one", () => {
    const make = (): unknown => anthropicProvider("m", { baseURL, promptCache: true });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/unknown option "promptCache".*did you mean "promptCaching"/);
  });

  it.each([
    ["timeoutMs", -1],
    ["maxRetries", 1.5],
    ["promptCaching", "yes"],
    ["fetch", "fetch"],
    ["defaultHeaders", { a: 1 }],
    ["apiKey", ""],
  ])("refuses %s: %j, naming it", (name, value) => {
    expect(() => anthropicProvider("m", { baseURL, [name]: value })).toThrow(new RegExp(`option "${name}`));
  });
});

it("new AnthropicModel refuses the same options in the same words", () => {
  const make = (options: object) => () => new AnthropicModel({ model: "m", baseURL, ...options });
  expect(make({ promptCachng: true })).toThrow(
    'unknown option "promptCachng"; did you mean "promptCaching"?',
  );
  expect(make({ timeoutMs: -1 })).toThrow('option "timeoutMs" of Anthropic model "m" cannot be used');
  expect(make({ model: undefined })).toThrow('option "model" of an Anthropic model cannot be used');
  expect(make({ apiKey: undefined })).not.toThrow();
});
