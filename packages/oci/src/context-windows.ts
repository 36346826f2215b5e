/** How much one call of OCI's models may take, where the service's documentation or its model lists say so. Data. */
import type { ModelCapabilities } from "@locus-sdk/core";

/** Read from the top. `openai.*` models that are not here have what OpenAI says of them. */
const WINDOWS: readonly { readonly models: RegExp; readonly tokens: number }[] = [
  { models: /^openai\.gpt-oss/i, tokens: 128_000 },
  { models: /^meta\.llama-3\.3-70b/i, tokens: 128_000 },
  { models: /^meta\.llama-4-maverick/i, tokens: 512_000 },
  { models: /^meta\.llama-4-scout/i, tokens: 192_000 },
  { models: /^xai\.grok-4$/i, tokens: 128_000 },
  { models: /^xai\.grok-4(?:\.20|\.3)(?:-(?!multi-agent)|$)/i, tokens: 1_000_000 },
  { models: /^cohere\.command-a-reasoning/i, tokens: 256_000 },
];

/** The context of a model on OCI as a capability; nothing where it is not known. */
export function ociContextWindow(modelId: string): Pick<ModelCapabilities, "contextWindow"> {
  const contextWindow = WINDOWS.find(({ models }) => models.test(modelId))?.tokens;
  return contextWindow === undefined ? {} : { contextWindow };
}
