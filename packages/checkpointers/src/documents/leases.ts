/** Leases in heads: given, renewed and given back by the same swap that appends go through. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";
import { leaseLostError } from "@locus-sdk/core/checkpoint";
import { type Head, type LeaseHead, newNonce } from "./head.ts";
import type { Heads } from "./heads.ts";

/** @throws LeaseLostError for a fence older than the latest lease, or of a lease that nothing is known of any more. */
export function checkFence({ threadId, lease }: Head, fence: number | undefined): void {
  if (fence === undefined) return;
  if (lease === undefined || fence < lease.fence) throw leaseLostError(threadId);
}

export async function acquireLease(heads: Heads, threadId: string, leaseMs: number): Promise<LeaseAttempt> {
  const holder = newNonce();
  for (;;) {
    const { head, tag, key } = await heads.read(threadId);
    const now = heads.now();
    const left = leftOf(head.lease, now);
    if (head.lease?.holder === holder) return { lease: leaseOf(heads, threadId, head.lease) };
    if (left > 0) return { heldForMs: left };
    // By the clock, so that a lease that nothing is known of any more had a lower one.
    const fence = Math.max((head.lease?.fence ?? 0) + 1, now);
    const lease = { fence, holder, leaseMs, expiresAt: now + leaseMs };
    if (await heads.swap({ key, tag }, { ...head, lease })) return { lease: leaseOf(heads, threadId, lease) };
  }
}

/** How long a lease lasts, in ms. Never more than it was given for, whatever became of the clock. */
export function leftOf(lease: LeaseHead | undefined, now: number): number {
  if (lease === undefined) return 0;
  return Math.min(lease.leaseMs, Math.max(0, Math.ceil(lease.expiresAt - now)));
}

function leaseOf(heads: Heads, threadId: string, { fence, holder, leaseMs }: LeaseHead): Lease {
  /** `false` where it is somebody else's by now, or was given back. */
  const change = async (expiresAt: () => number): Promise<boolean> => {
    for (;;) {
      const { head, tag, key } = await heads.read(threadId);
      const { lease } = head;
      if (lease === undefined || lease.holder !== holder || lease.expiresAt === 0) return false;
      if (await heads.swap({ key, tag }, { ...head, lease: { ...lease, expiresAt: expiresAt() } }))
        return true;
    }
  };
  return {
    fence,
    leaseMs,
    renew: async () => await change(() => heads.now() + leaseMs),
    release: async () => {
      await change(() => 0);
    },
  };
}
