/** A conversation as the Messages API takes it: the system prompt apart, users and assistant by turns. */
import {
  InvalidRequestError,
  type JsonObject,
  type Message,
  type ToolMessage,
  type UserMessage,
} from "@locus-sdk/core";
import { encodeAssistant } from "./encode-assistant.ts";
import { ToolIds } from "./tool-ids.ts";
import { userBlock } from "./user-blocks.ts";

/** The conversation on the wire, and in words what could not be sent. */
export interface EncodedConversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly EncodedTurn[];
  readonly warnings: readonly string[];
}

/** One turn of the conversation. */
export interface EncodedTurn {
  readonly role: "user" | "assistant";
  readonly content: readonly JsonObject[];
}

type Warn = (text: string) => void;

/** Stands for what the user said before the assistant began. */
const BEGINNING = "[The assistant began this conversation.]";

/**
 * The turns of `messages`. Neighbours of one role become one turn; tool results are the user's, and stand first in theirs.
 *
 * @throws InvalidRequestError of code `empty_input` where nothing is asked, and of code `unsupported_input` where the user has just said what cannot be sent: answered
 *   without it, the question would be another one. In the history before, it is left out with a warning.
 */
export function encodeConversation(messages: readonly Message[], modelId: string): EncodedConversation {
  const system: JsonObject[] = [];
  const turns: { role: EncodedTurn["role"]; content: JsonObject[] }[] = [];
  const warnings: string[] = [];
  const warn: Warn = (text) => {
    if (!warnings.includes(text)) warnings.push(text);
  };
  const ids = new ToolIds();
  const say = (role: EncodedTurn["role"], blocks: readonly JsonObject[]): void => {
    const last = turns.at(-1);
    if (blocks.length === 0) return;
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  };
  const fresh = messages.findLastIndex(({ role }) => role === "assistant") + 1;
  for (const [place, message] of messages.entries()) {
    switch (message.role) {
      case "system":
        if (message.content.trim() === "") break;
        if (turns.length === 0) system.push({ type: "text", text: message.content });
        else {
          warn("a system message in the middle of the conversation was sent as a note of the user's");
          say("user", [{ type: "text", text: `<system>\n${message.content}\n</system>` }]);
        }
        break;
      case "user":
        say("user", encodeUser(message, place >= fresh, modelId, warn));
        break;
      case "assistant":
        say("assistant", encodeAssistant(message, ids, warn));
        break;
      case "tool":
        say("user", [encodeToolResult(message, ids, warn)]);
        break;
    }
  }
  if (turns.length === 0) {
    throw new InvalidRequestError(
      `anthropic model "${modelId}" was asked nothing: there is no text but space`,
      {
        code: "empty_input",
        hint: "Say something in a user message. Claude takes no message without text, image or file.",
      },
    );
  }
  if (turns[0]?.role === "assistant") {
    warn("the conversation began with the assistant, which Claude does not take: a note was put before it");
    turns.unshift({ role: "user", content: [{ type: "text", text: BEGINNING }] });
  }
  return { system, messages: turns, warnings };
}

function encodeUser(
  { content }: UserMessage,
  isFresh: boolean,
  modelId: string,
  warn: Warn,
): readonly JsonObject[] {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return parts.flatMap((part, place) => {
    const made = userBlock(part);
    if (made === undefined) return [];
    if ("block" in made) return [made.block];
    if (isFresh) {
      throw new InvalidRequestError(
        `anthropic model "${modelId}" cannot be sent ${made.unsupported}, and part ${place + 1} of the user's message is one`,
        {
          code: "unsupported_input",
          hint: "Claude reads text, images (JPEG, PNG, GIF, WebP) and PDF files as data, https URL or file id of Anthropic's, and files of text as data.",
        },
      );
    }
    return [leftOut(made.unsupported, "the user's message", warn)];
  });
}

function leftOut(what: string, where: string, warn: Warn): JsonObject {
  warn(`${where} held ${what}, which Claude cannot read: it was left out`);
  return { type: "text", text: `[left out: ${what}, which this model cannot read]` };
}

function encodeToolResult(message: ToolMessage, ids: ToolIds, warn: Warn): JsonObject {
  const { callId, name, content, isError } = message;
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const blocks = parts.flatMap((part) => {
    const made = userBlock(part);
    if (made === undefined) return [];
    return ["block" in made ? made.block : leftOut(made.unsupported, `the result of "${name}"`, warn)];
  });
  // The API refuses a failure that says nothing.
  if (isError === true && blocks.length === 0) {
    blocks.push({ type: "text", text: "the tool failed without a message" });
  }
  const [only] = blocks;
  const isPlain = blocks.length === 1 && only?.type === "text";
  return {
    type: "tool_result",
    tool_use_id: ids.of(callId),
    ...(blocks.length === 0 ? {} : { content: isPlain ? (only.text ?? "") : blocks }),
    ...(isError === true ? { is_error: true } : {}),
  };
}
