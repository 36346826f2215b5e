/** How long a hook waits before the next try: growing, with jitter, or what the server asks for. */
import type { LocusError } from "../../errors/errors.ts";

/** A server that wants to be left alone for longer is not waited for. */
const LONGEST_ASKED_MS = 60_000;

export interface Backoff {
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
}

/** The wait after try `attempt`, from 1: a random time in the upper half of its bound. `undefined`: the server asks for too much. */
export function delayAfter(
  attempt: number,
  { initialDelayMs, factor, maxDelayMs }: Backoff,
  error?: LocusError,
): number | undefined {
  const asked = error?.retryAfterMs;
  if (asked !== undefined) return asked > LONGEST_ASKED_MS ? undefined : asked;
  const bound = Math.min(maxDelayMs, initialDelayMs * factor ** (attempt - 1));
  return Math.round(bound * (0.5 + Math.random() / 2));
}
