/** One message as items of a Responses input, computed once for each frozen message and profile. */
import type {
  AssistantMessage,
  JsonObject,
  JsonValue,
  Message,
  ToolCallPart,
  ToolMessage,
  UserMessage,
} from "@locus-sdk/core";
import { isJsonObject, parseJson } from "@locus-sdk/core";
import type { ChatProfile } from "../chat/profile.ts";
import { parseMcpName } from "./hosted.ts";
import { encodeInputPart } from "./user-parts.ts";

/** The `provider` of an item that is kept and sent back verbatim. */
export const RESPONSES_ITEM = "openai-responses";
/**
 * The `provider` of what a `message` item says about the texts before it and a text part has no field for: its phase,
 * and the annotations of each text. It goes back with them.
 */
export const MESSAGE_DETAILS = "openai-responses/message";

/** A message on the wire, and what could not be sent. */
export interface EncodedItems {
  readonly items: readonly JsonObject[];
  readonly warnings: readonly string[];
}

interface CacheEntry extends EncodedItems {
  readonly call: ToolCallPart | undefined;
}

/** A long history is encoded turn after turn: what cannot change any more is encoded once. */
const cache = new WeakMap<ChatProfile, WeakMap<Message, CacheEntry>>();

/**
 * The items of `message`; none for a system message, which goes into the instructions. `call` is the call that a tool
 * message answers: it tells the provider's id of it, and whether it was a tool of the provider's.
 */
export function encodeItems(
  message: Message,
  profile: ChatProfile,
  call: ToolCallPart | undefined,
): EncodedItems {
  let known = cache.get(profile);
  if (known === undefined) {
    known = new WeakMap();
    cache.set(profile, known);
  }
  const cached = known.get(message);
  if (cached !== undefined && cached.call === call) return cached;
  const encoded = { ...encode(message, profile, call), call };
  if (Object.isFrozen(message)) known.set(message, encoded);
  return encoded;
}

function encode(message: Message, profile: ChatProfile, call: ToolCallPart | undefined): EncodedItems {
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  switch (message.role) {
    case "system":
      return { items: [], warnings };
    case "user":
      return { items: [encodeUser(message, profile, warn)], warnings };
    case "assistant":
      return { items: encodeAssistant(message, warn), warnings };
    case "tool":
      return { items: [encodeResult(message, profile, call, warn)], warnings };
  }
}

function encodeUser(message: UserMessage, profile: ChatProfile, warn: (text: string) => void): JsonObject {
  const { content } = message;
  const parts =
    typeof content === "string"
      ? [{ type: "input_text", text: content || profile.emptyContent }]
      : content.map((part) => encodeInputPart(part, profile, warn));
  return { type: "message", role: "user", content: parts };
}

function encodeAssistant(message: AssistantMessage, warn: (text: string) => void): JsonObject[] {
  const items: JsonObject[] = [];
  let said: JsonObject[] = [];
  const flush = (details: JsonObject = {}): void => {
    if (said.length > 0) items.push({ type: "message", role: "assistant", content: said, ...details });
    said = [];
  };
  for (const part of message.content) {
    switch (part.type) {
      case "text":
        if (part.text !== "") said.push({ type: "output_text", text: part.text, annotations: [] });
        break;
      case "refusal":
        said.push({ type: "refusal", refusal: part.text });
        break;
      case "reasoning":
        flush();
        // What the server cannot open again it does not want back: a summary alone, or another provider's thoughts.
        if (part.encrypted !== undefined && part.id !== undefined) {
          const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text }];
          items.push({ type: "reasoning", id: part.id, summary, encrypted_content: part.encrypted });
        }
        break;
      case "tool_call":
        flush();
        items.push(encodeCall(part));
        break;
      case "provider":
        if (part.provider === MESSAGE_DETAILS) {
          said = said.map((content, index) => withAnnotations(content, part.item, index));
          flush(phaseOf(part.item));
          break;
        }
        flush();
        if (part.provider === RESPONSES_ITEM && isJsonObject(part.item)) items.push(part.item);
        else
          warn(`an item of provider "${part.provider}" has no place in the Responses API and was left out`);
        break;
    }
  }
  flush();
  return items;
}

function withAnnotations(content: JsonObject, details: JsonValue, index: number): JsonObject {
  const all = isJsonObject(details) ? details.annotations : undefined;
  const own: JsonValue | undefined = Array.isArray(all) ? all[index] : undefined;
  return content.type === "output_text" && Array.isArray(own) ? { ...content, annotations: own } : content;
}

function phaseOf(details: JsonValue): JsonObject {
  const phase = isJsonObject(details) ? details.phase : undefined;
  return phase === undefined ? {} : { phase };
}

function encodeCall(call: ToolCallPart): JsonObject {
  // Our own ids stand in where a provider gave the same one twice; it knows its own only.
  const id = call.providerId ?? call.id;
  if (call.hosted === true) {
    const { label, tool } = parseMcpName(call.name);
    return {
      type: "mcp_approval_request",
      id,
      server_label: label,
      name: tool,
      arguments: call.arguments,
    };
  }
  return {
    type: "function_call",
    call_id: id,
    name: call.name,
    // No text at all stands for no arguments; servers that parse it want an object.
    arguments: call.arguments.trim() === "" ? "{}" : call.arguments,
  };
}

function encodeResult(
  message: ToolMessage,
  profile: ChatProfile,
  call: ToolCallPart | undefined,
  warn: (text: string) => void,
): JsonObject {
  const id = call?.providerId ?? call?.id ?? message.callId;
  if (call?.hosted === true) return encodeApproval(message, id);
  return { type: "function_call_output", call_id: id, output: encodeOutput(message, profile, warn) };
}

/** A person's word. What is not a word, such as the note on a cancelled run, is a no. */
function encodeApproval({ content, isError }: ToolMessage, id: string): JsonObject {
  const text = typeof content === "string" ? content : "";
  const answer = isError === true ? undefined : parseJson(text);
  const said = isJsonObject(answer) ? answer : { approved: false, reason: text };
  const { reason } = said;
  return {
    type: "mcp_approval_response",
    approval_request_id: id,
    approve: said.approved === true,
    ...(typeof reason === "string" && reason !== "" ? { reason } : {}),
  };
}

function encodeOutput(
  message: ToolMessage,
  profile: ChatProfile,
  warn: (text: string) => void,
): string | readonly JsonObject[] {
  const { content } = message;
  const failed = message.isError === true;
  if (typeof content === "string" || content.every((part) => part.type === "text")) {
    const lines = typeof content === "string" ? [content] : content.map(textOf);
    const text = lines.filter((line) => line !== "").join("\n");
    return (failed ? asError(text) : text) || profile.emptyContent;
  }
  if (profile.toolAttachments === "drop") {
    const texts = content.map(textOf).filter((line) => line !== "");
    const dropped = content.length - content.filter((part) => part.type === "text").length;
    warn(`the result of "${message.name}" holds more than text: the rest was left out`);
    const text = [...texts, `[${dropped} attachment(s) left out]`].join("\n");
    return failed ? asError(text) : text;
  }
  const parts = content.map((part) => encodeInputPart(part, profile, warn));
  return failed ? [{ type: "input_text", text: asError("") }, ...parts] : parts;
}

const textOf = (part: { readonly type: string; readonly text?: string }): string =>
  part.type === "text" ? (part.text ?? "") : "";

/** The wire has no flag for failure: the text must tell. */
function asError(text: string): string {
  if (text === "") return "Error: the tool failed without a message";
  return /^\W*error\b/i.test(text) ? text : `Error: ${text}`;
}
