/** Tries a call of a model again where that may help: exponential back-off with full jitter, or what the server asks for. */
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, LocusError, TimeoutError } from "../errors/errors.ts";
import { choose } from "./choose.ts";
import type { RetryNotice } from "./types.ts";

/** How often, how patiently, and who is told. */
export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait; `ModelRequest.onRetry` fits. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Tries after the first one; default 2. */
  readonly maxRetries?: number | undefined;
  /** Upper bound of the first wait, in ms; it doubles with each try. Default 500. */
  readonly baseMs?: number | undefined;
  /** Upper bound of every wait that the server does not ask for, in ms; default 30,000. */
  readonly capMs?: number | undefined;
  /** Which of the errors that may be tried again are. Default: all of them. */
  readonly on?: ((error: LocusError) => boolean) | undefined;
  /** Stands in for `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Stands in for a timer; rejects when the signal aborts. */
  readonly wait?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

const DEFAULT_RETRIES = 2;
const DEFAULT_BASE_MS = 500;
const DEFAULT_CAP_MS = 30_000;
/** A server that wants to be left alone for longer than this is not waited for: its error says more than silence. */
const LONGEST_ASKED_MS = 60_000;

/**
 * Whether a call that failed like this may be made again: the error says so, and no answer can be under way. A request
 * that ran out of time without a status may be generating still, and be paid.
 */
export function isRetryable(error: unknown): error is LocusError {
  return (
    error instanceof LocusError &&
    error.retryable &&
    !(error instanceof TimeoutError && error.status === undefined)
  );
}

/**
 * The wait before the try after `attempt`, in ms: what the server asked for, otherwise a random time below a bound that
 * doubles with each attempt (full jitter: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). `undefined`
 * where the server asks for more than a minute.
 */
export function retryDelayMs(
  error: LocusError,
  attempt: number,
  options: RetryOptions = {},
): number | undefined {
  const { baseMs = DEFAULT_BASE_MS, capMs = DEFAULT_CAP_MS, random = Math.random } = options;
  const asked = error.retryAfterMs;
  if (asked !== undefined) return asked > LONGEST_ASKED_MS ? undefined : asked;
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}

/**
 * Makes `call` until it succeeds, fails for good, or has been tried often enough; rejects with its last error. Only
 * errors that are `retryable` are tried again. `call` is everything up to the answer's status, and nothing behind it:
 * from then on a generation is paid.
 *
 * @throws whatever `call` threw last; `CancelledError`, or the signal's own `LocusError`, when aborted while waiting.
 * @example
 * ```ts
 * import { retryingCall, ServerError } from "@locus-sdk/core";
 *
 * const response = await retryingCall(
 *   async () => {
 *     const answer = await fetch("http://127.0.0.1:8080/health");
 *     if (answer.status >= 500) throw new ServerError("the server failed", { status: answer.status });
 *     return answer;
 *   },
 *   { maxRetries: 3, onRetry: ({ what, delayMs }) => process.stderr.write(`${what}: again in ${delayMs} ms\n`) },
 * );
 * ```
 */
export async function retryingCall<T>(
  call: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, onRetry, maxRetries = DEFAULT_RETRIES, on, wait = pause } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (error) {
      if (attempt > maxRetries || signal?.aborted === true || !isRetryable(error)) throw error;
      if (on !== undefined && choose(on, error) === false) throw error;
      const delayMs = retryDelayMs(error, attempt, options);
      if (delayMs === undefined) throw error;
      onRetry?.({ what: error.message, attempt, delayMs });
      await wait(delayMs, signal);
    }
  }
}

/** Waits, and no longer than until `signal` aborts. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    if (signal?.reason instanceof LocusError) throw signal.reason;
    throw new CancelledError("the call was cancelled while it waited to be tried again", { cause });
  }
}
