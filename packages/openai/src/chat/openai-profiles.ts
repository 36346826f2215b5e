/** The families OpenAI serves itself, and what each wants. Unknown ids get the default profile. */
import { DIALECTS } from "@locus-sdk/core";
import { type ChatProfile, type ChatProfileRow, chatProfile } from "./profile.ts";

const openai: ChatProfile = chatProfile({
  name: "openai",
  maxTokensField: "max_completion_tokens",
  unsupported: ["top_k"],
  maxStops: 4,
  refusal: "field",
  toolSchema: DIALECTS.openaiTools,
  outputSchema: DIALECTS.openaiOutput,
});

const gptOss: ChatProfile = chatProfile({ name: "gpt-oss", reasoning: true });

/** GPT-5 and the o-series think first and take no sampling settings. */
const reasoning: ChatProfile = chatProfile(
  {
    name: "openai-reasoning",
    unsupported: ["temperature", "top_p", "top_k", "stop", "frequency_penalty", "presence_penalty"],
    system: "developer",
    reasoning: true,
  },
  openai,
);

/** What does not think: "Unrecognized request argument supplied: reasoning_effort". */
const UNTHINKING = { unsupported: ["top_k", "reasoning_effort", "verbosity"] } as const;

const gpt4: ChatProfile = chatProfile({ ...UNTHINKING, name: "gpt-4" }, openai);

const gpt5Chat: ChatProfile = chatProfile({ ...UNTHINKING, name: "gpt-5-chat" }, openai);

const search: ChatProfile = chatProfile(
  {
    name: "openai-search",
    maxTokensField: "max_tokens",
    unsupported: [
      "temperature",
      "top_p",
      "top_k",
      "stop",
      "seed",
      "frequency_penalty",
      "presence_penalty",
      "parallel_tool_calls",
      "reasoning_effort",
    ],
  },
  openai,
);

const gpt35: ChatProfile = chatProfile(
  {
    name: "gpt-3.5",
    input: { image: false, file: false, audio: false },
    structuredOutput: "json_object",
    ...UNTHINKING,
  },
  openai,
);

/** Read from the top: the first row whose pattern the model id matches. */
export const OPENAI_CHAT_PROFILES: readonly ChatProfileRow[] = [
  { models: /search-preview|search-api/, profile: search },
  { models: /^(?:openai[./])?gpt-oss/, profile: gptOss },
  { models: /^(?:openai[./])?gpt-5(?:\.\d+)?-chat/, profile: gpt5Chat },
  { models: /^(?:openai[./])?(?:gpt-5|o\d)/, profile: reasoning },
  { models: /^(?:openai[./])?gpt-3\.5/, profile: gpt35 },
  { models: /^ft:gpt-3\.5/, profile: gpt35 },
  { models: /^(?:openai[./])?(?:gpt-4|chatgpt-)|^ft:gpt-4/, profile: gpt4 },
  { models: /^(?:openai[./])?gpt-|^ft:gpt-/, profile: openai },
];
