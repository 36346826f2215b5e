/** The seam between the agent and what it can do. */
import type { ToolResultSource } from "../events/types.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { Logger } from "../log/logger.ts";
import type { UserPart } from "../messages/types.ts";
import type { Question, ToolInterrupt } from "./interrupt.ts";

export type Awaitable<T> = T | Promise<T>;

/** What a tool's body is given besides its arguments. */
export interface ToolContext {
  readonly callId: string;
  readonly runId: string;
  readonly threadId: string;
  /** Aborts when the run is cancelled, its budget ends, or the tool's own `timeoutMs` passes. */
  readonly signal: AbortSignal;
  /** The thread's metadata, with this run's on top. */
  readonly metadata: JsonObject;
  /** The same for every try of the same call: hand it to services that take an idempotency key. */
  readonly idempotencyKey: string;
  readonly logger: Logger;
  /** Tells whoever watches how far the work is (`tool_progress`). */
  readonly progress: (value: JsonValue) => void;
  /**
   * Ends the body and asks a person: `return ctx.interrupt("Which account?")`. The answer becomes the tool's
   * result, through `onAnswer` where the tool has one.
   */
  readonly interrupt: (question: string | Question) => ToolInterrupt;
}

/** How often and how patiently a failing body is tried again. */
export interface ToolRetry {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** First wait; each next one is up to twice as long, with full jitter. Default 200. */
  readonly delayMs?: number;
  /** Longest wait. Default 10,000. */
  readonly maxDelayMs?: number;
}

/** For how long a success stands in for the same call made again. */
export interface Idempotence {
  readonly scope: "run" | "thread";
  readonly ttlMs?: number;
}

/**
 * What becomes of a call that had begun when its process died, so that nobody knows whether it had its effect: the model
 * is told (`"tell"`), it runs again with the same `idempotencyKey` (`"retry"`), or a person decides (`"ask"`).
 */
export type UnknownOutcomePolicy = "tell" | "retry" | "ask";

/** The outcome of checking arguments. */
export type Validated<Args> =
  | { readonly ok: true; readonly value: Args }
  | { readonly ok: false; readonly message: string };

/**
 * Something the model can call. Made with `tool()`; the methods are what the loop uses.
 * `Args` is what the body receives: validated, defaults filled.
 */
export interface Tool<Args = unknown> {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, as the model sees it. */
  readonly parameters: JsonObject;
  readonly idempotent?: Idempotence;
  /** Default: `"tell"` for an idempotent tool, at most one effect; `"retry"` for any other, at least one. */
  readonly onUnknownOutcome?: UnknownOutcomePolicy;
  /** For one try. No limit if absent. */
  readonly timeoutMs?: number;
  readonly retry?: ToolRetry;
  readonly onError: "return" | "throw";
  /** `false`: its results are a model's words, and bear nothing out. */
  readonly evidence?: boolean;
  validate(value: JsonValue): Awaitable<Validated<Args>>;
  /** Whether a person is asked first; a text is the question. */
  needsApproval(args: Args, context: ToolContext): Awaitable<boolean | string>;
  /** Returns, or promises, text, JSON, content parts, or `ctx.interrupt(...)`. */
  execute(args: Args, context: ToolContext): unknown;
  /** Turns a person's answer to `ctx.interrupt(...)` into the tool's result. */
  onAnswer?(answer: JsonValue, args: Args, context: ToolContext): unknown;
}

/** A call as hooks see it: parsed and validated. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonValue;
}

export interface ToolFailure {
  readonly message: string;
  readonly code: string;
}

/** What came of a call. */
export interface ToolOutcome {
  readonly result?: JsonValue;
  readonly content?: string | readonly UserPart[];
  readonly error?: ToolFailure;
  readonly source: ToolResultSource;
  readonly durationMs: number;
}
