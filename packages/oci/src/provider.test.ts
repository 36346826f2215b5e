/** The oci: prefix, the model class, and whether anything of OCI is configured. */
import { join } from "node:path";
import { ConfigurationError, getModel, registerProvider } from "@locus-sdk/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { apiKeyProfile, configDirectory, keyPair } from "../test/profiles.ts";
import { hasOciConfiguration } from "./configured.ts";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";
import { ociProvider } from "./provider.ts";

registerProvider("oci", async () => ociProvider);
afterEach(() => vi.unstubAllEnvs());

describe("oci:", () => {
  test("names a chat-completions model with the options given", async () => {
    const model = await getModel("oci:openai.gpt-oss-120b", { region: "ord", apiKey: "sk-1" });
    expect(model).toBeInstanceOf(OCIOpenAIModel);
    expect(model).toMatchObject({ provider: "oci", modelId: "openai.gpt-oss-120b" });
    expect(model.capabilities).toMatchObject({
      tools: true,
      reasoning: true,
      vision: false,
      serverState: false,
    });
  });

  test.each([
    ["oci:cohere.command-r-plus", {}],
    ["oci:cohere.command-a-vision-07-2025", { thinkingTokenBudget: 5 }],
    ["oci:ocid1.generativeaiendpoint.oc1..x", { apiFormat: "GENERIC" }],
    ["oci:google.gemini-2.5-pro", { transport: "sdk" }],
  ])("%s %j is a model of the native API", async (name, options) => {
    const model = await getModel(name, options);
    expect(model).toBeInstanceOf(OCIModel);
    expect(model.modelId).toBe(name.slice(4));
  });

  test.each([
    ["oci:openai.gpt-oss-120b", { transport: "responses" }],
    ["oci:openai.gpt-5.5-pro", { transport: "responses", history: "client" }],
  ] as const)("%s %j is a model of the Responses API", async (name, options) => {
    const model = await getModel(name, options);
    expect(model).toBeInstanceOf(OCIResponsesModel);
    expect(model.modelId).toBe(name.slice(4));
  });

  test.each([
    ["oci:openai.gpt-oss-120b", { apiFormat: "COHERE" }, /"apiFormat" is for the native API.*transport "v1"/],
    ["oci:openai.gpt-oss-120b", { textToolCalls: true }, /"textToolCalls" is for the native API/],
    [
      "oci:openai.gpt-oss-120b",
      { textToolCalls: true, transport: "responses" },
      /"textToolCalls" is for the native API.*transport "responses"/,
    ],
    ["oci:cohere.command-r-plus", { apiFormat: "V1" }, /"apiFormat"/],
    ["oci:openai.gpt-oss-120b", { store: false }, /"store" is for the Responses API.*transport "v1"/],
    ["oci:openai.gpt-5.5-pro", {}, /Responses API only/],
    ["oci:openai.gpt-oss-120b", { regoin: "ord" }, /unknown OCI option "regoin"; did you mean "region"/],
    ["oci:openai.gpt-oss-120b", { transport: "native" }, /"transport"/],
  ])("%s %j is refused with the reason", async (name, options, message) => {
    await expect(getModel(name, options)).rejects.toThrow(message);
    await expect(getModel(name, options)).rejects.toBeInstanceOf(ConfigurationError);
  });

  test.each([
    ["oci:openai.gpt-oss-120b", OCIOpenAIModel],
    ["oci:cohere.command-r-plus", OCIModel],
    ["oci:openai.gpt-5.5-pro", OCIResponsesModel],
  ])("%s: an option given as undefined is as good as absent, whoever it is for", async (name, expected) => {
    const transport = expected === OCIResponsesModel ? "responses" : undefined;
    const options = { store: undefined, textToolCalls: undefined, documents: undefined, region: undefined };
    expect(await getModel(name, { ...options, transport, regoin: undefined })).toBeInstanceOf(expected);
  });

  test.each(["openai.gpt-oss-120b", "cohere.command-r-plus"])(
    "white space around %s is no part of it",
    async (id) => {
      expect((await getModel(`oci: ${id} `)).modelId).toBe(id);
    },
  );

  test("LOCUS_OCI_TRANSPORT is heard, and forces chat completions on a Cohere model", async () => {
    vi.stubEnv("LOCUS_OCI_TRANSPORT", "sdk");
    expect(await getModel("oci:openai.gpt-oss-120b")).toBeInstanceOf(OCIModel);
    vi.stubEnv("LOCUS_OCI_TRANSPORT", "v1");
    expect(await getModel("oci:cohere.command-r-plus")).toBeInstanceOf(OCIOpenAIModel);
  });
});

describe("OCIOpenAIModel", () => {
  test("checks its options when it is made, and reads no file before the first call", async () => {
    const file = join(configDirectory().directory, "none");
    const model = new OCIOpenAIModel({ model: "oci:meta.llama-4-scout", configFile: file, env: {} });
    expect(model.modelId).toBe("meta.llama-4-scout");
    await expect(model.complete({ messages: [{ role: "user", content: "Hi" }] })).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "oci_not_configured",
    });
  });

  test.each([OCIOpenAIModel, OCIModel, OCIResponsesModel])("%o knows a model by its id alone", (Model) => {
    expect(new Model({ model: " OCI:openai.gpt-4.1\n" }).modelId).toBe("openai.gpt-4.1");
  });

  test("refuses a model or transport that is not its own", () => {
    expect(() => new OCIOpenAIModel({ model: "xai.grok-4.20-multi-agent-0309" })).toThrow(
      /Responses API only/,
    );
    expect(() => new OCIOpenAIModel({ model: "x", transport: "sdk" })).toThrow(/not transport "sdk"/);
    expect(() => new OCIOpenAIModel({ model: " " })).toThrow(/needs an id/);
  });
});

describe("hasOciConfiguration", () => {
  const nowhere = join(configDirectory().directory, "none");

  test("an environment variable or a configuration file is a sign of OCI, and is named", () => {
    expect(hasOciConfiguration({ OCI_GENAI_API_KEY: "sk-1" })).toEqual({
      configured: true,
      reason: "environment variable OCI_GENAI_API_KEY is set",
    });
    expect(hasOciConfiguration({ LOCUS_OCI_PROFILE: "x" }).configured).toBe(true);
    const home = apiKeyProfile(keyPair());
    expect(hasOciConfiguration({ OCI_CONFIG_FILE: home.configFile }).reason).toContain("OCI_CONFIG_FILE");
  });

  test("OPENAI_ variables and empty ones are not", () => {
    vi.stubEnv("HOME", nowhere);
    expect(hasOciConfiguration({ OPENAI_API_KEY: "sk-1", OCI_PROFILE: " " })).toEqual({
      configured: false,
      reason: `no OCI environment variable is set, and there is no ${join(nowhere, ".oci", "config")}`,
    });
  });
});
