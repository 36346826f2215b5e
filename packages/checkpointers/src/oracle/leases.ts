/** Leases: given, renewed and returned by the database's clock, with fences from one sequence for all threads. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";
import { z } from "zod";
import { type Database, type Session, tolerating } from "./database.ts";
import { UNIQUE_VIOLATED } from "./driver.ts";
import { checkedRow, digestOf } from "./rows.ts";

const leaseRow = z.object({
  FENCE: z.int(),
  LEASE_MS: z.number(),
  IS_RELEASED: z.number(),
  LEFT_MS: z.number(),
});
const fenceRow = z.object({ FENCE: z.int() });

/** The thread's lease, held until the transaction ends; `leftMs` is 0 where it ran out or was given back. */
export async function lockLease(
  session: Session,
  threadId: string,
): Promise<{ readonly fence: number; readonly leftMs: number } | undefined> {
  const [row] = await session.rows("lockLease", { digest: digestOf(threadId) });
  if (row === undefined) return undefined;
  const {
    FENCE: fence,
    LEASE_MS: leaseMs,
    IS_RELEASED: isReleased,
    LEFT_MS: leftMs,
  } = checkedRow(leaseRow, row);
  // However the clock was set: no lease lasts longer than it was given for.
  const left = isReleased === 1 ? 0 : Math.min(leaseMs, Math.max(0, Math.ceil(leftMs)));
  return { fence, leftMs: left };
}

export async function acquireLease(
  database: Database,
  threadId: string,
  leaseMs: number,
): Promise<LeaseAttempt> {
  for (;;) {
    // Of several that are the first to ask one gets through; the others find its lease when they try again.
    const attempt = await tolerating([UNIQUE_VIOLATED], async () =>
      database.transaction(async (session) => await acquireIn(session, threadId, leaseMs)),
    );
    if (attempt === undefined) continue;
    return "fence" in attempt ? { lease: leaseOf(database, threadId, attempt.fence, leaseMs) } : attempt;
  }
}

async function acquireIn(
  session: Session,
  threadId: string,
  leaseMs: number,
): Promise<{ readonly fence: number } | { readonly heldForMs: number }> {
  const before = await lockLease(session, threadId);
  if (before !== undefined && before.leftMs > 0) return { heldForMs: before.leftMs };
  // Asked for once the row is held: the fence of whoever waited for it is the later one.
  const [row] = await session.rows("nextFence");
  const { FENCE: fence } = checkedRow(fenceRow, row);
  const values = { digest: digestOf(threadId), fence, lease_ms: leaseMs };
  await session.change(before === undefined ? "insertLease" : "giveLease", values);
  return { fence };
}

function leaseOf(database: Database, threadId: string, fence: number, leaseMs: number): Lease {
  const digest = digestOf(threadId);
  return Object.freeze({
    fence,
    leaseMs,
    renew: async () =>
      await database.transaction(
        async (session) => (await session.change("renewLease", { digest, fence, lease_ms: leaseMs })) > 0,
      ),
    // The row stays: an append with this fence is still to be told from one with a later fence.
    release: async () => {
      await database.transaction(async (session) => await session.change("releaseLease", { digest, fence }));
    },
  });
}
