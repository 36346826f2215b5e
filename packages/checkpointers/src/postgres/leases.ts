/** Leases: given, renewed and returned by the server's clock, with fences from one sequence for all threads. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";
import { checkThreadId } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { type Database, DURABLY } from "./database.ts";
import { type Context, checked, count } from "./rows.ts";
import { digestOf } from "./text.ts";

const attemptRow = z.object({ fence: count.nullable(), left_ms: count.nullable() });
const LASTING = "clock_timestamp() + $2 * interval '1 millisecond'";

export async function acquireLease(
  database: Database,
  context: Context,
  threadId: string,
): Promise<LeaseAttempt> {
  checkThreadId(threadId);
  const { tables, leaseMs } = context;
  // The sequence is asked again when the row is locked: the fence of whoever waited for it is the later one.
  const sql = `
    WITH given AS (
      INSERT INTO ${tables.leases} AS l (digest, fence, expires_at)
      VALUES ($1, nextval(${tables.fences}), ${LASTING})
      ON CONFLICT (digest) DO UPDATE SET fence = nextval(${tables.fences}), expires_at = ${LASTING}
      WHERE l.expires_at <= clock_timestamp()
      RETURNING fence)
    SELECT fence, NULL AS left_ms, ${DURABLY} FROM given
    UNION ALL
    SELECT NULL, ceil(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint, NULL
    FROM ${tables.leases} WHERE digest = $1 AND NOT EXISTS (SELECT FROM given)`;
  for (;;) {
    const [row] = await database.query(sql, [digestOf(threadId), leaseMs]);
    // Somebody else's lease began while this was asked, or ran out: asked again, it is seen.
    if (row === undefined) continue;
    const { fence, left_ms: leftMs } = checked(attemptRow, row);
    if (fence !== null) return { lease: leaseOf(database, context, threadId, fence) };
    if (leftMs !== null && leftMs > 0) return { heldForMs: leftMs };
  }
}

function leaseOf(database: Database, { tables, leaseMs }: Context, threadId: string, fence: number): Lease {
  const digest = digestOf(threadId);
  return Object.freeze({
    fence,
    leaseMs,
    renew: async () => {
      const rows = await database.query(
        `UPDATE ${tables.leases} SET expires_at = ${LASTING} WHERE digest = $1 AND fence = $3 AND expires_at > '-infinity' RETURNING fence`,
        [digest, leaseMs, fence],
      );
      return rows.length > 0;
    },
    // Back for good, whatever renewal is still under way. The row stays: an append with an earlier fence is refused by it.
    release: async () => {
      await database.query(
        `UPDATE ${tables.leases} SET expires_at = '-infinity' WHERE digest = $1 AND fence = $2`,
        [digest, fence],
      );
    },
  });
}
