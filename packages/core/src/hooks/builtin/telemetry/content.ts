/** Prompts, answers, arguments and results in the conventions' form: only for those who ask for them. */
import type { Attributes } from "@opentelemetry/api";
import { type JsonValue, parseJson } from "../../../json/json.ts";
import type { AssistantMessage, Message, UserPart } from "../../../messages/types.ts";
import type { ModelStopReason } from "../../../model/types.ts";
import { redactSecrets } from "../../../text/redact.ts";
import { ATTRIBUTE } from "./names.ts";

/** Characters of one text; what is longer is cut. */
const MAX_TEXT = 8000;

export function promptAttributes(messages: readonly Message[]): Attributes {
  const instructions = messages.flatMap((message) => (message.role === "system" ? [message.content] : []));
  const said = messages.filter(({ role }) => role !== "system");
  return {
    ...(instructions.length === 0
      ? {}
      : { [ATTRIBUTE.systemInstructions]: JSON.stringify(instructions.map(textPart)) }),
    [ATTRIBUTE.inputMessages]: JSON.stringify(
      said.map((message) => ({ role: message.role, parts: partsOf(message) })),
    ),
  };
}

export function answerAttributes(message: AssistantMessage, stopReason: ModelStopReason): Attributes {
  const said = [{ role: "assistant", parts: partsOf(message), finish_reason: stopReason }];
  return { [ATTRIBUTE.outputMessages]: JSON.stringify(said) };
}

export function jsonText(value: JsonValue): string {
  return bounded(typeof value === "string" ? value : JSON.stringify(value));
}

type Part = Readonly<Record<string, JsonValue>>;

function partsOf(message: Message): readonly Part[] {
  switch (message.role) {
    case "system":
      return [textPart(message.content)];
    case "user":
      return contentParts(message.content);
    case "tool":
      return [{ type: "tool_call_response", id: message.callId, response: responseOf(message.content) }];
    case "assistant":
      return message.content.flatMap((part): readonly Part[] => {
        if (part.type === "text" || part.type === "refusal") return [textPart(part.text)];
        if (part.type === "reasoning")
          return part.text === "" ? [] : [{ type: "reasoning", content: bounded(part.text) }];
        if (part.type !== "tool_call") return [];
        const { id, name } = part;
        const text = bounded(part.arguments);
        return [{ type: "tool_call", id, name, arguments: parseJson(text) ?? text }];
      });
  }
}

function responseOf(content: string | readonly UserPart[]): JsonValue {
  return typeof content === "string" ? bounded(content) : contentParts(content);
}

function contentParts(content: string | readonly UserPart[]): readonly Part[] {
  if (typeof content === "string") return [textPart(content)];
  // Of what is no text, only that it was there: files do not belong into traces.
  return content.map((part) =>
    part.type === "text" ? textPart(part.text) : { type: "blob", modality: part.type },
  );
}

function textPart(text: string): Part {
  return { type: "text", content: bounded(text) };
}

function bounded(text: string): string {
  const clean = redactSecrets(text.slice(0, 2 * MAX_TEXT));
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT)}…`;
}
