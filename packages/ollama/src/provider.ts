/** The `ollama:` prefix: makes a model of a name and options. */
import { ConfigurationError, checkKeys, type ModelFactory } from "@locus-sdk/core";
import { OllamaModel } from "./ollama-model.ts";
import { type OllamaModelOptions, OPTION_NAMES } from "./options.ts";

/** The model's name is the prefix's rest; to ask first is the registry's, which may wait. */
const KNOWN = [...OPTION_NAMES.filter((name) => name !== "model"), "show"];

/**
 * Makes `ollama:<model>` models for the registry. With `show: true` the server is asked about the model first, so that
 * its capabilities and its context window are known.
 *
 * @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("ollama", async () => (await import("@locus-sdk/ollama")).ollamaProvider);
 * const model = await getModel("ollama:qwen3:8b", { numCtx: 32_768, think: true });
 * ```
 */
export const ollamaProvider: ModelFactory = (modelId, given) => {
  checkKeys(`model "ollama:${modelId}"`, given, KNOWN);
  const { show, ...options } = given;
  if (show !== undefined && typeof show !== "boolean") {
    throw new ConfigurationError('option "show" of an Ollama model cannot be used: expected true or false');
  }
  // What is in there is checked by the model.
  const model = new OllamaModel({ ...(options as Partial<OllamaModelOptions>), model: modelId });
  return show === true ? model.show().then(() => model) : model;
};
