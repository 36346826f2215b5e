/** What the three formats do alike with a conversation before they encode it. */
import {
  type AssistantMessage,
  ConfigurationError,
  isJsonObject,
  type JsonValue,
  type Message,
  type ModelRequest,
  type ToolCallPart,
  type ToolMessage,
  transcriptFor,
} from "@locus-sdk/core";
import type { KeptItem } from "./answer.ts";

/** The conversation as a model of OCI may be told it. */
export function toldTo(
  modelId: string,
  messages: readonly Message[],
  warn: (text: string) => void,
): readonly Message[] {
  const told = transcriptFor(messages, { author: { provider: "oci", modelId } });
  told.warnings.forEach(warn);
  return told.messages;
}

/** What stands for the text of a message that has none: the backend fails on an empty one. */
export const EMPTY_TEXT = ".";

/** Two texts of one message, apart where something else stood between them. */
export function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

/** The text parts of an assistant's message, refusals among them. */
export function spokenText(message: AssistantMessage): string {
  return joinTexts(
    message.content.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")),
  );
}

/** The calls of an assistant's message that a tool answers. */
export function callsIn(message: AssistantMessage): readonly ToolCallPart[] {
  return message.content.filter((part): part is ToolCallPart => part.type === "tool_call");
}

/** Every call of the conversation by its id. */
export function callsById(messages: readonly Message[]): ReadonlyMap<string, ToolCallPart> {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? callsIn(message) : []));
  return new Map(calls.map((call) => [call.id, call]));
}

/** The text of a tool's result. The wire has no flag for failure: the text must tell. */
export function resultText(message: ToolMessage): string {
  const text =
    typeof message.content === "string"
      ? message.content
      : joinTexts(message.content.map((part) => (part.type === "text" ? part.text : "")));
  if (message.isError !== true || /^\W*error\b/i.test(text)) return text;
  return text === "" ? "Error: the tool failed without a message" : `Error: ${text}`;
}

/** Whether anything in the conversation is an image. */
export function hasImages(messages: readonly Message[]): boolean {
  return messages.some(
    (message) =>
      (message.role === "user" || message.role === "tool") &&
      typeof message.content !== "string" &&
      message.content.some(({ type }) => type === "image"),
  );
}

/** The tool results right behind the message at `index`. */
export function resultsBehind(messages: readonly Message[], index: number): readonly ToolMessage[] {
  const results: ToolMessage[] = [];
  for (const message of messages.slice(index + 1)) {
    if (message.role !== "tool") break;
    results.push(message);
  }
  return results;
}

/**
 * One turn, an assistant's message and its results, with one call in each message and its result behind it: for
 * families that want as many results as calls. What answers none of the calls comes last.
 */
export function pairCalls(turn: readonly Message[]): readonly Message[] {
  const [message, ...results] = turn;
  if (message?.role !== "assistant") return turn;
  const calls = callsIn(message);
  if (calls.length < 2) return turn;
  const left = new Set(results);
  const pairs = calls.flatMap((call, position): readonly Message[] => {
    const before = position === 0 ? message.content.filter(({ type }) => type !== "tool_call") : [];
    const alone: Message = { role: "assistant", content: [...before, call] };
    const own = [...left].find((result) => result.role === "tool" && result.callId === call.id);
    if (own === undefined) return [alone];
    left.delete(own);
    return [alone, own];
  });
  return [...pairs, ...left];
}

/** The items of a provider part of ours, where it is of this kind. */
export function keptItems(item: JsonValue, kind: KeptItem): readonly JsonValue[] {
  if (!isJsonObject(item) || item.type !== kind) return [];
  return Array.isArray(item.items) ? item.items : [];
}

/** @throws ConfigurationError naming the hosted tools that the native API does not run. */
export function refuseHostedTools(request: ModelRequest, known: readonly string[], format: string): void {
  const other = (request.hostedTools ?? []).find(({ hosted }) => !known.includes(hosted));
  if (other === undefined) return;
  throw new ConfigurationError(`the native API (${format}) does not run the hosted tool "${other.hosted}"`, {
    code: "hosted_tool_unavailable",
    hint: "Hosted tools are run by the Responses API: use OCIResponsesModel with a model that it serves.",
  });
}
