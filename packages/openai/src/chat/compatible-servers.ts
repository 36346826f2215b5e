/** What servers with OpenAI's chat completions want differently: data, each line with where it is known from. */
import type { ChatProfile } from "./profile.ts";

/** One server: how it is known by its address, where its key is, and what differs from OpenAI's own. */
export interface ServerRow {
  /** Shown in warnings and errors. */
  readonly name: string;
  /** Its own addresses, `host` or `host:port`, where they are certain. */
  readonly hosts?: RegExp;
  /** The environment variable of its key. Without one it may go without a key. */
  readonly keyVariable?: string;
  readonly differences: Partial<Omit<ChatProfile, "name">>;
}

const IMAGES_ONLY = { image: true, file: false, audio: false } as const;
const IMAGES_AND_SOUND = { image: true, file: false, audio: true } as const;

/** The rows by their names. What is not in a row is as at OpenAI's, or is learned from the server's errors. */
export const COMPATIBLE_SERVERS: Readonly<Record<CompatibleServer, ServerRow>> = {
  openai: {
    name: "OpenAI",
    hosts: /^(?:[\w-]+\.)*openai\.com$/,
    keyVariable: "OPENAI_API_KEY",
    differences: {},
  },
  // The v1 endpoint takes OpenAI's client with the resource's key, and deployments' names as models:
  // learn.microsoft.com/azure/foundry/openai/api-version-lifecycle; a Foundry resource has one key for its three names.
  azure: {
    name: "Azure OpenAI",
    hosts: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/,
    keyVariable: "AZURE_OPENAI_API_KEY",
    differences: {},
  },
  vllm: {
    name: "vLLM",
    differences: {
      // "Unexpected message role." of many chat templates: ogx-ai/ogx#6069, vllm-project/vllm#43590.
      system: "system",
      // "Unknown part type: file": langchain-ai/openwiki#63.
      input: IMAGES_AND_SOUND,
    },
  },
  lmstudio: {
    name: "LM Studio",
    // Its default port: lmstudio.ai/docs/developer.
    hosts: /^(?:localhost|127\.0\.0\.1|\[::1\]):1234$/,
    differences: {
      // "Invalid tool_choice type: 'object'": lmstudio-bug-tracker#670.
      toolChoices: ["auto", "none", "required"],
      // It would replace it with system and say so in its log: lmstudio-bug-tracker#2298.
      system: "system",
    },
  },
  "llama.cpp": {
    name: "llama.cpp",
    differences: {
      // A named choice becomes "auto" without a word: ggml-org/llama.cpp#26535.
      toolChoices: ["auto", "none", "required"],
      // "Unexpected message role." before ggml-org/llama.cpp#20215.
      system: "system",
      // "unsupported content[].type" of all but text, images and sound: ggml-org/llama.cpp#17700.
      input: IMAGES_AND_SOUND,
    },
  },
  ollama: {
    name: "Ollama",
    // Its default port: docs.ollama.com/api/openai-compatibility, as is what follows.
    hosts: /^(?:localhost|127\.0\.0\.1|\[::1\]):11434$/,
    differences: {
      toolChoices: ["auto"],
      // Ignored without a word, being in no list of fields.
      unsupported: ["top_k", "parallel_tool_calls", "verbosity", "service_tier"],
      maxTokensField: "max_tokens",
      system: "system",
      input: IMAGES_ONLY,
    },
  },
  // Translates for the provider behind it; what that refuses is named in a 400 and learned from: docs.litellm.ai.
  litellm: { name: "LiteLLM", differences: {} },
  openrouter: {
    name: "OpenRouter",
    hosts: /^(?:eu\.)?openrouter\.ai$/,
    keyVariable: "OPENROUTER_API_KEY",
    differences: {
      // openrouter.ai/docs/use-cases/reasoning-tokens: `reasoning: { effort }`, and thoughts go back as `reasoning`.
      effortField: "reasoning.effort",
      reasoningField: "reasoning",
    },
  },
  groq: {
    name: "Groq",
    hosts: /^api\.groq\.com$/,
    keyVariable: "GROQ_API_KEY",
    differences: {
      // "cannot be combined with tool/function calling": agno-agi/agno#1065.
      schemaWithTools: false,
      // `reasoning_content` is refused in messages: agentjido/req_llm#772; `reasoning` is taken: tensorzero#6353.
      reasoningField: "reasoning",
    },
  },
  // docs.together.ai/docs/inference/openai-compatibility
  together: {
    name: "Together AI",
    hosts: /^api\.together\.(?:ai|xyz)$/,
    keyVariable: "TOGETHER_API_KEY",
    differences: {},
  },
  deepseek: {
    name: "DeepSeek",
    hosts: /^api\.deepseek\.com$/,
    keyVariable: "DEEPSEEK_API_KEY",
    differences: {
      // "This response_format type is unavailable now" for all but json_object: llm-exe/llm-exe#662.
      structuredOutput: "json_object",
      // "unknown variant `developer`": earendil-works/pi#1048.
      system: "system",
      maxTokensField: "max_tokens",
      // "must be passed back to the API" with calls, also where nothing was thought: api-docs.deepseek.com/guides/thinking_mode.
      reasoningField: "reasoning_content",
      emptyReasoning: true,
    },
  },
  mistral: {
    name: "Mistral",
    hosts: /^api\.mistral\.ai$/,
    keyVariable: "MISTRAL_API_KEY",
    differences: {
      // "Extra inputs are not permitted": avante.nvim#2347; usage comes without being asked for.
      unsupported: ["stream_options", "top_k", "verbosity", "service_tier"],
      // As before, of max_completion_tokens: editor-code-assistant/eca#231.
      maxTokensField: "max_tokens",
      // simonw/llm-mistral#2
      seedField: "random_seed",
      // "Tool call id … must be a-z, A-Z, 0-9, with a length of 9": anomalyco/opencode#1680.
      toolCallIdLength: 9,
      // "Extra inputs are not permitted", of reasoning_content: charmbracelet/crush#1590.
      reasoningField: null,
      system: "system",
    },
  },
};

/** The names of the rows. */
export type CompatibleServer =
  | "openai"
  | "azure"
  | "vllm"
  | "lmstudio"
  | "llama.cpp"
  | "ollama"
  | "litellm"
  | "openrouter"
  | "groq"
  | "together"
  | "deepseek"
  | "mistral";
