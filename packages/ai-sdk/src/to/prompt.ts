/** A prompt of the AI SDK as messages of ours, and the server state that its last answer brought along. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ChatModel, Message, ProviderState, ToolMessage, UserMessage } from "@locus-sdk/core";
import { SERVER_STATE, serverStateIn } from "../metadata.ts";
import { assistantMessageFrom } from "./assistant.ts";
import { userPartFrom } from "./file.ts";
import { toolMessageFrom } from "./tool-result.ts";
import type { Warn } from "./warn.ts";

export interface ReadPrompt {
  readonly messages: readonly Message[];
  /** Of the last answer; what the model makes of it is the model's affair. */
  readonly providerState?: ProviderState;
}

/**
 * @throws UnsupportedFunctionalityError for what a user said that has no form here: answered without it, the question would
 *   be another one.
 */
export function readPrompt(prompt: LanguageModelV4Prompt, model: ChatModel, warn: Warn): ReadPrompt {
  const messages = prompt.flatMap((message) => messagesFrom(message, model, warn));
  const last = prompt.findLast(({ role }) => role === "assistant");
  const providerState = last === undefined ? undefined : stateIn(last);
  return { messages, ...(providerState === undefined ? {} : { providerState }) };
}

function stateIn(message: LanguageModelV4Message): ProviderState | undefined {
  if (message.role !== "assistant") return undefined;
  const part = message.content.findLast((one) => one.type === "custom" && one.kind === SERVER_STATE);
  return serverStateIn(part?.providerOptions);
}

function messagesFrom(message: LanguageModelV4Message, model: ChatModel, warn: Warn): readonly Message[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user":
      return [userMessageFrom(message, model, warn)];
    case "assistant":
      return [assistantMessageFrom(message.content, warn)];
    case "tool":
      return message.content.flatMap((part): readonly ToolMessage[] => {
        if (part.type === "tool-result") return [toolMessageFrom(part, model, warn)];
        warn("tool approval responses", "no model of Locus asks for approvals through the AI SDK");
        return [];
      });
  }
}

function userMessageFrom(
  { content }: Extract<LanguageModelV4Message, { role: "user" }>,
  model: ChatModel,
  warn: Warn,
): UserMessage {
  const [first] = content;
  // The usual message: providers write a text alone in a shorter form.
  if (content.length === 1 && first?.type === "text") return { role: "user", content: first.text };
  return { role: "user", content: content.map((part) => userPartFrom(part, model, warn)) };
}
