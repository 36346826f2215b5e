/** One output item as the parts of an assistant message. Pure. */
import {
  type AssistantPart,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ProviderPart,
} from "@locus-sdk/core";
import { argumentsText } from "../chat/values.ts";
import { MESSAGE_DETAILS, RESPONSES_ITEM } from "./encode-message.ts";
import { mcpName } from "./hosted.ts";

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const list = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** The parts of `item`; one that has no part of its own is kept whole, in its place. */
export function decodeItem(item: JsonObject, doubleEncoded: boolean): readonly AssistantPart[] {
  switch (item.type) {
    case "message":
      return decodeMessage(item);
    case "reasoning":
      return decodeReasoning(item);
    case "function_call":
      return [
        {
          type: "tool_call",
          id: text(item.call_id) || text(item.id),
          name: text(item.name),
          arguments: argumentsText(item.arguments, doubleEncoded),
        },
      ];
    case "mcp_approval_request":
      return [
        {
          type: "tool_call",
          id: text(item.id),
          name: mcpName(text(item.server_label), text(item.name)),
          arguments: argumentsText(item.arguments, false),
          hosted: true,
        },
      ];
    default:
      return [{ type: "provider", provider: RESPONSES_ITEM, item }];
  }
}

function decodeMessage(item: JsonObject): AssistantPart[] {
  if (typeof item.content === "string") {
    return item.content === "" ? [] : [{ type: "text", text: item.content }];
  }
  const parts: AssistantPart[] = [];
  const annotations: JsonValue[] = [];
  for (const content of list(item.content)) {
    const said = text(content.text);
    if (content.type === "refusal") parts.push({ type: "refusal", text: text(content.refusal) });
    else if (said !== "") parts.push({ type: "text", text: said });
    else continue;
    annotations.push(list(content.annotations));
  }
  const details = detailsOf(item, annotations);
  return details === undefined || parts.length === 0 ? parts : [...parts, details];
}

/** Citations and the phase of a message: kept behind its texts, because servers want them back. */
function detailsOf(item: JsonObject, annotations: readonly JsonValue[]): ProviderPart | undefined {
  const cited = annotations.some((some) => Array.isArray(some) && some.length > 0);
  const phase = text(item.phase);
  if (!cited && phase === "") return undefined;
  return {
    type: "provider",
    provider: MESSAGE_DETAILS,
    item: { ...(cited ? { annotations } : {}), ...(phase === "" ? {} : { phase }) },
  };
}

function decodeReasoning(item: JsonObject): AssistantPart[] {
  const thoughts = reasoningText(item);
  const encrypted = text(item.encrypted_content);
  // Without its sealed content the item cannot be sent back, and its id means nothing to us.
  const sealed = encrypted === "" ? {} : { id: text(item.id), encrypted };
  return thoughts === "" && encrypted === "" ? [] : [{ type: "reasoning", text: thoughts, ...sealed }];
}

/** The summary where there is one, and otherwise the reasoning itself, which open models show. */
function reasoningText(item: JsonObject): string {
  const summary = list(item.summary).map((part) => text(part.text));
  const whole = list(item.content).map((part) => text(part.text));
  return (summary.some((one) => one !== "") ? summary : whole).join("\n\n");
}
