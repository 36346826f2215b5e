// A turn: one answer as a script writes it, with the faults it is to arrive with.
import type { ErrorName } from "../http/envelopes.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";
import type { Fault, WireStyle } from "../stream/wire.ts";
import type { Question } from "./question.ts";

/** A tool call of a scripted answer. */
export interface TurnToolCall {
  /** Default: a new id. */
  readonly id?: string;
  readonly name: string;
  /** An object is serialised; a string is sent as it is, valid JSON or not. */
  readonly arguments?: JsonObject | string;
}

/** Tokens as the service counts them; what is left out is estimated from the texts. */
export interface TurnUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
}

export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter";

/** One scripted answer. All fields are optional: an empty turn is an empty answer. */
export interface Turn {
  /** The text; an array says how it is cut into frames when streamed. */
  readonly text?: string | readonly string[];
  readonly reasoning?: string | readonly string[];
  /** What the model says when it refuses, in the place that the surface has for it. */
  readonly refusal?: string;
  readonly toolCalls?: readonly TurnToolCall[];
  readonly toolDeltas?: ToolDeltaStyle;
  /**
   * Output items of tools that the service runs itself, as Responses carry them, such as `mcp_list_tools`,
   * `mcp_approval_request` or `file_search_call`: sent before the text, with the events of their kind. Items of unknown
   * kinds are sent as they are. Other surfaces leave them out.
   */
  readonly hosted?: readonly JsonObject[];
  /** Annotations of the text, such as `file_citation`. Responses only. */
  readonly annotations?: readonly JsonObject[];
  readonly usage?: TurnUsage;
  /** Default: `tool_calls` if there are any, else `stop`. */
  readonly finishReason?: FinishReason;
  /** Milliseconds before the first byte of the response. */
  readonly delayMs?: number;
  /** How the answer is put on the wire; any conforming client reads every style alike. */
  readonly wire?: WireStyle;
  /** What goes wrong with the response. */
  readonly faults?: readonly Fault[];
  /**
   * The answer begins and then fails: Responses end with `response.failed`, other streams with an error event, and plain
   * answers other than Responses are a 500.
   */
  readonly failure?: { readonly code: string; readonly message: string };
  /** An error of the table instead of an answer. */
  readonly error?: ErrorName;
  /** A response of one's own instead of an answer: set `status` and `body`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
  /** How often this turn is played; default 1. */
  readonly times?: number;
}

/** A turn, or a function that makes one from the request. */
export type ScriptedTurn = Turn | ((question: Question) => Turn | Promise<Turn>);
