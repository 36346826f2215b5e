/** One message of the assistant as content blocks, in the order in which they came. */
import {
  type AssistantMessage,
  type AssistantPart,
  isJsonObject,
  isRecord,
  type JsonObject,
  type JsonValue,
  parseJson,
  type ReasoningPart,
  type ToolCallPart,
} from "@locus-sdk/core";
import { ANTHROPIC_BLOCK, CITATIONS } from "./blocks.ts";
import type { ToolIds } from "./tool-ids.ts";

type Warn = (text: string) => void;

export function encodeAssistant(message: AssistantMessage, ids: ToolIds, warn: Warn): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of message.content) {
    if (part.type === "provider" && part.provider === CITATIONS) cite(blocks, part.item);
    else {
      const block = blockOf(part, ids, warn);
      if (block !== undefined) blocks.push(block);
    }
  }
  return blocks;
}

function blockOf(part: AssistantPart, ids: ToolIds, warn: Warn): JsonObject | undefined {
  switch (part.type) {
    case "text":
    case "refusal":
      // The API refuses a text block without text.
      return part.text.trim() === "" ? undefined : { type: "text", text: part.text };
    case "reasoning":
      return thinkingBlock(part, warn);
    case "tool_call":
      return { type: "tool_use", id: ids.of(part.id), name: part.name, input: inputOf(part, warn) };
    case "provider":
      if (part.provider === ANTHROPIC_BLOCK && isRecord(part.item)) return part.item;
      warn(`an item of provider "${part.provider}" has no place in the Messages API and was left out`);
      return undefined;
  }
}

/** Thoughts go back as they came, signed; the API takes no others. */
function thinkingBlock({ text, signature }: ReasoningPart, warn: Warn): JsonObject | undefined {
  if (signature !== undefined) return { type: "thinking", thinking: text, signature };
  warn("reasoning without a signature was left out: Claude takes back what it has signed");
  return undefined;
}

/** The API wants an object; what the model wrote that is none is kept inside of one. */
function inputOf(call: ToolCallPart, warn: Warn): JsonObject {
  if (call.arguments.trim() === "") return {};
  const parsed = parseJson(call.arguments);
  if (isJsonObject(parsed)) return parsed;
  warn(`the arguments of a call of "${call.name}" are no JSON object: they were sent as text inside of one`);
  return { unparsed_arguments: call.arguments };
}

/** Puts citations to the text right before them. */
function cite(blocks: JsonObject[], citations: JsonValue): void {
  const last = blocks.at(-1);
  if (last?.type === "text") blocks[blocks.length - 1] = { ...last, citations };
}
