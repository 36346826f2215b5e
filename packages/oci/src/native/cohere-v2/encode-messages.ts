/** A conversation as the `messages` of a `COHEREV2` request. */
import type { AssistantMessage, FilePart, JsonObject, JsonValue, Message, UserPart } from "@locus-sdk/core";
import { fileContent, imageUrl, isTextType } from "@locus-sdk/openai";
import { TOOL_PLAN } from "../answer.ts";
import { callsIn, EMPTY_TEXT, joinTexts, keptItems, resultText } from "../conversation.ts";

type Warn = (text: string) => void;

/** The model that is told, and who is told what it is not. */
export interface Hearer {
  /** Whether it takes its own thoughts back. */
  readonly thinks: boolean;
  readonly sees: boolean;
  readonly warn: Warn;
}

const text = (value: string): JsonObject => ({ type: "TEXT", text: value === "" ? EMPTY_TEXT : value });

/** The messages on the wire, in order. */
export function encodeMessages(conversation: readonly Message[], hearer: Hearer): JsonObject[] {
  return conversation
    .filter((message) => message.role !== "system" || message.content.trim() !== "")
    .map((message) => encodeMessage(message, hearer));
}

function encodeMessage(message: Message, hearer: Hearer): JsonObject {
  switch (message.role) {
    case "system":
      return { role: "SYSTEM", content: [text(message.content)] };
    case "user": {
      const { content } = message;
      if (typeof content === "string") return { role: "USER", content: [text(content)] };
      return {
        role: "USER",
        content: content.length === 0 ? [text("")] : content.map((part) => encodePart(part, hearer)),
      };
    }
    case "assistant":
      return encodeAssistant(message, hearer);
    case "tool": {
      const { content } = message;
      const others = typeof content === "string" ? [] : content.filter(({ type }) => type !== "text");
      return {
        role: "TOOL",
        toolCallId: message.callId,
        content: [text(resultText(message)), ...others.map((part) => encodePart(part, hearer))],
      };
    }
  }
}

function encodeAssistant(message: AssistantMessage, { thinks, warn }: Hearer): JsonObject {
  const texts: string[] = [];
  let thinking = "";
  let plan = "";
  let citations: readonly JsonValue[] = [];
  for (const part of message.content) {
    if (part.type === "text" || part.type === "refusal") texts.push(part.text);
    else if (part.type === "reasoning" && part.id === TOOL_PLAN) plan += part.text;
    else if (part.type === "reasoning") thinking += part.text;
    else if (part.type === "provider") {
      if (part.provider === "oci") citations = [...citations, ...keptItems(part.item, "citations")];
      else warn(`an item of provider "${part.provider}" has no place in the native API and was left out`);
    }
  }
  const calls = callsIn(message);
  const said = joinTexts(texts);
  // Beside calls the plan speaks for the model; without either there must be some text.
  const silent = said === "" && (plan !== "" || calls.length > 0);
  return {
    role: "ASSISTANT",
    content: [
      ...(thinks && thinking !== "" ? [{ type: "THINKING", thinking }] : []),
      ...(silent && thinks && thinking !== "" ? [] : [text(said)]),
    ],
    ...(plan === "" ? {} : { toolPlan: plan }),
    ...(calls.length === 0
      ? {}
      : {
          toolCalls: calls.map((call) => ({
            id: call.id,
            type: "FUNCTION",
            function: { name: call.name, arguments: call.arguments.trim() === "" ? "{}" : call.arguments },
          })),
        }),
    ...(citations.length === 0 ? {} : { citations }),
  };
}

function encodePart(part: UserPart, { sees, warn }: Hearer): JsonObject {
  switch (part.type) {
    case "text":
      return text(part.text);
    case "image":
      if (!sees) {
        warn("this model of the format COHEREV2 takes no image input: it was left out");
        return text("[image left out: this model cannot read it]");
      }
      return {
        type: "IMAGE_URL",
        imageUrl: {
          url: imageUrl(part),
          ...(part.detail === undefined ? {} : { detail: part.detail.toUpperCase() }),
        },
      };
    case "file":
      return encodeFile(part, warn);
    case "audio":
      warn("the format COHEREV2 takes no audio input: it was left out");
      return text("[audio left out: this model cannot read it]");
  }
}

/** Documents are texts here; a file of another kind cannot be read. */
function encodeFile(part: FilePart, warn: Warn): JsonObject {
  const content = fileContent(part);
  if (content === undefined || !isTextType(content.mediaType)) {
    warn("the format COHEREV2 reads files of text only: one was left out");
    return text(`[file left out: ${part.filename ?? part.mediaType ?? "unnamed"}]`);
  }
  const snippet =
    content.encoding === "base64"
      ? Buffer.from(content.data, "base64").toString("utf8")
      : unescaped(content.data);
  return {
    type: "DOCUMENT",
    document: {
      ...(part.filename === undefined ? {} : { id: part.filename }),
      data: { ...(part.filename === undefined ? {} : { title: part.filename }), snippet },
    },
  };
}

/** A `%` that escapes nothing is a percent sign. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
