/** Time limits and pauses: what is waited for ends when its time is up, whatever it is doing. */
import { setTimeout as delay } from "node:timers/promises";
import type { LocusError } from "@locus-sdk/core";
import { cancelled } from "@locus-sdk/openai";
import { z } from "zod";

/** What a timer can hold, and more than none. */
export const waitMs: z.ZodType<number> = z
  .number()
  .positive()
  .max(2 ** 31 - 1);

/** How long, and how it is told that it took longer. */
export interface Limit {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly late: () => LocusError;
}

/** Does `work` with a signal that aborts when the caller's does, and when time is up: then `late` is its reason. */
export async function inTime<T>(
  { timeoutMs, signal: callers, late }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), timeoutMs);
  try {
    return await work(callers === undefined ? limit.signal : AbortSignal.any([callers, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** @throws CancelledError, or the signal's own `LocusError`, as soon as it aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    throw cancelled(signal, error);
  }
}
