/** The `anthropic:` prefix: checks a model's options and makes the model. */
import { ConfigurationError, checkKeys, type ModelFactory } from "@locus-sdk/core";
import { z } from "zod";
import { AnthropicModel } from "./anthropic-model.ts";

const isFunction = (value: unknown): value is typeof fetch => typeof value === "function";

const optionsSchema = z.strictObject({
  apiKey: z.string().min(1).exactOptional(),
  baseURL: z.string().min(1).exactOptional(),
  timeoutMs: z.number().positive().exactOptional(),
  maxRetries: z.number().int().nonnegative().exactOptional(),
  promptCaching: z.boolean().exactOptional(),
  eagerInputStreaming: z.boolean().exactOptional(),
  fetch: z.custom<typeof fetch>(isFunction, "expected a function").exactOptional(),
  defaultHeaders: z.record(z.string(), z.string()).exactOptional(),
});

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
export const anthropicProvider: ModelFactory = (modelId, options) => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  checkKeys(`Anthropic model "${modelId}"`, given, Object.keys(optionsSchema.shape));
  const parsed = optionsSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigurationError(
      `option "${issue?.path.map(String).join(".") ?? ""}" of Anthropic model "${modelId}" cannot be used: ${issue?.message ?? ""}`,
    );
  }
  return new AnthropicModel({ ...parsed.data, model: modelId });
};
