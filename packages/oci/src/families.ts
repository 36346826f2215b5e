/** What the model families on OCI want differently in a chat completion: rows, read from the top. */
import { DIALECTS } from "@locus-sdk/core";
import {
  type ChatProfile,
  type ChatProfileRow,
  chatProfile,
  findChatProfile,
  type InputSupport,
} from "@locus-sdk/openai";

/** The service keeps files, and gives them to one family. */
const NO_IDS = {
  fileIds: false,
  fileIdsElsewhere: "File ids are taken by Gemini models on the Responses API.",
} as const;
const EVERYTHING: InputSupport = { image: true, file: true, audio: true, ...NO_IDS };
const TEXT_ONLY: InputSupport = { image: false, file: false, audio: false, ...NO_IDS };
const NO_AUDIO: InputSupport = { ...EVERYTHING, audio: false };
const AUDIO_ONLY: InputSupport = { ...TEXT_ONLY, audio: true };
/** As the service's documentation has it. */
const GEMINI_INPUT: InputSupport = {
  ...EVERYTHING,
  fileIds: ["responses"],
  limits: { responses: { fileIds: 10, fileBytes: 50 * 1024 * 1024 } },
};
const PENALTIES = ["frequency_penalty", "presence_penalty"] as const;

/** What all of them share: OCI's backend fails on a message without text. */
const oci: ChatProfile = chatProfile({ name: "oci", emptyContent: ".", input: EVERYTHING });

const gptOss: ChatProfile = chatProfile({ name: "gpt-oss", reasoning: true, input: TEXT_ONLY }, oci);

const openai: ChatProfile = chatProfile(
  {
    name: "openai",
    maxTokensField: "max_completion_tokens",
    unsupported: ["top_k"],
    refusal: "field",
    toolSchema: DIALECTS.openaiTools,
    outputSchema: DIALECTS.openaiOutput,
    input: NO_AUDIO,
  },
  oci,
);
const openaiAudio: ChatProfile = chatProfile({ name: "openai-audio", input: AUDIO_ONLY }, openai);
const openaiReasoning: ChatProfile = chatProfile(
  {
    name: "openai-reasoning",
    unsupported: ["temperature", "top_p", "top_k", "stop", ...PENALTIES],
    reasoning: true,
  },
  openai,
);

const llama3: ChatProfile = chatProfile(
  { name: "llama-3", unsupported: ["parallel_tool_calls"], doubleEncodedArguments: true, input: TEXT_ONLY },
  oci,
);
const llama3Vision: ChatProfile = chatProfile({ name: "llama-3-vision", input: NO_AUDIO }, llama3);
const llama4: ChatProfile = chatProfile({ name: "llama-4", input: NO_AUDIO }, oci);

const gemini: ChatProfile = chatProfile(
  {
    name: "gemini",
    // As many results as calls in every turn: other histories were seen to be refused, or to hang and fail.
    toolResults: "one_to_one",
    toolSchema: DIALECTS.gemini,
    outputSchema: DIALECTS.gemini,
    input: GEMINI_INPUT,
    reasoning: true,
  },
  oci,
);

const grok: ChatProfile = chatProfile(
  { name: "grok", unsupported: [...PENALTIES, "reasoning_effort"], input: NO_AUDIO },
  oci,
);
const grokText: ChatProfile = chatProfile({ name: "grok-text", input: TEXT_ONLY }, grok);
const grokReasoning: ChatProfile = chatProfile(
  { name: "grok-reasoning", unsupported: [...PENALTIES, "stop"], reasoning: true },
  grok,
);
const grokMini: ChatProfile = chatProfile({ name: "grok-mini", input: TEXT_ONLY }, grokReasoning);

/** The families of OCI's chat completions. The first row whose pattern the id matches holds. */
export const OCI_CHAT_PROFILES: readonly ChatProfileRow[] = [
  { models: /^openai\.gpt-oss/i, profile: gptOss },
  { models: /^openai\.gpt-5(?:\.\d+)?-chat/i, profile: openai },
  { models: /^openai\.(?:gpt-5|o\d)/i, profile: openaiReasoning },
  { models: /^openai\.gpt-(?:4o-)?audio/i, profile: openaiAudio },
  { models: /^openai\./i, profile: openai },
  { models: /^meta\.llama-3.*vision/i, profile: llama3Vision },
  { models: /^meta\.llama-3/i, profile: llama3 },
  { models: /^meta\./i, profile: llama4 },
  { models: /^google\./i, profile: gemini },
  { models: /^xai\.grok-3-mini/i, profile: grokMini },
  { models: /^xai\.grok-(?:3|code)/i, profile: grokText },
  { models: /^xai\.(?!.*non-reasoning)(?:grok-4|.*-reasoning)/i, profile: grokReasoning },
  { models: /^xai\./i, profile: grok },
];

/** Models that take function tools on chat completions only when they do not reason about them. */
const NO_EFFORT_WITH_TOOLS = /^openai\.gpt-5\.6/i;

/** The profile of a model's family; an id of no known family gets OCI's plain one. */
export function ociChatProfile(modelId: string): ChatProfile {
  return findChatProfile(modelId, OCI_CHAT_PROFILES, oci);
}

/** Whether `reasoning_effort` must be `none` for this model to take tools. */
export function toolsNeedNoEffort(modelId: string): boolean {
  return NO_EFFORT_WITH_TOOLS.test(modelId);
}
