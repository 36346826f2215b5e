/** Leases as rows: one a thread, whose number is its fence. The clock is that of the machine, which all its users share. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";
import { integer } from "./columns.ts";
import type { SqliteDatabase, Statements } from "./database.ts";
import { bytesOf } from "./threads.ts";

/** So long is known who held a lease of a thread that does not exist. */
const KEPT_MS = 86_400_000;

export async function acquireLease(
  database: SqliteDatabase,
  threadId: string,
  leaseMs: number,
): Promise<LeaseAttempt> {
  const given = await database.write(`lease the thread "${threadId}"`, (sql) => {
    const heldForMs = leftOf(sql, threadId);
    if (heldForMs > 0) return { heldForMs };
    const id = bytesOf(threadId);
    sql.run("DELETE FROM leases WHERE id = ?", id);
    const row = sql.get(
      "INSERT INTO leases (id, lease_ms, expires_at) VALUES (?, ?, ?) RETURNING fence",
      id,
      leaseMs,
      Date.now() + leaseMs,
    );
    return { fence: integer(row ?? {}, "fence") };
  });
  return given.fence === undefined
    ? { heldForMs: given.heldForMs }
    : { lease: leaseOf(database, threadId, given.fence, leaseMs) };
}

/** Whether a later lease than `fence` was given, or may have been since nothing is known of it any more. */
export function isLeaseLost(sql: Statements, threadId: string, fence: number): boolean {
  const row = sql.get("SELECT fence FROM leases WHERE id = ?", bytesOf(threadId));
  return row === undefined || fence < integer(row, "fence");
}

/** Forgets the leases of threads that do not exist. */
export function removeOldLeases(sql: Statements): void {
  sql.run(
    "DELETE FROM leases WHERE expires_at < ? AND NOT EXISTS (SELECT 1 FROM threads WHERE threads.id = leases.id)",
    Date.now() - KEPT_MS,
  );
}

/** How long the thread's lease lasts, in ms; 0 where there is none. */
function leftOf(sql: Statements, threadId: string): number {
  const id = bytesOf(threadId);
  const row = sql.get("SELECT lease_ms, expires_at FROM leases WHERE id = ?", id);
  if (row === undefined) return 0;
  const leaseMs = integer(row, "lease_ms");
  const leftMs = integer(row, "expires_at") - Date.now();
  if (leftMs <= leaseMs) return Math.max(0, leftMs);
  // The clock was set back since: a holder that died must not keep the thread until it comes round again.
  sql.run("UPDATE leases SET expires_at = ? WHERE id = ?", Date.now() + leaseMs, id);
  return leaseMs;
}

function leaseOf(database: SqliteDatabase, threadId: string, fence: number, leaseMs: number): Lease {
  return {
    fence,
    leaseMs,
    // One that ran out and was given to nobody goes on; one that was given back does not.
    renew: async () =>
      (await database.write(`renew the lease of the thread "${threadId}"`, (sql) =>
        sql.run(
          "UPDATE leases SET expires_at = ? WHERE fence = ? AND expires_at > 0",
          Date.now() + leaseMs,
          fence,
        ),
      )) > 0,
    release: async () => {
      await database.write(`release the lease of the thread "${threadId}"`, (sql) =>
        sql.run("UPDATE leases SET expires_at = 0 WHERE fence = ?", fence),
      );
    },
  };
}
