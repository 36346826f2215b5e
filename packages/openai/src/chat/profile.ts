/** What model families want differently in a chat completions request: data, read by the codec. */
import { DIALECTS, type SchemaDialect } from "@locus-sdk/core";

/** A field of the request body that comes from `ModelSettings`, by its name on the wire. */
export type ChatParameter =
  | "temperature"
  | "top_p"
  | "top_k"
  | "stop"
  | "seed"
  | "frequency_penalty"
  | "presence_penalty"
  | "parallel_tool_calls"
  | "reasoning_effort"
  | "verbosity"
  | "service_tier"
  | "stream_options";

/** How a model is told to use its tools: as it likes, not at all, any of them, or one by its name. */
export type ToolChoiceKind = "auto" | "none" | "required" | "named";

/** The APIs that models are spoken to by. */
export type InputApi = "chat" | "responses" | "native";

/** How much of files one request may carry. */
export interface InputLimits {
  /** Files named by id. */
  readonly fileIds: number;
  /** Bytes of all files that are sent as data, data URLs among them. */
  readonly fileBytes: number;
}

/** Which of a user's parts a family reads. */
export interface InputSupport {
  readonly image: boolean;
  readonly file: boolean;
  readonly audio: boolean;
  /** Whether a file may be named by the provider's id of it, or on which APIs. Default `true`. */
  readonly fileIds?: boolean | readonly InputApi[];
  /** Where ids are taken instead: a sentence for the hint of the error. */
  readonly fileIdsElsewhere?: string;
  /** By API. Default: none are known. */
  readonly limits?: Readonly<Partial<Record<InputApi, InputLimits>>>;
}

/** The quirks of one model family. Profiles are compared by identity: make one, and use it for all its models. */
export interface ChatProfile {
  /** Shown in warnings. */
  readonly name: string;
  /** The field that limits the output. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Parameters the family refuses: not sent, and a warning where they were asked for. */
  readonly unsupported: readonly ChatParameter[];
  /** How many texts may stop an answer; `null`: any number. The first of more are sent, with a warning. */
  readonly maxStops: number | null;
  /** The role of instructions: as they are, as `developer`, or put before the first user message. */
  readonly system: "system" | "developer" | "fold";
  /** What stands for the text of a message that has none; some servers fail on `""`. */
  readonly emptyContent: string;
  /** The `content` of an assistant message that only calls tools. */
  readonly toolCallContent: string | null;
  /** Whether one assistant message may hold several calls, or each call must be followed by its own result. */
  readonly toolResults: "grouped" | "one_to_one";
  /** Where an image, file or sound that a tool returned goes: a user message behind the results, or nowhere. */
  readonly toolAttachments: "user_message" | "drop";
  /** How a refusal of an earlier turn is sent back. */
  readonly refusal: "field" | "text";
  /** The field that takes an earlier turn's reasoning back, for the families that want it. */
  readonly reasoningField: "reasoning_content" | "reasoning" | null;
  /** Whether that field has to be there, empty, beside calls that were made without a thought. */
  readonly emptyReasoning: boolean;
  /** Where the effort of reasoning goes. */
  readonly effortField: "reasoning_effort" | "reasoning.effort";
  readonly seedField: "seed" | "random_seed";
  /**
   * Which of a user's parts the family reads. Another one is refused in what the user has just said; in what was said
   * before it becomes a note in the text, and a warning.
   */
  readonly input: InputSupport;
  readonly tools: boolean;
  /** Which choices of tools are honoured. Another is made by other means where there are any, and told where not. */
  readonly toolChoices: readonly ToolChoiceKind[];
  /** Ids of calls are exactly that many letters and digits; `null`: whatever they are. */
  readonly toolCallIdLength: number | null;
  readonly structuredOutput: "json_schema" | "json_object" | "none";
  /** Whether an answer can be bound while the model has tools. */
  readonly schemaWithTools: boolean;
  /** What is read of a tool's parameters. */
  readonly toolSchema: SchemaDialect;
  /** What is read of an output schema. */
  readonly outputSchema: SchemaDialect;
  /** Whether tool arguments come as JSON inside a JSON string, and are to be unpacked whatever they hold. */
  readonly doubleEncodedArguments: boolean;
  /** Whether the family thinks before it answers. */
  readonly reasoning: boolean;
}

/** What every OpenAI-compatible server is taken to accept until a row of a table, or an error, says otherwise. */
export const DEFAULT_CHAT_PROFILE: ChatProfile = Object.freeze({
  name: "default",
  maxTokensField: "max_tokens",
  unsupported: [],
  maxStops: null,
  system: "system",
  emptyContent: "",
  toolCallContent: null,
  toolResults: "grouped",
  toolAttachments: "user_message",
  refusal: "text",
  reasoningField: null,
  emptyReasoning: false,
  effortField: "reasoning_effort",
  seedField: "seed",
  input: { image: true, file: true, audio: true },
  tools: true,
  toolChoices: ["auto", "none", "required", "named"],
  toolCallIdLength: null,
  structuredOutput: "json_schema",
  schemaWithTools: true,
  toolSchema: DIALECTS.full,
  outputSchema: DIALECTS.full,
  doubleEncodedArguments: false,
  reasoning: false,
} as const);

/**
 * A profile that differs from the default (or from `base`) in what is given.
 *
 * @example
 * ```ts
 * import { chatProfile } from "@locus-sdk/openai";
 *
 * export const grok = chatProfile({
 *   name: "grok",
 *   unsupported: ["frequency_penalty", "presence_penalty"],
 * });
 * ```
 */
export function chatProfile(
  differences: Partial<ChatProfile> & { readonly name: string },
  base: ChatProfile = DEFAULT_CHAT_PROFILE,
): ChatProfile {
  return Object.freeze({ ...base, ...differences });
}

/** One row of a profile table: the models it is for, and their profile. */
export interface ChatProfileRow {
  readonly models: RegExp;
  readonly profile: ChatProfile;
}

/** The profile of the first row that names the model, or the default: an unknown id is never refused. */
export function findChatProfile(
  modelId: string,
  rows: readonly ChatProfileRow[],
  otherwise: ChatProfile = DEFAULT_CHAT_PROFILE,
): ChatProfile {
  return rows.find((row) => row.models.test(modelId))?.profile ?? otherwise;
}
