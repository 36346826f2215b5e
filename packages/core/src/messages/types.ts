/** Messages: what was said, in the order it was said. Plain, frozen JSON. */
import type { JsonValue } from "../json/json.ts";

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

/** An image: exactly one of `url` (http, https or data URL) or base64 `data` with its `mediaType`. */
export interface ImagePart {
  readonly type: "image";
  readonly url?: string;
  readonly data?: string;
  readonly mediaType?: string;
  readonly detail?: "auto" | "low" | "high";
}

/** A file: exactly one of base64 `data`, `url`, or the provider's `fileId`. */
export interface FilePart {
  readonly type: "file";
  readonly data?: string;
  readonly url?: string;
  readonly fileId?: string;
  readonly mediaType?: string;
  readonly filename?: string;
}

/** Audio: base64 `data` and its `format` (`wav`, `mp3`, …). */
export interface AudioPart {
  readonly type: "audio";
  readonly data: string;
  readonly format: string;
}

export type UserPart = TextPart | ImagePart | FilePart | AudioPart;

/**
 * What the model thought. `signature` and `encrypted` are opaque and go back to their provider verbatim. `author` is the
 * model whose thoughts they are, as `provider:modelId`: another one is not given them. Without it they are taken to be
 * the own thoughts of whichever model is asked.
 */
export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly id?: string;
  readonly signature?: string;
  readonly encrypted?: string;
  readonly author?: string;
}

/** A call the model asks for. `arguments` is its JSON text, verbatim; `providerId` the provider's id where ours differs. */
export interface ToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly providerId?: string;
  readonly name: string;
  readonly arguments: string;
  /** The provider runs it itself and asks first: the call is answered by a person's approval, not by a tool. */
  readonly hosted?: true;
}

/** An item only its provider understands; kept in place and sent back verbatim. `author` as of reasoning. */
export interface ProviderPart {
  readonly type: "provider";
  readonly provider: string;
  readonly item: JsonValue;
  readonly author?: string;
}

/** The model declined to answer, in its own words. */
export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
}

export type AssistantPart = TextPart | ReasoningPart | ToolCallPart | ProviderPart | RefusalPart;

export interface SystemMessage {
  readonly role: "system";
  readonly content: string;
}
export interface UserMessage {
  readonly role: "user";
  readonly content: string | readonly UserPart[];
  /** Who put it in, where it was no user: `reminder`, the name of a check, `reflexion`. No model is sent it. */
  readonly origin?: string;
}
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly AssistantPart[];
}
export interface ToolMessage {
  readonly role: "tool";
  readonly callId: string;
  readonly name: string;
  readonly content: string | readonly UserPart[];
  readonly isError?: true;
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;
