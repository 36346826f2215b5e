/** Who may write a thread: one run in this process, and one process by a lease where the store gives them. */
import { type Aborting, abortable, sleep, within } from "../async/abort.ts";
import type { Checkpointer, Lease } from "../checkpoint/types.ts";
import { asLocusError, LeaseLostError, type LocusError, ThreadBusyError } from "../errors/errors.ts";

/** A thread held. */
export interface Hold {
  readonly threadId: string;
  /** Of the lease, where there is one: goes along with every append. */
  readonly fence: number | undefined;
  /** Lets go of it, within `STORE_GRACE_MS`. Never rejects: a lease that could not be given back runs out. */
  release(): Promise<void>;
}

/** How to come by a thread. */
export interface HoldOptions {
  /** For a thread that has a run under way: `"reject"`, `"wait"`, or wait only for a writer that died, `"outlive"`. */
  readonly whenBusy: "reject" | "wait" | "outlive";
  readonly signal: Aborting;
  /** The lease is lost: somebody else may write the thread by now. */
  readonly onLost: (error: LocusError) => void;
}

/** How long a store that does not answer may hold up the end of a run. */
export const STORE_GRACE_MS = 5000;
/** How long a run that was stopped while it asked for its thread waits to give it back. */
const LATE_LEASE_MS = 1000;
/** Longest wait between two looks at a thread that another process holds. */
const LOOK_AGAIN_MS = 500;
/** A lease is renewed so often in its time. */
const RENEWALS = 3;

const held = new WeakMap<Checkpointer, Map<string, Promise<void>>>();

/**
 * Holds a thread.
 *
 * @throws ThreadBusyError, or the signal's reason where it aborts while waiting.
 */
export async function holdThread(store: Checkpointer, threadId: string, options: HoldOptions): Promise<Hold> {
  const leave = await enter(store, threadId, options);
  try {
    const lease = await acquire(store, threadId, options);
    const stopRenewing = lease === undefined ? undefined : keepRenewing(lease, threadId, options.onLost);
    return {
      threadId,
      fence: lease?.fence,
      release: async () => {
        stopRenewing?.();
        if (lease !== undefined) await within(STORE_GRACE_MS, giveBack(lease));
        leave();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

/** In this process. */
async function enter(
  store: Checkpointer,
  threadId: string,
  { whenBusy, signal }: HoldOptions,
): Promise<() => void> {
  const threads = held.get(store) ?? new Map<string, Promise<void>>();
  held.set(store, threads);
  for (let holder = threads.get(threadId); holder !== undefined; holder = threads.get(threadId)) {
    if (whenBusy !== "wait") throw busy(threadId, "");
    await abortable(holder, signal);
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  threads.set(threadId, promise);
  return () => {
    threads.delete(threadId);
    resolve();
  };
}

/** Among processes. */
async function acquire(
  store: Checkpointer,
  threadId: string,
  { whenBusy, signal }: HoldOptions,
): Promise<Lease | undefined> {
  if (store.acquire === undefined) return undefined;
  // A writer that died renews nothing: its lease is over when the time it had left at the first look is.
  let patienceMs = whenBusy === "wait" ? Number.POSITIVE_INFINITY : 0;
  for (let look = 0; ; look++) {
    const asked = store.acquire(threadId).catch((error: unknown) => {
      throw asLocusError(error, `the thread "${threadId}" could not be held`);
    });
    const attempt = await abortable(asked, signal).catch(async (error: unknown) => {
      // Whoever comes next finds the thread free, also where the lease comes only now.
      const late = asked.then(
        (given) => ("lease" in given ? giveBack(given.lease) : undefined),
        () => undefined,
      );
      await within(LATE_LEASE_MS, late);
      throw error;
    });
    if ("lease" in attempt) return attempt.lease;
    if (look === 0 && whenBusy === "outlive") patienceMs = attempt.heldForMs + LOOK_AGAIN_MS;
    if (patienceMs <= 0) throw busy(threadId, " in another process");
    const waitMs = Math.max(1, Math.min(LOOK_AGAIN_MS, attempt.heldForMs, patienceMs));
    await sleep(waitMs, signal);
    patienceMs -= waitMs;
  }
}

/** One that could not be given back runs out. */
async function giveBack(lease: Lease): Promise<void> {
  await lease.release().catch(() => undefined);
}

function busy(threadId: string, where: string): ThreadBusyError {
  return new ThreadBusyError(`the thread "${threadId}" has a run under way${where}`, {
    hint: 'Wait for it, use another threadId, or construct the agent with onBusy: "queue" or "fork".',
  });
}

/** The returned function ends it. */
function keepRenewing(lease: Lease, threadId: string, onLost: HoldOptions["onLost"]): () => void {
  let renewedAt = performance.now();
  let renewing = false;
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    const kept = await lease.renew().catch(() => undefined);
    if (kept === true) renewedAt = askedAt;
    // A store that cannot be reached says nothing; but by now the lease is over all the same.
    else if (kept === false || performance.now() - renewedAt > lease.leaseMs) lost();
  };
  const timer = setInterval(() => {
    if (renewing) return;
    renewing = true;
    void renew().finally(() => {
      renewing = false;
    });
  }, lease.leaseMs / RENEWALS).unref();
  const lost = (): void => {
    clearInterval(timer);
    onLost(
      new LeaseLostError(`the lease of the thread "${threadId}" ran out while its run was under way`, {
        hint: "The process or its store was stopped for longer than leaseMs. Resume the thread: what is stored is whole.",
      }),
    );
  };
  return () => clearInterval(timer);
}
