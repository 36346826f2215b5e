/** Tokens without a tokenizer: a guess that is rather too high, for models whose own is not known. */
import type { AssistantPart, FilePart, Message, UserPart } from "../messages/types.ts";
import type { TokenCountRequest } from "../model/types.ts";

/** What stands around a message on the wire: its role, and where it begins and ends. */
const MESSAGE = 4;
/** The same around a call or a result, with its id. */
const CALL = 8;
const REQUEST = 3;
/** About the dearest that the known families make of one image: 85 to 1,792. */
const IMAGE = 1500;
/** Where nothing of it is here: a few pages. */
const UNSEEN_FILE = 2000;
/** A page of a document, as text and as picture, is some 1,500 tokens and 60 KB. */
const FILE_BYTES_PER_TOKEN = 40;
/** Ten tokens a second of speech at 64 kbit/s. */
const AUDIO_BYTES_PER_TOKEN = 800;

/** Of frozen messages and tools: what was counted once is not counted again. */
const known = new WeakMap<object, number>();

/**
 * About how many tokens a request is, for models that cannot tell. Of English letters and spaces 10 are 3 tokens; digits,
 * signs and letters of other alphabets are 0.6 each, Chinese, Japanese and Korean characters 1.25; an image is 1,500. Prose
 * comes out up to a half too high, long random words (keys, Base64) too low.
 *
 * Costs nothing for frozen messages that were counted before.
 *
 * @example
 * ```ts
 * import { estimateTokens, userMessage } from "@locus-sdk/core";
 *
 * estimateTokens({ messages: [userMessage("Rain tomorrow?")] }); // 12
 * ```
 */
export function estimateTokens({ messages, tools = [], outputSchema }: TokenCountRequest): number {
  let tokens = REQUEST;
  for (const message of messages) tokens += once(message, messageTokens);
  for (const tool of tools) tokens += once(tool, (one) => CALL + jsonTokens(one));
  if (outputSchema !== undefined) tokens += jsonTokens(outputSchema.schema);
  return tokens;
}

/**
 * About how many tokens an image, a file or a sound is, or the text of a text part; see `estimateTokens`.
 *
 * @example
 * ```ts
 * import { estimatePartTokens } from "@locus-sdk/core";
 *
 * estimatePartTokens({ type: "image", url: "https://example.com/map.png" }); // 1500
 * ```
 */
export function estimatePartTokens(part: UserPart): number {
  switch (part.type) {
    case "text":
      return textTokens(part.text);
    case "image":
      return IMAGE;
    case "file":
      return fileTokens(part);
    case "audio":
      return Math.ceil(bytesOf(part.data) / AUDIO_BYTES_PER_TOKEN);
  }
}

/** What only a model says. */
type ModelPart = Exclude<AssistantPart, { type: "text" }>;

function once<T extends object>(value: T, count: (value: T) => number): number {
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  const tokens = count(value);
  if (Object.isFrozen(value)) known.set(value, tokens);
  return tokens;
}

function messageTokens(message: Message): number {
  const around = MESSAGE + (message.role === "tool" ? CALL + textTokens(message.name) : 0);
  if (typeof message.content === "string") return around + textTokens(message.content);
  let tokens = around;
  for (const part of message.content) {
    tokens += isOfModel(part) ? modelPartTokens(part) : estimatePartTokens(part);
  }
  return tokens;
}

function isOfModel(part: AssistantPart | UserPart): part is ModelPart {
  return !["text", "image", "file", "audio"].includes(part.type);
}

function modelPartTokens(part: ModelPart): number {
  switch (part.type) {
    case "reasoning":
      // Sealed thoughts are in the context as they were thought.
      return part.encrypted === undefined ? textTokens(part.text) : Math.ceil(part.encrypted.length / 4);
    case "tool_call":
      return CALL + textTokens(part.name) + textTokens(part.arguments);
    case "provider":
      return textTokens(JSON.stringify(part.item));
    case "refusal":
      return textTokens(part.text);
  }
}

function fileTokens({ data, mediaType = "" }: FilePart): number {
  if (data === undefined) return UNSEEN_FILE;
  const perToken = /^text\/|json|xml/.test(mediaType) ? 3 : FILE_BYTES_PER_TOKEN;
  return Math.ceil(bytesOf(data) / perToken);
}

const bytesOf = (base64: string): number => (base64.length * 3) / 4;

const jsonTokens = (value: object): number => textTokens(JSON.stringify(value));

function textTokens(text: string): number {
  let twentieths = 0;
  for (let at = 0; at < text.length; at++) twentieths += twentiethsOf(text.charCodeAt(at));
  return Math.ceil(twentieths / 20);
}

/** Rather more than the newest tokenizers make of it: older and smaller ones make more. */
function twentiethsOf(unit: number): number {
  if (unit < 0x80) return isLetterOrSpace(unit) ? 6 : 12;
  // Han, kana, Hangul, full-width forms, and either half of what lies beyond 16 bits.
  return unit >= 0x2e80 && (unit < 0xa4d0 || unit >= 0xac00) && (unit < 0xe000 || unit >= 0xf900) ? 25 : 12;
}

function isLetterOrSpace(unit: number): boolean {
  const lower = unit | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || unit === 0x20;
}
