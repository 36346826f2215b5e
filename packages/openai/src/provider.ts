/** The `openai:` prefix: makes a model of a name and options. */
import type { ModelFactory } from "@locus-sdk/core";
import { checkChatOptions, checkResponsesOptions, readTransport } from "./model-options.ts";
import { OpenAIModel } from "./openai-model.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

/**
 * Makes `openai:<model id>` models for the registry: over chat completions, or the Responses API with
 * `transport: "responses"`.
 *
 * @throws ConfigurationError naming the option that is unknown, unusable or of the other transport, and the nearest
 *   known one.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("openai", async () => (await import("@locus-sdk/openai")).openaiProvider);
 * const model = await getModel("openai:gpt-4o", { timeoutMs: 30_000 });
 * ```
 */
export const openaiProvider: ModelFactory = (modelId, { transport, ...options }) => {
  const given = { ...options, model: modelId };
  return readTransport(modelId, transport) === "responses"
    ? new OpenAIResponsesModel(checkResponsesOptions(given))
    : new OpenAIModel(checkChatOptions(given));
};
