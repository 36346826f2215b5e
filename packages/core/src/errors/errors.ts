/** Every error a user of Locus meets, with what happened, whether trying again can help, and what to do. */
import type { AgentResult } from "../agent/result.ts";
import type { Usage } from "../model/types.ts";
import { redactSecrets } from "../text/redact.ts";

/** What any Locus error may carry besides its message. */
export interface LocusErrorOptions {
  /** Stable, machine-readable name of what happened. */
  readonly code?: string;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable?: boolean;
  /** What to do about it, in one or two sentences. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** HTTP status of the remote answer. */
  readonly status?: number;
  /** Correlation id of the remote answer (`opc-request-id`, `x-request-id`). */
  readonly requestId?: string;
  /** How long the server asks to be left alone, in ms (`Retry-After`). */
  readonly retryAfterMs?: number;
  /** Of a call that failed: the tokens that its server had told by then, `estimated: true` where those are not all. */
  readonly usage?: Usage;
}

/** The base of all errors thrown by Locus. `error.result` holds the run so far where a run was under way. */
export class LocusError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  declare readonly usage?: Usage;
  /**
   * The result so far, on errors thrown by `agent.run()` and friends. Not enumerable: an error that is logged does not
   * take the conversation with it.
   */
  declare readonly result?: AgentResult;

  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code ?? "locus_error";
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
    this.status = options.status;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    if (options.usage !== undefined) this.usage = options.usage;
  }

  /** What `JSON.stringify` writes: what the error tells, its message too. Not its cause, its stack and its result. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}

/**
 * `error` with what its server had told of usage by then; for providers. One that tells that itself, and what is no
 * `LocusError`, stays as it is.
 */
export function withUsage<E>(error: E, usage: Usage | undefined): E {
  if (usage === undefined || !(error instanceof LocusError) || error.usage !== undefined) return error;
  return Object.isExtensible(error) ? Object.assign(error, { usage }) : error;
}

const withDefaults = (options: LocusErrorOptions, code: string, retryable = false): LocusErrorOptions => ({
  ...options,
  code: options.code ?? code,
  retryable: options.retryable ?? retryable,
});

/** An option, environment variable or file that cannot be used as given. */
export class ConfigurationError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "configuration"));
  }
}

/** The model, or the way to it, failed. */
export class ModelError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "model_error"));
  }
}
/** The credentials were refused (401). */
export class AuthenticationError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "authentication"));
  }
}
/** Not permitted, or not there: providers often do not say which (403, 404). */
export class PermissionOrNotFoundError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "permission_or_not_found"));
  }
}
/** Too many requests or tokens (429). */
export class RateLimitError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "rate_limit", true));
  }
}
/** The conversation does not fit the model's context. */
export class ContextLengthError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "context_length"));
  }
}
/** The provider's content filter stopped the request or the answer. */
export class ContentFilterError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "content_filter"));
  }
}
/** The provider refused the request as malformed or unsupported (400, 422). */
export class InvalidRequestError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "invalid_request"));
  }
}
/** The provider failed (5xx). */
export class ServerError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "server_error", true));
  }
}
/** A time limit passed: of the run (`timeoutMs`) or of one request. */
export class TimeoutError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "timeout", true));
  }
}
/** No answer came: refused, reset, unresolvable, or TLS failed. */
export class ConnectionError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "connection", true));
  }
}
/** A stream ended before the model said that it had finished. The part that came is not an answer. */
export class IncompleteStreamError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "incomplete_stream"));
  }
}
/** The provider no longer knows the conversation it was keeping. */
export class ServerStateLostError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "server_state_lost"));
  }
}
/** The endpoint wants an OCI Generative AI project. */
export class ProjectRequiredError extends ModelError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "project_required"));
  }
}

/** A tool failed and was told to end the run (`onError: "throw"`), or is declared wrongly. */
export class ToolError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "tool_error"));
  }
}
/** The answer does not fit the asked-for schema. */
export class StructuredOutputError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "structured_output"));
  }
}
/** A thread could not be read or written. */
export class CheckpointError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "checkpoint"));
  }
}
/** Someone else wrote to the thread first. */
export class CheckpointConflictError extends CheckpointError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "checkpoint_conflict"));
  }
}
/** A thread has a run under way already. */
export class ThreadBusyError extends CheckpointError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "thread_busy", true));
  }
}
/** A writer's lease of a thread ran out, and another writer was given the next one. */
export class LeaseLostError extends CheckpointError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "lease_lost"));
  }
}
/** A stored thread was written by a newer version of Locus than this one. */
export class SchemaVersionError extends CheckpointError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "schema_version"));
  }
}
/** A memory could not be read or written. */
export class MemoryError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "memory"));
  }
}
/** Someone else wrote the item first. */
export class MemoryConflictError extends MemoryError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "memory_conflict"));
  }
}
/** A budget that several calls share is used up: nothing was sent (`withLimits`). */
export class BudgetExceededError extends LocusError {
  /** When the budget begins anew: ISO 8601, UTC; absent where it does not. */
  readonly renewsAt: string | undefined;

  constructor(
    message: string,
    { renewsAt, ...options }: LocusErrorOptions & { readonly renewsAt?: string } = {},
  ) {
    super(message, withDefaults(options, "budget_exceeded"));
    this.renewsAt = renewsAt;
  }
}
/** An answer was given to a question that nobody asked, or in the wrong shape. */
export class InterruptError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "interrupt"));
  }
}
/** The run was cancelled by its signal, or by its consumer walking away. */
export class CancelledError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "cancelled"));
  }
}
/** A hook marked as a guard failed or refused; nothing it guards went through. */
export class GuardError extends LocusError {
  constructor(message: string, options: LocusErrorOptions = {}) {
    super(message, withDefaults(options, "guard"));
  }
}

/** What a thrown value says, whatever it is: never throws itself. */
export function messageOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    return String(error.message) || String(error.name);
  } catch {
    return "something was thrown that cannot be shown";
  }
}

/** `error` as a `LocusError`: itself where it is one, else wrapped, with `what` had been tried; secrets stay with the cause. */
export function asLocusError(error: unknown, what: string): LocusError {
  if (error instanceof LocusError) return error;
  return new LocusError(`${what}: ${redactSecrets(messageOf(error))}`, { code: "internal", cause: error });
}
