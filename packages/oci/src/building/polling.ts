/** Asking again and again until something is so, with growing pauses. */
import { pause } from "../waiting.ts";

/** How patiently. */
export interface Patience {
  /** The first pause, in ms; each is half as long again as the one before, up to 10 s. Default 500. */
  readonly pollMs?: number | undefined;
  /** Give up after so many ms, whatever is under way. Default 1,800,000: half an hour. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const TIMEOUT_MS = 1_800_000;

const LONGEST_PAUSE_MS = 10_000;
const GROWTH = 1.5;
/** Pauses differ by up to so much of their length: many who wait do not ask all at once. */
const JITTER = 0.2;

/** Asks until `ask` says something else than `undefined`. @throws CancelledError as soon as the signal aborts. */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  { pollMs = 500, signal }: { readonly pollMs?: number | undefined; readonly signal: AbortSignal },
): Promise<T> {
  const longest = Math.max(pollMs, LONGEST_PAUSE_MS);
  for (let length = pollMs; ; length = Math.min(longest, length * GROWTH)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(length * (1 - JITTER / 2 + Math.random() * JITTER), signal);
  }
}
