/** One message in its wire form, computed once for each frozen message and profile. */
import type {
  AssistantMessage,
  JsonObject,
  JsonValue,
  Message,
  ToolMessage,
  UserMessage,
  UserPart,
} from "@locus-sdk/core";
import { fittingCallId } from "@locus-sdk/core";
import type { ChatProfile } from "./profile.ts";
import { encodeUserPart } from "./user-parts.ts";

/** A message on the wire, what a tool result carried besides text, and what could not be sent. */
export interface EncodedMessage {
  readonly wire: JsonObject;
  /** Parts that only a user message may carry, to be sent in one behind the tool results. */
  readonly attachments: readonly JsonObject[];
  readonly warnings: readonly string[];
}

type Known = WeakMap<Message, EncodedMessage>;

/** A long history is encoded turn after turn: what cannot change any more is encoded once. */
const cache = new WeakMap<ChatProfile, Known>();

function knownTo(profile: ChatProfile): Known {
  const known = cache.get(profile) ?? new WeakMap();
  cache.set(profile, known);
  return known;
}

/** Encodes messages for `profile`. System messages keep their role here; folding is the list's business. */
export function messageEncoder(profile: ChatProfile): (message: Message) => EncodedMessage {
  const known = knownTo(profile);
  return (message) => {
    const before = known.get(message);
    if (before !== undefined) return before;
    const encoded = encode(message, profile);
    if (Object.isFrozen(message)) known.set(message, encoded);
    return encoded;
  };
}

/** What most messages have of attachments and of warnings. */
const NONE: readonly never[] = [];

function encode(message: Message, profile: ChatProfile): EncodedMessage {
  switch (message.role) {
    case "system": {
      const role = profile.system === "developer" ? "developer" : "system";
      return { wire: { role, content: message.content }, attachments: NONE, warnings: NONE };
    }
    case "user":
      return encodeUser(message, profile);
    case "assistant":
      return encodeAssistant(message, profile);
    case "tool":
      return encodeToolResult(message, profile);
  }
}

/** What OpenAI takes for an id. Others are known to hide things of their own in longer ones. */
const OPENAI_CALL_IDS = { maxLength: 40 } as const;

const callId = (id: string, { refusal }: ChatProfile): string =>
  // The field is OpenAI's own, as the limit is.
  refusal === "field" ? fittingCallId(id, OPENAI_CALL_IDS) : id;

function encodeUser(message: UserMessage, profile: ChatProfile): EncodedMessage {
  if (typeof message.content === "string") {
    const content = message.content || profile.emptyContent;
    return { wire: { role: "user", content }, attachments: NONE, warnings: NONE };
  }
  const warnings: string[] = [];
  const content = message.content.map((part) => encodeUserPart(part, profile, (text) => warnings.push(text)));
  return { wire: { role: "user", content }, attachments: NONE, warnings };
}

function encodeAssistant(message: AssistantMessage, profile: ChatProfile): EncodedMessage {
  const warnings: string[] = [];
  const calls: JsonObject[] = [];
  let text = "";
  let refusal = "";
  let reasoning = "";
  let adjacent = true;
  for (const part of message.content) {
    // A refusal is said like any text where the wire has no field for it.
    if (part.type === "text" || (part.type === "refusal" && profile.refusal !== "field")) {
      text += text === "" || adjacent ? part.text : `\n\n${part.text}`;
      adjacent = true;
      continue;
    }
    switch (part.type) {
      case "refusal":
        refusal += part.text;
        continue;
      case "reasoning":
        reasoning += part.text;
        break;
      case "tool_call":
        calls.push({
          id: callId(part.id, profile),
          type: "function",
          // No text at all stands for no arguments; servers that parse it want an object.
          function: { name: part.name, arguments: part.arguments.trim() === "" ? "{}" : part.arguments },
        });
        break;
      case "provider":
        warnings.push(
          `an item of provider "${part.provider}" has no place in chat completions and was left out`,
        );
        break;
    }
    adjacent = false;
  }
  const silent = calls.length > 0 ? profile.toolCallContent : profile.emptyContent;
  const wire: Record<string, JsonValue> = {
    role: "assistant",
    content: text === "" ? (refusal === "" ? silent : null) : text,
  };
  if (refusal !== "") wire.refusal = refusal;
  if (reasoning !== "" && profile.reasoningField !== null) wire[profile.reasoningField] = reasoning;
  if (calls.length > 0) wire.tool_calls = calls;
  return { wire, attachments: NONE, warnings };
}

const isText = (part: UserPart): boolean => part.type === "text";

function encodeToolResult(message: ToolMessage, profile: ChatProfile): EncodedMessage {
  const warnings: string[] = [];
  const attachments: JsonObject[] = [];
  let content: string;
  if (typeof message.content === "string") {
    content = message.content;
  } else {
    const lines = message.content.map((part) => (part.type === "text" ? part.text : ""));
    const others = message.content.filter((part) => !isText(part));
    if (others.length > 0 && profile.toolAttachments === "user_message") {
      warnings.push(
        `the result of "${message.name}" holds more than text, which chat completions allows only in user messages: it was sent in one`,
      );
      lines.push(`[${others.length} attachment(s): see the user message that follows]`);
      attachments.push(
        { type: "text", text: `Attached to the result of "${message.name}" (call ${message.callId}):` },
        ...others.map((part) => encodeUserPart(part, profile, (text) => warnings.push(text))),
      );
    } else if (others.length > 0) {
      warnings.push(`the result of "${message.name}" holds more than text: the rest was left out`);
      lines.push(`[${others.length} attachment(s) left out]`);
    }
    content = lines.filter((line) => line !== "").join("\n");
  }
  // The wire has no flag for failure: the text must tell.
  if (message.isError === true && !/^\W*error\b/i.test(content)) {
    content = content === "" ? "Error: the tool failed without a message" : `Error: ${content}`;
  }
  return {
    wire: {
      role: "tool",
      tool_call_id: callId(message.callId, profile),
      content: content === "" ? profile.emptyContent : content,
    },
    attachments,
    warnings,
  };
}
