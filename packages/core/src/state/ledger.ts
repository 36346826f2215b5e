/** The record of idempotent successes that stand in for their repeats. */
import type { EventOf } from "../events/types.ts";
import type { LedgerEntry, PendingCall, ToolLedger } from "./types.ts";

/** The ledger with the outcome of `started` in it. */
export function record(
  ledger: ToolLedger,
  started: NonNullable<PendingCall["started"]>,
  event: EventOf<"tool_complete">,
): ToolLedger {
  const { scope, ttlMs } = started.idempotent ?? { scope: "run" as const };
  const entry: LedgerEntry = Object.freeze({
    callId: event.callId,
    name: event.name,
    scope,
    ...(ttlMs === undefined ? {} : { expiresAt: Date.parse(event.timestamp) + ttlMs }),
    ...(event.result === undefined ? {} : { result: event.result }),
    ...(event.content === undefined ? {} : { content: event.content }),
    ...(event.error === undefined ? {} : { error: event.error }),
  });
  return Object.freeze({ ...ledger, [started.idempotencyKey]: entry });
}

/** What of the ledger a new run may still use. */
export function stillValid(ledger: ToolLedger, now: number): ToolLedger {
  const kept = Object.entries(ledger).filter(
    ([, entry]) => entry.scope === "thread" && (entry.expiresAt === undefined || entry.expiresAt > now),
  );
  return kept.length === Object.keys(ledger).length ? ledger : Object.freeze(Object.fromEntries(kept));
}
