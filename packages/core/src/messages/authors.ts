/** Whose thoughts are whose in a conversation that several models have had a part in. */
import type { AssistantMessage, AssistantPart } from "./types.ts";

/** A model by its names; any `ChatModel` is one. */
export interface Author {
  readonly provider: string;
  readonly modelId: string;
}

/** A model's name as parts carry it: `provider:modelId`. */
export function authorName({ provider, modelId }: Author): string {
  return `${provider}:${modelId}`;
}

const isUnsigned = (part: AssistantPart): boolean =>
  (part.type === "reasoning" || part.type === "provider") && part.author === undefined;

/**
 * `message` with its author put to the reasoning and the provider's parts that have none; itself where nothing is to be
 * done. The agent does this with every answer. Who keeps a conversation without an agent, and goes on with another
 * model, does it with theirs.
 *
 * @example
 * ```ts
 * import { assistantMessage, withAuthor } from "@locus-sdk/core";
 *
 * const answer = assistantMessage([{ type: "reasoning", text: "Hm." }, { type: "text", text: "Yes." }]);
 * withAuthor(answer, { provider: "ollama", modelId: "qwen3" }).content[0]; // { …, author: "ollama:qwen3" }
 * ```
 */
export function withAuthor(message: AssistantMessage, author: Author): AssistantMessage {
  if (!message.content.some(isUnsigned)) return message;
  const name = authorName(author);
  const content = message.content.map((part) => (isUnsigned(part) ? { ...part, author: name } : part));
  return { ...message, content };
}
