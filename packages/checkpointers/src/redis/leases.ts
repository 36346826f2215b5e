/** Leases: given, renewed and returned by the server's clock, with fences that outlive them. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";
import { checkThreadId } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { type Context, checked, count } from "./records.ts";
import { ACQUIRE, RENEW } from "./scripts.ts";

const attempt = z.tuple([z.enum(["given", "held"]), count]);

export async function acquireLease(context: Context, threadId: string): Promise<LeaseAttempt> {
  checkThreadId(threadId);
  const { connection, leaseMs } = context;
  const { fences, leases, counter } = connection.keys.of(threadId).bucket;
  const answer = await connection.run(ACQUIRE, [fences, leases, counter], [threadId, String(leaseMs)]);
  const [outcome, value] = checked(attempt, answer);
  return outcome === "held" ? { heldForMs: value } : { lease: leaseOf(context, threadId, value) };
}

function leaseOf({ connection, leaseMs }: Context, threadId: string, fence: number): Lease {
  const { fences, leases } = connection.keys.of(threadId).bucket;
  const lastFor = async (ms: number): Promise<boolean> =>
    (await connection.run(RENEW, [fences, leases], [threadId, String(fence), String(ms)])) === 1;
  return Object.freeze({
    fence,
    leaseMs,
    renew: async () => await lastFor(leaseMs),
    release: async () => {
      await lastFor(0);
    },
  });
}
