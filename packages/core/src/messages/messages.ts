/** Small readers and makers of messages, so that nobody filters parts by hand. */
import { deepFreeze } from "../json/json.ts";
import type { AssistantMessage, Message, TextPart, ToolCallPart, ToolMessage, UserMessage } from "./types.ts";

const isText = (part: { readonly type: string }): part is TextPart => part.type === "text";
const isToolCall = (part: { readonly type: string }): part is ToolCallPart => part.type === "tool_call";

/**
 * The text of a message: its text parts joined, without reasoning, refusals, files or tool calls.
 *
 * @example
 * ```ts
 * import { assistantMessage, messageText } from "@locus-sdk/core";
 *
 * messageText(assistantMessage("Hello.")); // "Hello."
 * ```
 */
export function messageText(message: Message): string {
  if (typeof message.content === "string") return message.content;
  let text = "";
  for (const part of message.content) if (isText(part)) text += part.text;
  return text;
}

/**
 * The calls a message asks for, in the order the model made them; none for any other role.
 *
 * @example
 * ```ts
 * import { assistantMessage, toolCallsOf } from "@locus-sdk/core";
 *
 * const call = { type: "tool_call", id: "call_1", name: "get_weather", arguments: "{}" } as const;
 * toolCallsOf(assistantMessage([call])); // [call]
 * ```
 */
export function toolCallsOf(message: Message): readonly ToolCallPart[] {
  return message.role === "assistant" ? message.content.filter(isToolCall) : [];
}

/** Content that nobody can change any more; a copy, where the caller still could. */
function frozen<T>(content: T): T {
  return Object.isFrozen(content) ? content : deepFreeze(structuredClone(content));
}

/**
 * A message of the user.
 *
 * @example
 * ```ts
 * import { userMessage } from "@locus-sdk/core";
 *
 * userMessage("Rain tomorrow?"); // { role: "user", content: "Rain tomorrow?" }
 * ```
 */
export function userMessage(content: UserMessage["content"]): UserMessage {
  return Object.freeze({ role: "user", content: frozen(content) });
}

/**
 * A message of the model, of one text or of parts.
 *
 * @example
 * ```ts
 * import { assistantMessage } from "@locus-sdk/core";
 *
 * assistantMessage("No."); // { role: "assistant", content: [{ type: "text", text: "No." }] }
 * ```
 */
export function assistantMessage(content: string | AssistantMessage["content"]): AssistantMessage {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return Object.freeze({ role: "assistant", content: frozen(parts) });
}

/**
 * What a call came to: the answer to `call`, as the model is shown it.
 *
 * @example
 * ```ts
 * import { toolMessage } from "@locus-sdk/core";
 *
 * toolMessage({ id: "call_1", name: "get_weather" }, "no such city", { isError: true });
 * ```
 */
export function toolMessage(
  call: Pick<ToolCallPart, "id" | "name">,
  content: ToolMessage["content"],
  options: { readonly isError?: boolean } = {},
): ToolMessage {
  const answer = { role: "tool" as const, callId: call.id, name: call.name, content: frozen(content) };
  return Object.freeze(options.isError === true ? { ...answer, isError: true } : answer);
}
