/** The part of the checkpointer suite about leases: one writer at a time, and no word from who was one before. */
import type { Checkpointer, Lease } from "../checkpoint/types.ts";
import { LeaseLostError } from "../errors/errors.ts";
import { collect, eventsAfter, noteEvent, threadIdsOf, wholeThread } from "./checkpointer-events.ts";
import { given, type SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it, vi } from "./vitest.ts";

/** Long enough for a few calls to a store, short enough to wait for its end. */
const SHORT_MS = 60;
const PATIENCE = { timeout: 15_000, interval: 10 };

export function itLeases({ store: current, another }: SuiteStore): void {
  it("gives one lease of a thread, and tells others how long it lasts at most", async () => {
    const lease = await take(current(), "t");
    expect(lease.leaseMs).toBeGreaterThan(0);
    expect(Number.isSafeInteger(lease.fence)).toBe(true);
    for (const store of [await another(), current()]) {
      const attempt = await acquire(store, "t");
      expect(attempt).toEqual({ heldForMs: expect.any(Number) });
      if (!("heldForMs" in attempt)) continue;
      expect(attempt.heldForMs).toBeGreaterThan(0);
      expect(attempt.heldForMs).toBeLessThanOrEqual(lease.leaseMs);
    }
    await lease.release();
  });

  it("gives it to one of many who ask at once", async () => {
    const stores = [current(), await another(), await another()];
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => acquire(stores[index % 3] ?? current(), "t")),
    );
    expect(attempts.filter((attempt) => "lease" in attempt)).toHaveLength(1);
  });

  it("is free again once released, and the next one's fence is higher", async () => {
    const second = await another();
    let fence = Number.NEGATIVE_INFINITY;
    for (const store of [current(), second, current(), current(), second]) {
      const lease = await take(store, "t");
      expect(lease.fence).toBeGreaterThan(fence);
      ({ fence } = lease);
      await lease.release();
    }
  });

  it("may be released twice, and the second time frees nobody else's", async () => {
    const first = await take(current(), "t");
    await first.release();
    const second = await take(await another(), "t");
    await first.release();
    expect(await acquire(current(), "t")).toHaveProperty("heldForMs");
    expect(await second.renew()).toBe(true);
    expect(await first.renew()).toBe(false);
  });

  it("stays given back, whatever renewal was still under way", async () => {
    const lease = await take(current(), "t");
    await current().append("t", 0, eventsAfter("t", 0, 1), { fence: lease.fence });
    await lease.release();
    expect(await lease.renew()).toBe(false);
    const next = await take(await another(), "t");
    expect(await lease.renew()).toBe(false);
    expect(await next.renew()).toBe(true);
  });

  it("lasts anew from each renewal", async () => {
    const lease = await take(current(), "t");
    const other = await another();
    const before = await vi.waitFor(async () => {
      const left = await heldForMs(other, "t");
      expect(left).toBeLessThan(lease.leaseMs - 20);
      return left;
    }, PATIENCE);
    // Without a renewal it could only become less.
    await vi.waitFor(async () => {
      expect(await lease.renew()).toBe(true);
      expect(await heldForMs(other, "t")).toBeGreaterThan(before);
    }, PATIENCE);
  });

  it("is of one thread alone", async () => {
    const ids = ["a:b", "a/b", "a_b", "A:B", "caf\u00e9", "cafe\u0301", "*", "%", "long".repeat(600)];
    for (const id of ids) expect(await acquire(current(), id), id).toHaveProperty("lease");
    for (const id of ids) expect(await acquire(await another(), id), id).toHaveProperty("heldForMs");
  });

  it("makes no thread where there is none", async () => {
    const lease = await take(current(), "t");
    expect(await current().read("t")).toBeUndefined();
    expect(await threadIdsOf(current())).toEqual([]);
    expect(await collect(current().events("t"))).toEqual([]);
    expect(await current().delete("t")).toBe(false);
    await current().append("t", 0, eventsAfter("t", 0, 1), { fence: lease.fence });
    expect(await threadIdsOf(current())).toEqual(["t"]);
  });

  it("lets its holder write, and refuses who held an earlier one", async () => {
    const [early, late] = [current(), await another()];
    const first = await take(early, "t");
    await early.append("t", 0, eventsAfter("t", 0, 2), { fence: first.fence });
    await first.release();
    const second = await take(late, "t");
    const refused = early.append("t", 2, [noteEvent("t", 3, "too late")], { fence: first.fence });
    await expect(refused).rejects.toBeInstanceOf(LeaseLostError);
    await late.append("t", 2, eventsAfter("t", 2, 1), { fence: second.fence });
    // Whoever writes without a lease is guarded by the versions alone.
    await early.append("t", 3, eventsAfter("t", 3, 1));
    expect(await wholeThread(late, "t")).toEqual(eventsAfter("t", 0, 4));
  });

  it("refuses the earlier holder where there is no thread yet", async () => {
    const first = await take(current(), "t");
    await first.release();
    const second = await take(await another(), "t");
    const refused = current().append("t", 0, eventsAfter("t", 0, 1), { fence: first.fence });
    await expect(refused).rejects.toBeInstanceOf(LeaseLostError);
    expect(await current().read("t")).toBeUndefined();
    await current().append("t", 0, eventsAfter("t", 0, 1), { fence: second.fence });
  });

  it("has fences that go on growing where the thread is deleted in between", async () => {
    const before = await take(current(), "t");
    await current().append("t", 0, eventsAfter("t", 0, 1), { fence: before.fence });
    await before.release();
    await current().delete("t");
    const after = await take(await another(), "t");
    expect(after.fence).toBeGreaterThan(before.fence);
  });
}

