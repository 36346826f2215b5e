/** The part of the checkpointer suite about threads that live for a time. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointConflictError, CheckpointError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import { collect, noteEvent, threadIdsOf, wholeThread } from "./checkpointer-events.ts";
import { given, type SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

const HOUR_MS = 3_600_000;

export function itForgets({ store: current, fixture, opened, offers }: SuiteStore): void {
  const withTtl = async (ttlMs = HOUR_MS): Promise<Checkpointer> =>
    await opened(given(fixture().withTtl)(ttlMs));
  /** Written long ago, and a moment ago. */
  const fill = async (): Promise<void> => {
    for (const id of ["old", "old too", "fresh"]) {
      const ageMs = id === "fresh" ? 1_000 : 2 * HOUR_MS;
      await current().append(id, 0, agedEvents(id, 3, ageMs));
    }
  };

  it("takes a thread whose last event is too old for one that does not exist", async () => {
    await fill();
    const store = await withTtl();
    expect(await store.read("old")).toBeUndefined();
    expect(await store.read("old", { upTo: 2 })).toBeUndefined();
    expect(await collect(store.events("old"))).toEqual([]);
    expect(await threadIdsOf(store)).toEqual(["fresh"]);
    expect(await threadIdsOf(store, { prefix: "old" })).toEqual([]);
    await expect(store.fork("old", 1, "copy")).rejects.toBeInstanceOf(CheckpointError);
    expect(await store.delete("old")).toBe(false);
    expect(await wholeThread(store, "fresh")).toHaveLength(3);
  });

  it("frees the ids of those, for new threads and for forks", async () => {
    await fill();
    const store = await withTtl();
    await expect(store.append("old", 3, [noteEvent("old", 4, "x")])).rejects.toBeInstanceOf(
      CheckpointConflictError,
    );
    const anew = agedEvents("old", 1, 0);
    await store.append("old", 0, anew);
    expect(await wholeThread(store, "old")).toEqual(anew);
    await store.fork("fresh", 2, "old too");
    expect((await store.read("old too"))?.version).toBe(2);
    // Of the old ones nothing is left, for nobody.
    expect(await wholeThread(current(), "old")).toEqual(anew);
    expect((await wholeThread(current(), "old too")).map(({ sequence }) => sequence)).toEqual([1, 2]);
    await store.append("old", 1, agedEvents("old", 2, 0).slice(1));
    expect((await store.read("old"))?.version).toBe(2);
  });

  it("goes by the last event: one that is written to lives on", async () => {
    await fill();
    await current().append("old", 3, agedEvents("old", 4, 0).slice(3));
    const store = await withTtl();
    expect((await store.read("old"))?.version).toBe(4);
    expect(await threadIdsOf(store)).toEqual(["fresh", "old"]);
    expect(await (await withTtl(3 * HOUR_MS)).read("old too")).toBeDefined();
  });

  if (!offers.has("vacuum")) return;
  it("removes them for good when it is cleared up, and counts them", async () => {
    await fill();
    const store = await withTtl();
    expect(await store.vacuum?.()).toMatchObject({ deletedThreads: 2 });
    expect(await current().read("old")).toBeUndefined();
    expect(await threadIdsOf(current())).toEqual(["fresh"]);
    expect(await wholeThread(current(), "fresh")).toHaveLength(3);
    expect(await store.vacuum?.()).toMatchObject({ deletedThreads: 0 });
    expect(await current().vacuum?.()).toMatchObject({ deletedThreads: 0 });
  });

  it("lets one of several begin anew where an old thread was", async () => {
    await fill();
    const stores = [await withTtl(), await withTtl()];
    const outcomes = await Promise.allSettled(
      stores.map(async (store) => await store.append("old", 0, agedEvents("old", 1, 0))),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await wholeThread(current(), "old")).toHaveLength(1);
  });
}

/** Events from 1, all of that age. */
function agedEvents(threadId: string, count: number, ageMs: number): readonly DurableEvent[] {
  const timestamp = new Date(Date.now() - ageMs).toISOString();
  return Array.from({ length: count }, (_, index) => ({
    ...noteEvent(threadId, index + 1, `note ${index + 1}`),
    timestamp,
  }));
}
