/** The `openai:` prefix: checks a model's options and makes the model. */
import { ConfigurationError, didYouMean, type ModelFactory } from "@locus-sdk/core";
import { z } from "zod";
import type { ChatProfile } from "./chat/profile.ts";
import { OpenAIModel } from "./openai-model.ts";

const isFunction = (value: unknown): value is typeof fetch => typeof value === "function";
const isProfile = (value: unknown): value is ChatProfile =>
  typeof value === "object" && value !== null && "maxTokensField" in value;

const optionsSchema = z.strictObject({
  apiKey: z.string().min(1).exactOptional(),
  baseURL: z.string().min(1).exactOptional(),
  organization: z.string().min(1).exactOptional(),
  project: z.string().min(1).exactOptional(),
  timeoutMs: z.number().positive().exactOptional(),
  maxRetries: z.number().int().nonnegative().exactOptional(),
  fetch: z.custom<typeof fetch>(isFunction, "expected a function").exactOptional(),
  defaultHeaders: z.record(z.string(), z.string()).exactOptional(),
  profile: z.custom<ChatProfile>(isProfile, "expected a chat profile").exactOptional(),
});

const KNOWN = Object.keys(optionsSchema.shape);

/**
 * Makes `openai:<model id>` models for the registry.
 *
 * @throws ConfigurationError naming the option that is unknown or unusable, and the nearest known one.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("openai", async () => (await import("@locus-sdk/openai")).openaiProvider);
 * const model = await getModel("openai:gpt-4o", { timeoutMs: 30_000 });
 * ```
 */
export const openaiProvider: ModelFactory = (modelId, options) => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `unknown option "${unknown}" of an OpenAI model${didYouMean(unknown, KNOWN)}`,
      {
        hint: `Options: ${KNOWN.join(", ")}.`,
      },
    );
  }
  const parsed = optionsSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigurationError(
      `option "${issue?.path.map(String).join(".") ?? ""}" of OpenAI model "${modelId}" cannot be used: ${issue?.message ?? ""}`,
    );
  }
  return new OpenAIModel({ ...parsed.data, model: modelId });
};
