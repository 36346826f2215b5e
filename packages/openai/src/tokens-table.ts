/** What is known of OpenAI's models by their ids: which encoding they read, and how much of it. Data. */

export type TokenEncoding = "o200k_base" | "o200k_harmony" | "cl100k_base";

/** Read from the top. After `tiktoken`'s table of models and prefixes. */
const ENCODINGS: readonly { readonly models: RegExp; readonly encoding: TokenEncoding }[] = [
  { models: /^gpt-oss/, encoding: "o200k_harmony" },
  { models: /^(?:gpt-4o|gpt-4\.[15]|gpt-[5-9]|gpt-audio|chatgpt-|codex-|o\d)/, encoding: "o200k_base" },
  { models: /^(?:gpt-4|gpt-3\.5)/, encoding: "cl100k_base" },
];

/**
 * Tokens of the context; of the prompt, where that has a limit of its own. After OpenAI's pages of its models; those of
 * GPT-5 that name no limit of the prompt have the one of their siblings with the same context.
 */
const WINDOWS: readonly { readonly models: RegExp; readonly tokens: number | undefined }[] = [
  { models: /realtime|transcribe|tts|image|instruct/, tokens: undefined },
  { models: /^gpt-oss/, tokens: 131_072 },
  { models: /^gpt-5(?:\.\d)?-chat/, tokens: 128_000 },
  { models: /^gpt-5\.[456](?!.*(?:mini|nano|cyber))/, tokens: 922_000 },
  { models: /^gpt-5(?:\.[1-6])?(?:-|$)/, tokens: 272_000 },
  { models: /^gpt-4\.1/, tokens: 1_047_576 },
  { models: /^(?:gpt-4o|gpt-4\.5|gpt-4-turbo|gpt-4-(?:0125|1106)|gpt-audio|chatgpt-4o)/, tokens: 128_000 },
  { models: /^gpt-4-32k/, tokens: 32_768 },
  { models: /^gpt-4(?:-0\d{3})?$/, tokens: 8_192 },
  { models: /^gpt-3\.5-turbo/, tokens: 16_385 },
  { models: /^o1-(?:mini|preview)/, tokens: 128_000 },
  { models: /^(?:o1|o3|o4-mini)/, tokens: 200_000 },
];

/** As OpenAI names it: without `openai.` or `openai/` before it, and without `ft:`. */
const bare = (modelId: string): string => modelId.replace(/^(?:ft:)?(?:openai[./])?/i, "").toLowerCase();

/** The encoding a model reads; `undefined` where it is not one of OpenAI's. */
export function encodingOf(modelId: string): TokenEncoding | undefined {
  const id = bare(modelId);
  return ENCODINGS.find(({ models }) => models.test(id))?.encoding;
}

/**
 * How many tokens one call of a model of OpenAI's may take, where it is known.
 *
 * @example
 * ```ts
 * import { openaiContextWindow } from "@locus-sdk/openai";
 *
 * openaiContextWindow("gpt-4o"); // 128000
 * openaiContextWindow("llama-3.3-70b"); // undefined
 * ```
 */
export function openaiContextWindow(modelId: string): number | undefined {
  const id = bare(modelId);
  return WINDOWS.find(({ models }) => models.test(id))?.tokens;
}
