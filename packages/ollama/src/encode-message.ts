/** One message in its wire form, computed once for each frozen message. */
import {
  type AssistantMessage,
  isRecord,
  type JsonObject,
  type JsonValue,
  type Message,
  parseJson,
  type ToolMessage,
  type UserPart,
} from "@locus-sdk/core";
import { imageData, unsendable } from "./input.ts";

/** A message on the wire, images of a tool's result that only a user message may carry, and what could not be sent. */
export interface EncodedMessage {
  readonly wire: JsonObject;
  readonly attachments: readonly string[];
  readonly warnings: readonly string[];
}

/** A long history is encoded turn after turn: what cannot change any more is encoded once. */
const cache = {
  seeing: new WeakMap<Message, EncodedMessage>(),
  blind: new WeakMap<Message, EncodedMessage>(),
};

/** The wire form of `message`, for a model that sees images or does not. */
export function encodeMessage(message: Message, vision: boolean): EncodedMessage {
  if (!Object.isFrozen(message)) return encode(message, vision);
  const known = vision ? cache.seeing : cache.blind;
  let encoded = known.get(message);
  if (encoded === undefined) {
    encoded = encode(message, vision);
    known.set(message, encoded);
  }
  return encoded;
}

function encode(message: Message, vision: boolean): EncodedMessage {
  switch (message.role) {
    case "system":
      return { wire: { role: "system", content: message.content }, attachments: [], warnings: [] };
    case "user": {
      const { text, images, warnings } = readParts(message.content, vision);
      const wire = { role: "user", content: text, ...(images.length === 0 ? {} : { images }) };
      return { wire, attachments: [], warnings };
    }
    case "assistant":
      return encodeAssistant(message);
    case "tool":
      return encodeResult(message, vision);
  }
}

interface Parts {
  readonly text: string;
  readonly images: readonly string[];
  readonly warnings: readonly string[];
}

/** A message has one text, and its images beside it. */
function readParts(content: string | readonly UserPart[], vision: boolean): Parts {
  if (typeof content === "string") return { text: content, images: [], warnings: [] };
  const lines: string[] = [];
  const images: string[] = [];
  const warnings: string[] = [];
  for (const part of content) {
    const lost = unsendable(part, vision);
    if (lost !== undefined) {
      warnings.push(`${lost} cannot be sent to an Ollama model: the conversation went without`);
      lines.push(`[${lost}, left out: this model cannot read it]`);
    } else if (part.type === "text") lines.push(part.text);
    else if (part.type === "image") images.push(imageData(part) ?? "");
  }
  return { text: lines.join("\n"), images, warnings };
}

function encodeAssistant(message: AssistantMessage): EncodedMessage {
  const warnings: string[] = [];
  const calls: JsonObject[] = [];
  let content = "";
  let thinking = "";
  let adjacent = true;
  for (const part of message.content) {
    switch (part.type) {
      case "text":
      case "refusal":
        content += content === "" || adjacent ? part.text : `\n\n${part.text}`;
        adjacent = true;
        continue;
      case "reasoning":
        thinking += part.text;
        break;
      case "tool_call":
        calls.push({
          id: part.id,
          function: {
            name: part.name,
            arguments: argumentsObject(part.arguments, part.name, (text) => warnings.push(text)),
          },
        });
        break;
      case "provider":
        warnings.push(
          `an item of provider "${part.provider}" has no place in Ollama's chat and was left out`,
        );
        break;
    }
    adjacent = false;
  }
  const wire = {
    role: "assistant",
    content,
    ...(thinking === "" ? {} : { thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return { wire, attachments: [], warnings };
}

/** The server takes nothing but an object: what is none goes inside one, so that the model sees what it wrote. */
function argumentsObject(text: string, name: string, warn: (text: string) => void): JsonObject {
  if (text.trim() === "") return {};
  const parsed: JsonValue | undefined = parseJson(text);
  if (isRecord(parsed)) return parsed;
  warn(`the arguments of a call of "${name}" are no JSON object: they were sent as the text of one`);
  return { arguments: text };
}

function encodeResult(message: ToolMessage, vision: boolean): EncodedMessage {
  const { text, images, warnings } = readParts(message.content, vision);
  const lines = text === "" ? [] : [text];
  if (images.length > 0) lines.push(`[${images.length} image(s): see the user message that follows]`);
  const content = lines.join("\n");
  return {
    wire: {
      role: "tool",
      tool_name: message.name,
      tool_call_id: message.callId,
      content: message.isError === true ? failed(content) : content,
    },
    attachments: images,
    warnings:
      images.length === 0
        ? warnings
        : [...warnings, `the result of "${message.name}" holds images: they were sent in a user message`],
  };
}

/** The wire has no flag for failure: the text must tell. */
function failed(content: string): string {
  if (/^\W*error\b/i.test(content)) return content;
  return content === "" ? "Error: the tool failed without a message" : `Error: ${content}`;
}
