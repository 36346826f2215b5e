/** The part of the checkpointer suite about snapshots: they spare reading, and never change what a thread says. */
import { isDeepStrictEqual } from "node:util";
import type { Checkpointer } from "../checkpoint/types.ts";
import { emptyState, fold } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import {
  collect,
  eventsAfter,
  noteEvent,
  resultEvent,
  startEvent,
  wholeThread,
} from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { diceOf, grow, newThread, randomBatch, reload } from "./checkpointer-growth.ts";
import { expect, it } from "./vitest.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

export function itKeepsSnapshots({ store: current, another }: SuiteStore): void {
  it("gives the latest snapshot up to the version asked for, and only the events after it", async () => {
    const store = current();
    await appendSnapshots(store, "t", [5, 10, 15], 18);
    for (const [upTo, snapshot] of [
      [undefined, 15],
      [18, 15],
      [99, 15],
      [15, 15],
      [14, 10],
      [10, 10],
      [9, 5],
      [5, 5],
    ] as const) {
      const thread = await (await another()).read("t", upTo === undefined ? {} : { upTo });
      const version = Math.min(upTo ?? 18, 18);
      expect(thread, `up to ${upTo}`).toMatchObject({ version, snapshot: { version: snapshot } });
      expect(thread?.snapshot?.state.version).toBe(snapshot);
      expect(thread?.snapshot?.state.threadId).toBe("t");
      expect(Object.isFrozen(thread?.snapshot?.state)).toBe(true);
      expect(thread?.events, `up to ${upTo}`).toEqual(eventsAfter("t", snapshot, version - snapshot));
    }
    for (const upTo of [1, 4]) {
      const thread = await store.read("t", { upTo });
      expect(thread?.snapshot, `up to ${upTo}`).toBeUndefined();
      expect(thread?.events).toEqual(eventsAfter("t", 0, upTo));
    }
    expect(await collect(store.events("t"))).toEqual(eventsAfter("t", 0, 18));
    expect(await collect(store.events("t", { after: 3, upTo: 12 }))).toEqual(eventsAfter("t", 3, 9));
  });

  it("keeps a snapshot with its events or not at all", async () => {
    const store = current();
    const events = eventsAfter("t", 0, 4);
    await store.append("t", 0, events);
    const wrong = fold(emptyState("t"), eventsAfter("t", 0, 5));
    await expect(
      store.append("t", 3, eventsAfter("t", 3, 2), { snapshot: { state: wrong } }),
    ).rejects.toThrow();
    expect((await store.read("t"))?.snapshot).toBeUndefined();
    await store.append("t", 4, [resultEvent("t", 5, "another fifth")]);
    expect(await wholeThread(await another(), "t")).toEqual([
      ...events,
      resultEvent("t", 5, "another fifth"),
    ]);
  });

  it("tells the thread all the same where what a snapshot builds on is not there", async () => {
    const store = current();
    const events = eventsAfter("t", 0, 6);
    const state = fold(emptyState("t"), events);
    await store.append("t", 0, events.slice(0, 3));
    await store.append("t", 3, events.slice(3), { snapshot: { state, base: { version: 2, messages: 1 } } });
    expect(await stateOf(await another(), "t")).toEqual(state);
    expect(await collect(store.events("t"))).toEqual(events);
  });

  for (const seed of SEEDS) {
    it(`tells what the events tell, however a thread grew (seed ${seed})`, async () => {
      const dice = diceOf(seed);
      const versions: AgentState[] = [];
      let store = current();
      let thread = newThread("t");
      for (let batch = 0; batch < 24; batch += 1) {
        const kind = (["linked", "full", "none", "none"] as const)[dice(4)] ?? "none";
        thread = await grow(store, thread, randomBatch(thread.state, dice), kind);
        versions.push(thread.state);
        if (dice(4) > 0) continue;
        store = await another();
        thread = await reload(store, thread);
      }
      const reader = await another();
      for (const state of versions) {
        expect(await stateOf(reader, "t", state.version), `version ${state.version}`).toEqual(state);
      }
      expect(await collect(reader.events("t"))).toEqual(thread.events);
      expect(await wholeThread(reader, "t")).toEqual(thread.events);

      const { version } = versions[12 + dice(12)] ?? thread.state;
      await reader.fork("t", version, "copy");
      const told = fold(emptyState("copy"), await collect(reader.events("copy")));
      expect(await stateOf(reader, "copy"), `fork at ${version}`).toEqual(told);
      expect({ ...told, threadId: "t" }).toEqual(fold(emptyState("t"), thread.events.slice(0, version)));
    });
  }

  it("spares a long thread's reader all but the events since the last snapshot", async () => {
    const store = current();
    const every = store.snapshotEvery ?? 1;
    const dice = diceOf(7);
    let thread = newThread("t");
    while (thread.state.version < every * 4) {
      const batch = randomBatch(thread.state, dice);
      const due = thread.state.version + batch.length - (thread.snapshot?.version ?? 0) >= every;
      thread = await grow(store, thread, batch, due ? "linked" : "none");
      if (thread.state.version < every + 4) continue;
      const stored = await store.read("t");
      expect(stored?.snapshot).toBeDefined();
      expect(stored?.events.length).toBeLessThanOrEqual(every + 4);
    }
    expect(await stateOf(await another(), "t")).toEqual(thread.state);
  });

  it("has a fork go its own way, snapshots and all", async () => {
    const store = current();
    await appendSnapshots(store, "t", [5, 10], 12);
    await store.fork("t", 7, "copy");
    const copy = await store.read("copy");
    const whole = fold(emptyState("copy"), eventsAfter("copy", 0, 7));
    expect(fold(copy?.snapshot?.state ?? emptyState("copy"), copy?.events ?? [])).toEqual(whole);
    expect(copy?.snapshot?.version ?? 0, "nothing of after the fork").toBeLessThanOrEqual(7);
    const added = eventsAfter("copy", 7, 3);
    const state = fold(whole, added);
    await store.append("copy", 7, added, { snapshot: { state } });
    await store.append("t", 12, eventsAfter("t", 12, 1));
    await store.delete("t");
    expect(await stateOf(await another(), "copy")).toEqual(state);
    expect(await collect(store.events("copy"))).toEqual(eventsAfter("copy", 0, 10));
    expect(await store.read("t")).toBeUndefined();
  });

  it("leaves no snapshot of a deleted thread to a new one of its name", async () => {
    const store = current();
    await appendSnapshots(store, "t", [5, 10], 12);
    expect(await store.delete("t")).toBe(true);
    const anew = [resultEvent("t", 1, "anew")];
    await store.append("t", 0, anew);
    for (const reader of [store, await another()]) {
      expect(await reader.read("t")).toMatchObject({ version: 1, events: anew });
      expect((await reader.read("t"))?.snapshot).toBeUndefined();
    }
    await store.append("t", 1, eventsAfter("t", 1, 11));
    expect(await collect((await another()).events("t"))).toEqual([...anew, ...eventsAfter("t", 1, 11)]);
    expect(await wholeThread(await another(), "t")).toEqual([...anew, ...eventsAfter("t", 1, 11)]);
  });

  it("takes a state of ten megabytes", async () => {
    const batch = [startEvent("t", 1), noteEvent("t", 2, "é€😀x".repeat(1_000_000))];
    const state = fold(emptyState("t"), batch);
    await current().append("t", 0, batch, { snapshot: { state } });
    const reader = await another();
    // Compared by hand: a difference of megabytes is nothing to print.
    expect(isDeepStrictEqual(await stateOf(reader, "t"), state)).toBe(true);
    expect((await reader.read("t"))?.version).toBe(2);
  });
}

/** What a reader makes of a thread. */
async function stateOf(store: Checkpointer, threadId: string, upTo?: number): Promise<AgentState> {
  const thread = await store.read(threadId, upTo === undefined ? {} : { upTo });
  expect(thread?.events[0]?.sequence ?? thread?.version, "the first event after the snapshot").toBe(
    thread?.events[0] === undefined ? thread?.snapshot?.version : (thread.snapshot?.version ?? 0) + 1,
  );
  return fold(thread?.snapshot?.state ?? emptyState(threadId), thread?.events ?? []);
}

/** A thread of `length` events, with snapshots at `versions`, each building on the one before. */
async function appendSnapshots(
  store: Checkpointer,
  threadId: string,
  versions: readonly number[],
  length: number,
): Promise<void> {
  let thread = newThread(threadId);
  for (const version of [...versions, length]) {
    const batch = eventsAfter(threadId, thread.state.version, version - thread.state.version);
    thread = await grow(store, thread, batch, versions.includes(version) ? "linked" : "none");
  }
}
