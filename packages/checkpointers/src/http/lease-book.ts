/** The leases that a handler gave out: they are renewed and released by who names the holder they were given to. */
import type { Lease, LeaseAttempt } from "@locus-sdk/core";

interface Entry {
  readonly threadId: string;
  readonly attempt: Promise<LeaseAttempt>;
  /** By the clock that only goes forward. */
  usedAt: number;
}

/** A lease that nobody renewed for so many times its length is forgotten. */
const FORGOTTEN_AFTER = 10;
/** Of an attempt that is still under way, in milliseconds. */
const LONGEST_ATTEMPT_MS = 600_000;

/** Kept in memory: all requests of one holder must reach the same process. */
export class LeaseBook {
  /** By holder, which its client made up; in order of use. */
  readonly #entries = new Map<string, Entry & { keptMs: number }>();

  /** The same holder asking again, because the answer was lost, is given the same lease. */
  async acquire(
    threadId: string,
    holder: string,
    acquire: () => Promise<LeaseAttempt>,
  ): Promise<LeaseAttempt> {
    this.#forget();
    const known = this.#entries.get(holder);
    if (known !== undefined && known.threadId === threadId) return await known.attempt;
    const entry = { threadId, attempt: acquire(), usedAt: performance.now(), keptMs: LONGEST_ATTEMPT_MS };
    this.#entries.set(holder, entry);
    try {
      const attempt = await entry.attempt;
      if ("lease" in attempt) entry.keptMs = attempt.lease.leaseMs * FORGOTTEN_AFTER;
      else this.#entries.delete(holder);
      return attempt;
    } catch (error) {
      this.#entries.delete(holder);
      throw error;
    }
  }

  /** The lease, now the most recently used; `undefined` where this process gave none. */
  async find(threadId: string, holder: string): Promise<Lease | undefined> {
    const entry = this.#entries.get(holder);
    if (entry === undefined || entry.threadId !== threadId) return undefined;
    this.#entries.delete(holder);
    this.#entries.set(holder, entry);
    entry.usedAt = performance.now();
    const attempt = await entry.attempt;
    return "lease" in attempt ? attempt.lease : undefined;
  }

  #forget(): void {
    const now = performance.now();
    for (const [holder, { usedAt, keptMs }] of this.#entries) {
      if (now - usedAt > keptMs) this.#entries.delete(holder);
    }
  }
}
