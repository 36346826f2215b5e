/** The options of a call as a request of ours, and in the AI SDK's words what could not be asked for. */
import {
  type LanguageModelV4CallOptions,
  type SharedV4Warning,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  type ChatModel,
  ConfigurationError,
  checkKeys,
  isJsonObject,
  type JsonObject,
  jsonObjectSchema,
  type ModelRequest,
  type ModelSettings,
  type OutputSchema,
  type ToolChoice,
  type ToolDefinition,
  toJson,
} from "@locus-sdk/core";
import { z } from "zod";
import { NAMESPACE } from "../metadata.ts";
import { readPrompt } from "./prompt.ts";
import type { Warn } from "./warn.ts";

export interface ReadCall {
  readonly request: ModelRequest;
  readonly warnings: readonly SharedV4Warning[];
}

/** What `providerOptions.locus` may say: settings that the AI SDK has no word for. */
type OwnSettings = Pick<
  ModelSettings,
  "parallelToolCalls" | "reasoning" | "verbosity" | "serviceTier" | "extraBody"
>;

const OWN_SETTINGS = ["parallelToolCalls", "reasoning", "verbosity", "serviceTier", "extraBody"];

const settingsSchema: z.ZodType<OwnSettings> = z.strictObject({
  parallelToolCalls: z.boolean().exactOptional(),
  reasoning: z
    .strictObject({
      effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).exactOptional(),
      summary: z.enum(["auto", "concise", "detailed"]).exactOptional(),
    })
    .exactOptional(),
  verbosity: z.enum(["low", "medium", "high"]).exactOptional(),
  serviceTier: z.string().exactOptional(),
  extraBody: jsonObjectSchema.exactOptional(),
});

/**
 * @throws UnsupportedFunctionalityError for a provider's own tool, or input of a kind that has no form here.
 * @throws ConfigurationError for `providerOptions.locus` that say something nobody knows.
 */
export function readCall(options: LanguageModelV4CallOptions, model: ChatModel): ReadCall {
  const warnings: SharedV4Warning[] = [];
  const told = new Set<string>();
  const warn: Warn = (feature, details) => {
    if (told.has(feature + details)) return;
    told.add(feature + details);
    warnings.push({ type: "unsupported", feature, details });
  };
  const tools = options.tools?.map((tool) => toolFrom(tool, warn)) ?? [];
  const outputSchema = outputSchemaFrom(options.responseFormat, (feature, details) =>
    warnings.push({ type: "compatibility", feature, details }),
  );
  const settings = settingsFrom(options, warn);
  const request: ModelRequest = {
    ...readPrompt(options.prompt, model, warn),
    ...(tools.length === 0 ? {} : { tools }),
    ...(tools.length === 0 || options.toolChoice === undefined
      ? {}
      : { toolChoice: toolChoiceFrom(options.toolChoice) }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
  warnOfHeaders(options.headers ?? {}, warn);
  if (options.includeRawChunks === true) warn("includeRawChunks", "what came over the wire is not handed on");
  return { request, warnings };
}

type Tool = NonNullable<LanguageModelV4CallOptions["tools"]>[number];

function toolFrom(tool: Tool, warn: Warn): ToolDefinition {
  if (tool.type === "provider") {
    // Leaving it out would let the model answer as if it had used it.
    throw new UnsupportedFunctionalityError({
      functionality: `provider-defined tool ${tool.id}`,
      message: `tool "${tool.name}" (${tool.id}) is run by its provider, which no model of Locus hands on: leave it out`,
    });
  }
  if (tool.inputExamples !== undefined) warn("inputExamples", `those of tool "${tool.name}" were not sent`);
  return {
    name: tool.name,
    description: tool.description ?? "",
    parameters: schemaFrom(tool.inputSchema),
    ...(tool.strict === undefined ? {} : { strict: tool.strict }),
  };
}

/** A copy: schemas may come with members that are `undefined`, and JSON has none. */
function schemaFrom(schema: unknown): JsonObject {
  const copy = toJson(schema);
  return isJsonObject(copy) ? copy : {};
}

const toolChoiceFrom = (choice: NonNullable<LanguageModelV4CallOptions["toolChoice"]>): ToolChoice =>
  choice.type === "tool" ? { name: choice.toolName } : choice.type;

function outputSchemaFrom(
  format: LanguageModelV4CallOptions["responseFormat"],
  warn: Warn,
): OutputSchema | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name = "response", description } = format;
  if (schema === undefined) {
    warn(
      "responseFormat",
      'JSON without a schema was asked for as an object of any members: { type: "object" }',
    );
  }
  return {
    name,
    ...(description === undefined ? {} : { description }),
    schema: schemaFrom(schema ?? { type: "object" }),
  };
}

function settingsFrom(options: LanguageModelV4CallOptions, warn: Warn): ModelSettings {
  const { temperature, topP, topK, maxOutputTokens, stopSequences, seed } = options;
  const { frequencyPenalty, presencePenalty, reasoning } = options;
  const own = ownSettings(options);
  if (reasoning === "max")
    warn('reasoning "max"', '"xhigh", the most that Locus has a word for, was asked for');
  const effort =
    reasoning === undefined || reasoning === "provider-default"
      ? undefined
      : reasoning === "max"
        ? "xhigh"
        : reasoning;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(stopSequences === undefined ? {} : { stop: stopSequences }),
    ...(seed === undefined ? {} : { seed }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...own,
    ...(effort === undefined && own.reasoning === undefined
      ? {}
      : { reasoning: { ...(effort === undefined ? {} : { effort }), ...own.reasoning } }),
  };
}

function ownSettings({ providerOptions }: LanguageModelV4CallOptions): OwnSettings {
  const given = providerOptions?.[NAMESPACE];
  if (given === undefined) return {};
  checkKeys("providerOptions.locus", given, OWN_SETTINGS);
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigurationError(
    `providerOptions.locus.${issue?.path.map(String).join(".") ?? ""} cannot be used: ${issue?.message ?? ""}`,
  );
}

/** The AI SDK names itself in every call; that alone is no request of the caller's. */
function warnOfHeaders(headers: Readonly<Record<string, string | undefined>>, warn: Warn): void {
  const names = Object.keys(headers).filter(
    (name) => name.toLowerCase() !== "user-agent" && headers[name] !== undefined,
  );
  if (names.length > 0) {
    warn("headers", `${names.join(", ")}: a model of Locus has its own headers, given when it is made`);
  }
}
