/** How long things of a store last: threads after their last event, leases after they were given. */
import { type Check, must } from "../options/check.ts";
import type { ThreadSummary } from "./types.ts";

/** Milliseconds that a lease lasts unless a store is told otherwise: long enough for a pause, short enough to wait for. */
export const LEASE_MS = 10_000;

/** Checks a `ttlMs`. */
export const timeToLive: Check = must(
  "a number of milliseconds above 0",
  (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
);

/**
 * Whether a thread's last event is longer ago than `ttlMs`; never where that is `undefined`.
 *
 * @example
 * ```ts
 * import { hasOutlived } from "@locus-sdk/core/checkpoint";
 *
 * hasOutlived({ updatedAt: "2026-01-01T00:00:00.000Z" }, 3_600_000); // true
 * ```
 */
export function hasOutlived(
  { updatedAt }: Pick<ThreadSummary, "updatedAt">,
  ttlMs: number | undefined,
): boolean {
  return ttlMs !== undefined && Date.now() - Date.parse(updatedAt) > ttlMs;
}
