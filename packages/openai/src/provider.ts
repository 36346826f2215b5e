/** The `openai:` prefix: checks a model's options and makes the model. */
import { ConfigurationError, didYouMean, isRecord, type ModelFactory } from "@locus-sdk/core";
import { z } from "zod";
import type { Compatibility } from "./chat/compatibility.ts";
import type { ChatProfile } from "./chat/profile.ts";
import { OpenAIModel } from "./openai-model.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

const isFunction = (value: unknown): value is typeof fetch => typeof value === "function";
const isProfile = (value: unknown): value is ChatProfile =>
  typeof value === "object" && value !== null && "maxTokensField" in value;

const isCompatibility = (value: unknown): value is Compatibility =>
  typeof value === "string" || isRecord(value);

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
  compatibility: z
    .custom<Compatibility>(isCompatibility, "expected the name of a server, or an object of differences")
    .exactOptional(),
  /** Chat completions, unless told otherwise. */
  transport: z.enum(["chat", "responses"]).exactOptional(),
});
/** Options of the Responses API alone. */
const responsesSchema = z.strictObject({
  ...optionsSchema.shape,
  history: z.enum(["response-id", "conversation", "client"]).exactOptional(),
  store: z.boolean().exactOptional(),
  conversation: z.string().min(1).exactOptional(),
  onStateLost: z.enum(["replay", "error"]).exactOptional(),
  include: z.array(z.string()).exactOptional(),
  rawOutput: z.boolean().exactOptional(),
});

const KNOWN = Object.keys(responsesSchema.shape);

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
  const parsed = responsesSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigurationError(
      `option "${issue?.path.map(String).join(".") ?? ""}" of OpenAI model "${modelId}" cannot be used: ${issue?.message ?? ""}`,
    );
  }
  if (parsed.data.transport === "responses") {
    return new OpenAIResponsesModel({ ...parsed.data, model: modelId });
  }
  const misplaced = Object.keys(given).find((name) => !(name in optionsSchema.shape));
  if (misplaced !== undefined) {
    throw new ConfigurationError(
      `option "${misplaced}" of OpenAI model "${modelId}" is for the Responses API`,
      {
        hint: 'Add transport: "responses".',
      },
    );
  }
  return new OpenAIModel({ ...parsed.data, model: modelId });
};
