/** Asking again and again until something is so: with growing pauses, within a time limit, and no longer than wanted. */
import { setTimeout as delay } from "node:timers/promises";
import { ConfigurationError } from "@locus-sdk/core";
import { throwIfAborted } from "./service-error.ts";

/** How patiently. */
export interface Patience {
  /** The first pause, in ms; each is half as long again as the one before, up to 10 s. Default 500. */
  readonly pollMs?: number | undefined;
  /** Give up after so many ms. Default 1,800,000: half an hour. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LONGEST_PAUSE_MS = 10_000;
const GROWTH = 1.5;
/** Pauses differ by up to so much of their length: many who wait do not ask all at once. */
const JITTER = 0.2;

/**
 * Asks until `ask` says something else than `undefined`; `undefined` if time runs out before.
 *
 * @throws CancelledError as soon as the signal aborts.
 */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  { pollMs = 500, timeoutMs = 1_800_000, signal }: Patience,
): Promise<T | undefined> {
  checkMs("pollMs", pollMs);
  checkMs("timeoutMs", timeoutMs);
  const giveUpAt = performance.now() + timeoutMs;
  const longest = Math.max(pollMs, LONGEST_PAUSE_MS);
  for (let pause = pollMs; ; pause = Math.min(longest, pause * GROWTH)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const left = giveUpAt - performance.now();
    if (left <= 0) return undefined;
    const jittered = pause * (1 - JITTER / 2 + Math.random() * JITTER);
    await rest(Math.min(jittered, left), signal);
  }
}

/** Waits, unless the signal aborts first. */
export async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

function checkMs(name: string, ms: number): void {
  if (Number.isFinite(ms) && ms >= 0) return;
  throw new ConfigurationError(`${name} must be a number of milliseconds, not ${String(ms)}`);
}
