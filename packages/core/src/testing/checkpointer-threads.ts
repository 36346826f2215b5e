/** The parts of the checkpointer suite about forks, deletions and thread ids. */
import { CheckpointConflictError, CheckpointError } from "../errors/errors.ts";
import {
  eventsAfter,
  HOSTILE_THREAD_IDS,
  noteEvent,
  threadIdsOf,
  wholeThread,
} from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

export function itForksAndDeletes({ store: current, another }: SuiteStore): void {
  it("copies a prefix under the new id, and keeps the two apart", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    await store.append("t", 3, eventsAfter("t", 3, 3));
    await store.fork("t", 4, "copy");
    expect(await wholeThread(store, "copy")).toEqual(eventsAfter("copy", 0, 4));
    await store.append("copy", 4, [noteEvent("copy", 5, "elsewhere")]);
    await store.append("t", 6, eventsAfter("t", 6, 1));
    expect(await wholeThread(store, "t")).toEqual(eventsAfter("t", 0, 7));
    expect((await wholeThread(store, "copy")).at(-1)).toEqual(noteEvent("copy", 5, "elsewhere"));
    await store.delete("t");
    expect((await store.read("copy"))?.version).toBe(5);
  });

  it("refuses to fork onto a thread, from none, or beyond the end", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    await store.append("there", 0, eventsAfter("there", 0, 1));
    for (const target of ["there", "t"]) {
      await expect(store.fork("t", 1, target)).rejects.toBeInstanceOf(CheckpointConflictError);
    }
    for (const at of [0, -1, 4, 1.5]) {
      await expect(store.fork("t", at, "copy"), `at ${at}`).rejects.toBeInstanceOf(CheckpointError);
    }
    await expect(store.fork("absent", 1, "copy")).rejects.toBeInstanceOf(CheckpointError);
    expect(await threadIdsOf(store)).toEqual(["t", "there"]);
    expect(await wholeThread(store, "there")).toEqual(eventsAfter("there", 0, 1));
  });

  it("lets one of several forks onto the same id through", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    const second = await another();
    const outcomes = await Promise.allSettled([store.fork("t", 2, "copy"), second.fork("t", 2, "copy")]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await wholeThread(store, "copy")).toEqual(eventsAfter("copy", 0, 2));
  });

  it("deletes a thread, whose id is then free", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    await store.append("other", 0, eventsAfter("other", 0, 1));
    expect(await store.delete("t")).toBe(true);
    expect(await store.delete("t")).toBe(false);
    expect(await store.read("t")).toBeUndefined();
    expect(await threadIdsOf(store)).toEqual(["other"]);
    await expect(store.append("t", 3, eventsAfter("t", 3, 1))).rejects.toThrow(CheckpointConflictError);
    await store.append("t", 0, [noteEvent("t", 1, "anew")]);
    expect(await wholeThread(store, "t")).toEqual([noteEvent("t", 1, "anew")]);
  });
}

export function itKeepsIdsApart({ store: current, another }: SuiteStore): void {
  it("keeps every id apart, whatever is in it", async () => {
    const store = current();
    expect(new Set(HOSTILE_THREAD_IDS).size).toBe(HOSTILE_THREAD_IDS.length);
    for (const id of HOSTILE_THREAD_IDS) await store.append(id, 0, [noteEvent(id, 1, id)]);
    const second = await another();
    for (const id of HOSTILE_THREAD_IDS)
      expect(await wholeThread(second, id)).toEqual([noteEvent(id, 1, id)]);
    expect((await threadIdsOf(second)).toSorted()).toEqual(HOSTILE_THREAD_IDS.toSorted());

    const [gone = "", ...left] = HOSTILE_THREAD_IDS;
    expect(await store.delete(gone)).toBe(true);
    expect((await threadIdsOf(store)).toSorted()).toEqual(left.toSorted());
  });

  it("deletes and forks the very thread that was named, wildcards and all", async () => {
    const store = current();
    const kept = ["a", "ab", "a%b", "aXb", "a/b", "A", "[ab]"];
    for (const id of kept) await store.append(id, 0, eventsAfter(id, 0, 2));
    for (const id of ["*", "%", "a*", "a%", "_", "a_b", "a?b", "[a]", "?", ".*", "a\\", "..", "a/"]) {
      expect(await store.delete(id), id).toBe(false);
      expect(await store.read(id), id).toBeUndefined();
      await expect(store.fork(id, 1, "copy"), id).rejects.toBeInstanceOf(CheckpointError);
      await store.fork("ab", 1, id);
      expect(await wholeThread(store, id), id).toEqual(eventsAfter(id, 0, 1));
      expect(await store.delete(id), id).toBe(true);
    }
    expect((await threadIdsOf(store)).toSorted()).toEqual(kept.toSorted());
    for (const id of kept) expect(await wholeThread(store, id), id).toEqual(eventsAfter(id, 0, 2));
  });

  it("refuses an empty id, and one that is not well-formed Unicode", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 1));
    for (const id of ["", "\ud800", "a\udc00b"]) {
      await expect(store.append(id, 0, [noteEvent(id, 1, "x")])).rejects.toBeInstanceOf(CheckpointError);
      await expect(store.fork("t", 1, id)).rejects.toBeInstanceOf(CheckpointError);
    }
    expect(await threadIdsOf(store)).toEqual(["t"]);
  });
}
