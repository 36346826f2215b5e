/** A transport on a bench: its model, the server behind it that can be told what to answer, and what that was sent. */
import type { ChatModel, JsonObject } from "@locus-sdk/core";

/** One answer, in no protocol's terms. */
export interface Turn {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly usage?: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cachedInputTokens?: number;
    readonly reasoningTokens?: number;
  };
  readonly stopReason?: "length" | "content_filter";
  /** A stream sends its beginning and waits. */
  readonly slow?: true;
}

export interface Bench extends AsyncDisposable {
  readonly model: ChatModel;
  /** What the next requests get, in order; the last one goes to all after it. */
  say(...turns: readonly Turn[]): void;
  /** The bodies of the requests so far. */
  sent(): readonly JsonObject[];
  /** How many requests are being answered. */
  open(): number;
}

/** The columns: ways to models. */
export const TRANSPORTS = [
  "OpenAI chat",
  "OpenAI Responses",
  "Anthropic",
  "Ollama",
  "OCI chat",
  "OCI Responses",
  "OCI native",
  "OCI native, COHERE",
  "OCI dedicated",
] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The turn of a place, or the last one. */
export const turnAt = (turns: readonly Turn[], index: number): Turn =>
  turns[Math.min(index, turns.length - 1)] ?? {};

/** A text in pieces, as a model writes it. */
export const pieces = (text: string): readonly string[] => text.match(/[\s\S]{1,9}/gu) ?? [];
