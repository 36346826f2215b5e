/** What some servers insist on in the messages of a conversation that other models may have had a part in. */
import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "@locus-sdk/core";
import type { ChatProfile } from "./profile.ts";

/** `messages` with ids of calls, and with thoughts beside calls, as the server takes them. */
export function shapeMessages(messages: readonly JsonObject[], profile: ChatProfile): readonly JsonObject[] {
  const { toolCallIdLength, emptyReasoning, reasoningField } = profile;
  if (toolCallIdLength === null && !emptyReasoning) return messages;
  const idOf = (id: JsonValue | undefined): JsonValue | undefined =>
    typeof id === "string" && toolCallIdLength !== null ? shortId(id, toolCallIdLength) : id;
  return messages.map((message) => {
    if (typeof message.tool_call_id === "string" && toolCallIdLength !== null) {
      return { ...message, tool_call_id: shortId(message.tool_call_id, toolCallIdLength) };
    }
    const calls = message.tool_calls;
    if (!Array.isArray(calls)) return message;
    const shaped = calls.map((call: JsonValue): JsonValue => {
      const id = isJsonObject(call) ? idOf(call.id) : undefined;
      return isJsonObject(call) && id !== undefined ? { ...call, id } : call;
    });
    const silent = emptyReasoning && reasoningField !== null && message[reasoningField] === undefined;
    return { ...message, tool_calls: shaped, ...(silent ? { [reasoningField]: "" } : {}) };
  });
}

/** The same short id for the same id, of letters and digits alone; one that is like that already stays. */
function shortId(id: string, length: number): string {
  if (id.length === length && /^[a-zA-Z0-9]+$/.test(id)) return id;
  return createHash("sha256").update(id).digest("hex").slice(0, length);
}
