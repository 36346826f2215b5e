/** Leases of threads in memory: one holder at a time, each with a higher fence than those before. */
import { leaseLostError } from "./contract.ts";
import type { Lease, LeaseAttempt } from "./types.ts";

interface Held {
  readonly fence: number;
  /** By the process's own clock, which nobody sets. */
  until: number;
}

export class MemoryLeases {
  readonly #leaseMs: number;
  readonly #isThere: (threadId: string) => boolean;
  /** The latest lease of each thread, over or not: earlier holders are told by it. */
  readonly #latest = new Map<string, Held>();
  /** Of all threads together, so that a forgotten thread's go on growing. */
  #lastFence = 0;

  constructor(leaseMs: number, isThere: (threadId: string) => boolean) {
    this.#leaseMs = leaseMs;
    this.#isThere = isThere;
  }

  acquire(threadId: string): LeaseAttempt {
    const before = this.#latest.get(threadId);
    const heldForMs = before === undefined ? 0 : before.until - performance.now();
    if (heldForMs > 0) return { heldForMs };
    this.#lastFence += 1;
    const held: Held = { fence: this.#lastFence, until: performance.now() + this.#leaseMs };
    this.#latest.set(threadId, held);
    return { lease: this.#leaseOf(threadId, held) };
  }

  /** @throws LeaseLostError for the fence of an earlier lease than the thread's latest. */
  check(threadId: string, fence: number | undefined): void {
    const latest = this.#latest.get(threadId);
    if (fence !== undefined && latest !== undefined && fence < latest.fence) throw leaseLostError(threadId);
  }

  /** Drops what a thread that is gone leaves behind, unless somebody holds it. */
  forget(threadId: string): void {
    const held = this.#latest.get(threadId);
    if (held !== undefined && held.until <= performance.now()) this.#latest.delete(threadId);
  }

  #leaseOf(threadId: string, held: Held): Lease {
    let released = false;
    const isMine = (): boolean => !released && this.#latest.get(threadId) === held;
    return {
      fence: held.fence,
      leaseMs: this.#leaseMs,
      renew: async () => {
        if (!isMine()) return false;
        held.until = performance.now() + this.#leaseMs;
        return true;
      },
      release: async () => {
        if (isMine()) held.until = 0;
        released = true;
        if (!this.#isThere(threadId)) this.forget(threadId);
      },
    };
  }
}
