/** What a model said, read back from a prompt: with what was kept beside its words, and in the order it was said in. */
import type { LanguageModelV4Message, LanguageModelV4ToolCallPart } from "@ai-sdk/provider";
import {
  type AssistantMessage,
  type AssistantPart,
  canonicalJson,
  isRecord,
  parseJson,
  type ReasoningPart,
  type ToolCallPart,
  toJson,
} from "@locus-sdk/core";
import { type Kept, keptIn, PROVIDER_ITEM, providerItemIn, SERVER_STATE } from "../metadata.ts";
import type { Warn } from "./warn.ts";

type Content = Extract<LanguageModelV4Message, { role: "assistant" }>["content"];

export function assistantMessageFrom(content: Content, warn: Warn): AssistantMessage {
  const parts: AssistantPart[] = [];
  const placed: { readonly place: number; readonly part: AssistantPart }[] = [];
  for (const given of content) {
    const kept = keptIn(given.providerOptions);
    const { place } = kept;
    for (const part of partsFrom(given, kept, warn)) {
      if (place === undefined) parts.push(part);
      else placed.push({ place, part });
    }
  }
  placed.sort((one, other) => one.place - other.place);
  for (const { place, part } of placed) parts.splice(place, 0, part);
  return { role: "assistant", content: parts };
}

function partsFrom(part: Content[number], kept: Kept, warn: Warn): readonly AssistantPart[] {
  switch (part.type) {
    case "text":
      return [{ type: kept.refusal === true ? "refusal" : "text", text: part.text }];
    case "reasoning":
      return kept.reasoning ?? [reasoningFrom(part.text, kept)];
    case "tool-call":
      if (part.providerExecuted === true) break;
      return [toolCallFrom(part, kept)];
    case "custom": {
      if (part.kind === SERVER_STATE) return [];
      const item = part.kind === PROVIDER_ITEM ? providerItemIn(part.providerOptions) : undefined;
      if (item === undefined) break;
      return [{ type: "provider", ...item }];
    }
    default:
      break;
  }
  const what = part.type === "custom" ? part.kind : part.type;
  warn(`"${what}" in answers`, "what another provider put in an answer was left out of the conversation");
  return [];
}

const reasoningFrom = (text: string, { id, signature, encrypted, author }: Kept): ReasoningPart => ({
  type: "reasoning",
  text,
  ...(id === undefined ? {} : { id }),
  ...(signature === undefined ? {} : { signature }),
  ...(encrypted === undefined ? {} : { encrypted }),
  ...(author === undefined ? {} : { author }),
});

const toolCallFrom = (
  { toolCallId, toolName, input }: LanguageModelV4ToolCallPart,
  kept: Kept,
): ToolCallPart => ({
  type: "tool_call",
  id: toolCallId,
  ...(kept.providerId === undefined ? {} : { providerId: kept.providerId }),
  name: toolName,
  arguments: argumentsFrom(input, kept.arguments),
  ...(kept.hosted === undefined ? {} : { hosted: true }),
});

/** The text the model wrote, unless the call was changed since: repaired, or parsed into something else. */
function argumentsFrom(input: unknown, written: string | undefined): string {
  const now = toJson(input);
  // Text in the place of an object is what a model wrote that was no JSON.
  if (written === undefined) return typeof now === "string" ? now : JSON.stringify(now);
  const parsed = parseJson(written);
  // What is no object comes back as it is, as a call without arguments, or inside an object.
  const then = isRecord(parsed) ? [parsed] : [parsed ?? written, {}, { arguments: written }];
  return then.some((value) => canonicalJson(value) === canonicalJson(now)) ? written : JSON.stringify(now);
}
