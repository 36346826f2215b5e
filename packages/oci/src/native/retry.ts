/** When a native request is sent again, and how long is waited before. Pure, but for the waiting itself. */
import { setTimeout as delay } from "node:timers/promises";
import { ConnectionError, isRecord, type LocusError } from "@locus-sdk/core";
import { FailedAnswer } from "./answer-error.ts";

const BASE_MS = 500;
const CAP_MS = 8_000;
/** A server that wants to be left alone for longer than this is not waited for: its error says more than silence. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Statuses that may heal by themselves; whether this one does, OCI's code decides. */
const MAY_HEAL = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);

/**
 * Whether the request that failed like this may be sent again: told to wait, failed on the server's side, or not
 * connected at all. Time-outs are not repeated: the generation may be under way, and paid.
 */
export function isRetryable(thrown: unknown, mapped: LocusError): boolean {
  if (!(thrown instanceof FailedAnswer)) {
    return mapped instanceof ConnectionError && mapped.retryable && mapped.status === undefined;
  }
  if (!MAY_HEAL(thrown.status) || !mapped.retryable) return false;
  return thrown.status !== 409 || (isRecord(thrown.error) && thrown.error.code === "IncorrectState");
}

/** What the server asks to wait, in ms, or `undefined` where it does not say or says nonsense. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const ms = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (ms >= 0) return ms;
  const value = headers.get("retry-after")?.trim() ?? "";
  if (value === "") return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * The wait before attempt `attempt + 1`: what the server asks for, otherwise a random time below a bound that doubles
 * (full jitter: AWS Architecture Blog, 2015). `undefined` where the server asks for longer than is waited here.
 */
export function retryDelayMs(
  thrown: unknown,
  attempt: number,
  random: () => number = Math.random,
): number | undefined {
  const asked = thrown instanceof FailedAnswer ? retryAfterMs(thrown.headers) : undefined;
  if (asked !== undefined) return asked > LONGEST_RETRY_AFTER_MS ? undefined : asked;
  return Math.round(random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)));
}

/** Waits; rejects as soon as `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
}
