/** A conversation as the `messages` of a `GENERIC` request. */
import type { AssistantMessage, JsonObject, JsonValue, Message, ToolMessage } from "@locus-sdk/core";
import type { ChatProfile } from "@locus-sdk/openai";
import {
  callsIn,
  EMPTY_TEXT,
  joinTexts,
  keptItems,
  pairCalls,
  resultsBehind,
  resultText,
} from "../conversation.ts";
import { encodeUserPart } from "./user-parts.ts";

type Warn = (text: string) => void;

const textContent = (text: string): JsonObject[] => [{ type: "TEXT", text: text === "" ? EMPTY_TEXT : text }];

/** The messages on the wire, in order. */
export function encodeMessages(
  conversation: readonly Message[],
  profile: ChatProfile,
  warn: Warn,
): JsonObject[] {
  const messages: JsonObject[] = [];
  let attachments: JsonObject[] = [];
  // Results answer the assistant message before them: what they carried besides text comes behind the last of them.
  const flush = (): void => {
    if (attachments.length > 0) messages.push({ role: "USER", content: attachments });
    attachments = [];
  };
  for (let index = 0; index < conversation.length; index += 1) {
    const message = conversation[index];
    if (message === undefined || (message.role === "system" && message.content.trim() === "")) continue;
    if (message.role !== "tool") flush();
    const paired = message.role === "assistant" && profile.toolResults === "one_to_one";
    const turn = paired ? [message, ...resultsBehind(conversation, index)] : [message];
    for (const each of paired ? pairCalls(turn) : turn) {
      messages.push(encodeMessage(each, profile, warn));
      if (each.role === "tool") attachments.push(...attached(each, profile, warn));
    }
    index += turn.length - 1;
  }
  flush();
  return messages;
}

function encodeMessage(message: Message, profile: ChatProfile, warn: Warn): JsonObject {
  switch (message.role) {
    case "system": {
      const role = profile.system === "developer" ? "DEVELOPER" : "SYSTEM";
      return { role, content: textContent(message.content) };
    }
    case "user": {
      const { content } = message;
      if (typeof content === "string") return { role: "USER", content: textContent(content) };
      const parts = content.map((part) => encodeUserPart(part, profile, warn));
      return { role: "USER", content: parts.length === 0 ? textContent("") : parts };
    }
    case "assistant":
      return encodeAssistant(message, profile, warn);
    case "tool":
      return { role: "TOOL", content: textContent(resultText(message)), toolCallId: message.callId };
  }
}

function encodeAssistant(message: AssistantMessage, profile: ChatProfile, warn: Warn): JsonObject {
  const ownRefusal = profile.refusal === "field";
  const texts: string[] = [];
  let refusal = "";
  let reasoning = "";
  let annotations: readonly JsonValue[] = [];
  for (const part of message.content) {
    if (part.type === "text") texts.push(part.text);
    else if (part.type === "refusal" && ownRefusal) refusal += part.text;
    else if (part.type === "refusal") texts.push(part.text);
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "provider") {
      if (part.provider !== "oci")
        warn(`an item of provider "${part.provider}" has no place in the native API and was left out`);
      else annotations = [...annotations, ...keptItems(part.item, "annotations")];
    }
  }
  const calls = callsIn(message);
  return {
    role: "ASSISTANT",
    content: textContent(joinTexts(texts)),
    ...(refusal === "" ? {} : { refusal }),
    ...(calls.length === 0
      ? {}
      : {
          toolCalls: calls.map((call) => ({
            id: call.id,
            type: "FUNCTION",
            name: call.name,
            // No text at all stands for no arguments; servers that parse it want an object.
            arguments: call.arguments.trim() === "" ? "{}" : call.arguments,
          })),
        }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(reasoning === "" || !profile.reasoning ? {} : { reasoningContent: reasoning }),
  };
}

function attached(message: ToolMessage, profile: ChatProfile, warn: Warn): JsonObject[] {
  if (typeof message.content === "string") return [];
  const others = message.content.filter(({ type }) => type !== "text");
  if (others.length === 0) return [];
  warn(`the result of "${message.name}" holds more than text, which was sent in a user message behind it`);
  return [
    { type: "TEXT", text: `Attached to the result of "${message.name}" (call ${message.callId}):` },
    ...others.map((part) => encodeUserPart(part, profile, warn)),
  ];
}
