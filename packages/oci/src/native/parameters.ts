/** Parameters by their names in the native API, and what a model turns out to refuse among them. */
import type { JsonObject, JsonValue, ModelSettings } from "@locus-sdk/core";
import {
  type ChatParameter,
  type RefusedParameter,
  type RepairVocabulary,
  refusedParameter,
} from "@locus-sdk/openai";

/** Chat completions' names, which profiles and passed-on errors use, and the native ones. */
const NATIVE_NAMES: Readonly<Record<ChatParameter | "max_tokens" | "max_completion_tokens", string>> = {
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
  stop: "stop",
  seed: "seed",
  frequency_penalty: "frequencyPenalty",
  presence_penalty: "presencePenalty",
  parallel_tool_calls: "isParallelToolCalls",
  reasoning_effort: "reasoningEffort",
  verbosity: "verbosity",
  service_tier: "serviceTier",
  stream_options: "streamOptions",
  max_tokens: "maxTokens",
  max_completion_tokens: "maxCompletionTokens",
};
const ALIASES: ReadonlyMap<string, string> = new Map(Object.entries(NATIVE_NAMES));

/** The native name of a chat completions parameter. */
export function nativeName(parameter: keyof typeof NATIVE_NAMES): string {
  return NATIVE_NAMES[parameter];
}

/** What may be left out or renamed when a model refuses it. */
export const NATIVE_VOCABULARY: RepairVocabulary = {
  droppable: new Set([...Object.values(NATIVE_NAMES), "stopSequences", "isStrictToolsEnabled"]),
  renamed: { maxTokens: "maxCompletionTokens", maxCompletionTokens: "maxTokens" },
  ours: new Set(["streamOptions"]),
};
/** Quoted words that are parameters, in either spelling. */
const KNOWN_WORDS: ReadonlySet<string> = new Set([...NATIVE_VOCABULARY.droppable, ...ALIASES.keys()]);

/** The parameter of `chatRequest` that an error complains about, whichever spelling it uses. */
export function refusedNative(error: unknown, chatRequest: JsonObject): RefusedParameter | undefined {
  const refused = refusedParameter(error, KNOWN_WORDS);
  if (refused === undefined) return undefined;
  // Errors of the service itself name the path: "chatRequest.topK".
  const word = refused.name.split(".").at(-1) ?? refused.name;
  if (chatRequest[word] !== undefined) return { ...refused, name: word };
  return { ...refused, name: ALIASES.get(word) ?? word };
}

/** A sampling parameter of a format: the setting, and its name there. */
export type ParameterRow = readonly [
  setting:
    | "temperature"
    | "topP"
    | "topK"
    | "maxOutputTokens"
    | "stop"
    | "seed"
    | "frequencyPenalty"
    | "presencePenalty",
  name: string,
];

/** The settings in `rows` that are set, by their names on the wire. */
export function namedSettings(settings: ModelSettings, rows: readonly ParameterRow[]): JsonObject {
  const named: Record<string, JsonValue> = {};
  for (const [setting, name] of rows) {
    const value = settings[setting];
    if (value !== undefined) named[name] = value;
  }
  return named;
}
