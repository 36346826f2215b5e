/** Context windows and tokenizers of OCI's models, on each transport. */
import { userMessage } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

const way = { region: "us-chicago-1", compartmentId: "ocid1.compartment.oc1..x" };

describe.each([
  ["OCIOpenAIModel", OCIOpenAIModel],
  ["OCIResponsesModel", OCIResponsesModel],
])("%s", (_name, Model) => {
  it.each([
    ["openai.gpt-oss-120b", 128_000, true],
    ["openai.gpt-5", 272_000, true],
    ["meta.llama-4-scout-17b-16e-instruct", 192_000, false],
    ["xai.grok-4", 128_000, false],
    ["xai.grok-4-fast-reasoning", undefined, false],
    ["google.gemini-2.5-pro", undefined, false],
  ])("of %s takes %s tokens, counts them itself: %s", async (model, tokens, counts) => {
    const made = new Model({ model, ...way });
    expect(made.capabilities.contextWindow).toBe(tokens);
    const counted = await made.countTokens?.({ messages: [userMessage("Rain tomorrow?")] });
    expect(counted).toBe(counts ? 10 : undefined);
  });
});

it.each([
  ["meta.llama-3.3-70b-instruct", 128_000],
  ["cohere.command-a-reasoning-08-2025", 256_000],
  ["cohere.command-r-08-2024", undefined],
])("OCIModel of %s takes %s tokens", (model, tokens) => {
  expect(new OCIModel({ model, ...way }).capabilities.contextWindow).toBe(tokens);
});

it("a dedicated endpoint takes what its base model does", () => {
  const model = "ocid1.generativeaiendpoint.oc1.us-chicago-1.x";
  const baseModel = "meta.llama-3.3-70b-instruct";
  expect(new OCIModel({ model, ...way }).capabilities.contextWindow).toBeUndefined();
  expect(new OCIModel({ model, baseModel, ...way }).capabilities.contextWindow).toBe(128_000);
});
