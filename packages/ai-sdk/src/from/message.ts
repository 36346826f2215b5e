/** One of our messages as one of a prompt of the AI SDK. */
import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
} from "@ai-sdk/provider";
import type { FilePart, ImagePart, Message, ToolMessage, UserPart } from "@locus-sdk/core";
import { mediaTypeOfSound } from "../media.ts";
import { assistantContent } from "./assistant.ts";
import type { Target } from "./target.ts";

export interface EncodedMessage {
  readonly message: LanguageModelV4Message;
  readonly warnings: readonly string[];
}

export function encodeMessage(message: Message, target: Target): EncodedMessage {
  const warnings: string[] = [];
  const encoded = encode(message, target, (text) => warnings.push(text));
  return { message: encoded, warnings };
}

function encode(message: Message, target: Target, warn: (text: string) => void): LanguageModelV4Message {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user": {
      const { content } = message;
      const parts: readonly UserPart[] =
        typeof content === "string" ? [{ type: "text", text: content }] : content;
      return { role: "user", content: parts.map((part) => userPart(part, target)) };
    }
    case "assistant":
      return { role: "assistant", content: [...assistantContent(message.content, target, warn)] };
    case "tool":
      return { role: "tool", content: [toolResult(message, target, warn)] };
  }
}

function userPart(part: UserPart, target: Target): LanguageModelV4TextPart | LanguageModelV4FilePart {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return imagePart(part);
    case "audio": {
      const { data, format } = part;
      return { type: "file", data: { type: "data", data }, mediaType: mediaTypeOfSound(format) };
    }
    case "file":
      return filePart(part, target);
  }
}

function imagePart({ url, data, mediaType, detail }: ImagePart): LanguageModelV4FilePart {
  const source = sourceOf({ url, data });
  return {
    type: "file",
    data: source.data,
    mediaType: mediaType ?? source.mediaType ?? "image",
    // The one detail that more than one provider knows, by the name it has with the first of them.
    ...(detail === undefined
      ? {}
      : { providerOptions: { locus: { detail }, openai: { imageDetail: detail } } }),
  };
}

function filePart(
  { url, data, fileId, mediaType, filename }: FilePart,
  { vendor }: Target,
): LanguageModelV4FilePart {
  const source =
    fileId === undefined
      ? sourceOf({ url, data })
      : { data: { type: "reference", reference: { [vendor]: fileId } } as const, mediaType: undefined };
  return {
    type: "file",
    data: source.data,
    mediaType: mediaType ?? source.mediaType ?? "application/octet-stream",
    ...(filename === undefined ? {} : { filename }),
  };
}

interface Source {
  readonly data: Extract<LanguageModelV4FilePart["data"], { type: "data" | "url" }>;
  readonly mediaType: string | undefined;
}

/** Bytes or a URL. The bytes of a data URL are at hand, and are given as such: few providers read data URLs. */
function sourceOf({ url, data = "" }: { url?: string | undefined; data?: string | undefined }): Source {
  if (url === undefined) return { data: { type: "data", data }, mediaType: undefined };
  const inside = /^data:([^;,]*)(?:;[^;,]*)*;base64,(.*)$/is.exec(url);
  if (inside !== null) {
    return { data: { type: "data", data: inside[2] ?? "" }, mediaType: inside[1] || undefined };
  }
  return { data: { type: "url", url: new URL(url), originalUrl: url }, mediaType: undefined };
}

function toolResult(
  { callId, name, content, isError }: ToolMessage,
  target: Target,
  warn: (text: string) => void,
): LanguageModelV4ToolResultPart {
  const call = { type: "tool-result", toolCallId: callId, toolName: name } as const;
  if (typeof content === "string") {
    return { ...call, output: { type: isError === true ? "error-text" : "text", value: content } };
  }
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (isError === true && texts.length === content.length) {
    return { ...call, output: { type: "error-text", value: texts.join("\n") } };
  }
  if (isError === true)
    warn(`the failed result of "${name}" holds more than text: it was sent without being marked as failed`);
  return { ...call, output: { type: "content", value: content.map((part) => userPart(part, target)) } };
}
