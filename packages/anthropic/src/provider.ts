/** The `anthropic:` prefix: makes a model of a name and options. */
import type { ModelFactory } from "@locus-sdk/core";
import { AnthropicModel } from "./anthropic-model.ts";
import { checkOptions } from "./model-options.ts";

/**
 * Makes `anthropic:<model id>` models for the registry.
 *
 * @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("anthropic", async () => (await import("@locus-sdk/anthropic")).anthropicProvider);
 * const model = await getModel("anthropic:claude-sonnet-5-5", { promptCaching: true });
 * ```
 */
export const anthropicProvider: ModelFactory = (modelId, options) =>
  new AnthropicModel(checkOptions({ ...options, model: modelId }));