/** Where the fixture can make leases that run out while a test waits. */
export function itLosesLeases({ store: current, fixture, opened, another }: SuiteStore): void {
  const short = async (): Promise<Checkpointer> => await opened(given(fixture().leaseStore)(SHORT_MS));

  it("is free once it ran out, and its old holder has no say any more", async () => {
    const dead = await short();
    const first = await take(dead, "t");
    expect(first.leaseMs).toBe(SHORT_MS);
    await dead.append("t", 0, eventsAfter("t", 0, 2), { fence: first.fence });
    const second = await vi.waitFor(() => take(current(), "t"), PATIENCE);
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await first.renew()).toBe(false);
    const late = dead.append("t", 2, [noteEvent("t", 3, "from the dead")], { fence: first.fence });
    await expect(late).rejects.toBeInstanceOf(LeaseLostError);
    await first.release();
    expect(await acquire(dead, "t"), "held by the second").toHaveProperty("heldForMs");
    await current().append("t", 2, eventsAfter("t", 2, 1), { fence: second.fence });
    expect(await wholeThread(dead, "t")).toEqual(eventsAfter("t", 0, 3));
  });

  it("goes to one of many who wait for it to run out", async () => {
    await take(await short(), "t");
    const stores = [current(), await another()];
    let taken = 0;
    await vi.waitFor(async () => {
      const attempts = await Promise.all(
        Array.from({ length: 20 }, (_, index) => acquire(stores[index % 2] ?? current(), "t")),
      );
      taken += attempts.filter((attempt) => "lease" in attempt).length;
      expect(taken).toBeGreaterThan(0);
    }, PATIENCE);
    expect(taken).toBe(1);
  });
}

async function acquire(
  store: Checkpointer,
  threadId: string,
): ReturnType<NonNullable<Checkpointer["acquire"]>> {
  if (store.acquire === undefined) throw new Error("the store gives no leases");
  return await store.acquire(threadId);
}

async function take(store: Checkpointer, threadId: string): Promise<Lease> {
  const attempt = await acquire(store, threadId);
  if ("lease" in attempt) return attempt.lease;
  throw new Error(`the thread is held for another ${attempt.heldForMs} ms`);
}

async function heldForMs(store: Checkpointer, threadId: string): Promise<number> {
  const attempt = await acquire(store, threadId);
  return "heldForMs" in attempt ? attempt.heldForMs : 0;
}
