/** A conversation in its wire form: the rules that reach over more than one message. */
import type { JsonObject, JsonValue, Message } from "@locus-sdk/core";
import { isJsonObject } from "@locus-sdk/core";
import { type EncodedMessage, messageEncoder } from "./encode-message.ts";
import type { ChatProfile } from "./profile.ts";

/** The `messages` of a request, and what could not be sent. */
export interface EncodedMessages {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
}

/** The wire forms of a conversation, in order, with instructions, results and attachments where `profile` wants them. */
export function encodeMessages(conversation: readonly Message[], profile: ChatProfile): EncodedMessages {
  const encode = messageEncoder(profile);
  const warnings = new Set<string>();
  const messages: JsonObject[] = [];
  const instructions: string[] = [];
  let attachments: JsonObject[] = [];
  const flush = (): void => {
    if (attachments.length > 0) messages.push({ role: "user", content: attachments });
    attachments = [];
  };

  for (let index = 0; index < conversation.length; index += 1) {
    const message = conversation[index];
    if (message === undefined || (message.role === "system" && message.content.trim() === "")) continue;
    if (message.role === "system" && profile.system === "fold") {
      instructions.push(message.content);
      continue;
    }
    const encoded = encode(message);
    for (const warning of encoded.warnings) warnings.add(warning);
    // Results answer the assistant message before them: nothing may come in between.
    if (message.role !== "tool") flush();
    if (message.role === "assistant" && profile.toolResults === "one_to_one") {
      const results = resultsBehind(conversation, index, encode);
      messages.push(...pairwise(encoded.wire, results, profile));
      for (const result of results) {
        attachments.push(...result.attachments);
        for (const warning of result.warnings) warnings.add(warning);
      }
      index += results.length;
      continue;
    }
    messages.push(encoded.wire);
    for (const attachment of encoded.attachments) attachments.push(attachment);
  }
  flush();
  return { messages: fold(instructions, messages), warnings: [...warnings] };
}

function resultsBehind(
  conversation: readonly Message[],
  index: number,
  encode: (message: Message) => EncodedMessage,
): EncodedMessage[] {
  const results: EncodedMessage[] = [];
  for (let next = index + 1; next < conversation.length; next += 1) {
    const message = conversation[next];
    if (message?.role !== "tool") break;
    results.push(encode(message));
  }
  return results;
}

/** Call, result, call, result: for servers that want as many results as calls in every turn. */
function pairwise(
  assistant: JsonObject,
  results: readonly EncodedMessage[],
  profile: ChatProfile,
): JsonObject[] {
  const calls = assistant.tool_calls;
  const wires = results.map((result) => result.wire);
  if (!Array.isArray(calls) || calls.length < 2) return [assistant, ...wires];
  const left = [...wires];
  const pairs = calls.flatMap((call: JsonValue, position): JsonObject[] => {
    const alone: JsonObject =
      position === 0
        ? { ...assistant, tool_calls: [call] }
        : { role: "assistant", content: profile.toolCallContent, tool_calls: [call] };
    const id = isJsonObject(call) ? call.id : undefined;
    const found = left.findIndex((wire) => wire.tool_call_id === id);
    return found < 0 ? [alone] : [alone, ...left.splice(found, 1)];
  });
  return [...pairs, ...left];
}

/** Puts instructions before the first user message, for families that know no other place for them. */
function fold(instructions: readonly string[], messages: readonly JsonObject[]): readonly JsonObject[] {
  if (instructions.length === 0) return messages;
  const text = instructions.join("\n\n");
  const first = messages.findIndex((message) => message.role === "user");
  const user = messages[first];
  if (user === undefined) return [{ role: "user", content: text }, ...messages];
  const content = user.content ?? "";
  const folded =
    typeof content === "string"
      ? `${text}\n\n${content}`
      : [{ type: "text", text }, ...(Array.isArray(content) ? content : [])];
  return messages.with(first, { ...user, content: folded });
}
