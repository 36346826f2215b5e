/** The part of the checkpointer suite about `append`, `read` and `events`. */
import { CheckpointConflictError, CheckpointError, SchemaVersionError } from "../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import {
  collect,
  eventsAfter,
  resultEvent,
  startEvent,
  threadIdsOf,
  wholeThread,
} from "./checkpointer-events.ts";
import { given, type SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

export function itAppendsAndReads({ store: current, another }: SuiteStore): void {
  it("knows nothing of a thread that was never written", async () => {
    const store = current();
    expect(await store.read("absent")).toBeUndefined();
    expect(await collect(store.events("absent"))).toEqual([]);
    expect(await store.delete("absent")).toBe(false);
    expect(await threadIdsOf(store)).toEqual([]);
  });

  it("gives back what was appended, in order, from sequence 1", async () => {
    const store = current();
    const events = eventsAfter("t", 0, 7);
    await store.append("t", 0, events.slice(0, 3));
    await store.append("t", 3, events.slice(3, 4));
    await store.append("t", 4, events.slice(4));
    const thread = await store.read("t");
    expect(thread).toMatchObject({ threadId: "t", version: 7, schemaVersion: SCHEMA_VERSION });
    expect(await wholeThread(store, "t")).toEqual(events);
    expect(await collect(store.events("t"))).toEqual(events);
  });

  it("refuses a version that is not the stored one, and names both", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 4));
    for (const expected of [0, 3, 5]) {
      const appended = store.append("t", expected, eventsAfter("t", expected, 1));
      await expect(appended).rejects.toBeInstanceOf(CheckpointConflictError);
      await expect(appended).rejects.toThrow(
        new RegExp(`\\b4\\b.*\\b${expected}\\b|\\b${expected}\\b.*\\b4\\b`),
      );
    }
    await expect(store.append("absent", 2, eventsAfter("absent", 2, 1))).rejects.toBeInstanceOf(
      CheckpointConflictError,
    );
    expect((await store.read("t"))?.version).toBe(4);
    expect(await store.read("absent")).toBeUndefined();
  });

  it("refuses a batch whole where one event of it is out of place", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    const [third, fourth] = eventsAfter("t", 2, 2);
    if (third === undefined || fourth === undefined) throw new Error("two events were asked for");
    const misfits: Record<string, readonly DurableEvent[]> = {
      "a gap": [third, { ...fourth, sequence: 5 }],
      "a repeat": [third, { ...fourth, sequence: 3 }],
      "the wrong beginning": [fourth],
      "another thread": [third, { ...fourth, threadId: "other" }],
    };
    for (const [what, batch] of Object.entries(misfits)) {
      const error = await store.append("t", 2, batch).catch((reason: unknown) => reason);
      expect(error, what).toBeInstanceOf(CheckpointError);
      expect(error, what).not.toBeInstanceOf(CheckpointConflictError);
    }
    expect((await store.read("t"))?.version).toBe(2);
    await store.append("t", 2, [third, fourth]);
  });

  it("compares the version for an empty batch, and writes nothing", async () => {
    const store = current();
    await store.append("t", 0, []);
    expect(await store.read("t")).toBeUndefined();
    await expect(store.append("t", 1, [])).rejects.toBeInstanceOf(CheckpointConflictError);
    await store.append("t", 0, eventsAfter("t", 0, 2));
    await store.append("t", 2, []);
    await expect(store.append("t", 1, [])).rejects.toBeInstanceOf(CheckpointConflictError);
    expect((await store.read("t"))?.version).toBe(2);
  });

  it("neither changes nor keeps what it is handed", async () => {
    const store = current();
    const result = { list: [1, 2] };
    const events = [startEvent("t", 1), resultEvent("t", 2, result)];
    await store.append("t", 0, events);
    expect(events.map((event) => Object.isFrozen(event))).toEqual([false, false]);
    expect(Object.isFrozen(events) || Object.isFrozen(result)).toBe(false);
    result.list.push(3);
    expect((await wholeThread(store, "t"))[1]).toMatchObject({ result: { list: [1, 2] } });
  });

  it("hands out nothing that can be changed", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    const thread = await store.read("t");
    expect(isDeepFrozen(thread?.events)).toBe(true);
    expect(isDeepFrozen(await collect(store.events("t")).then((events) => events[2]))).toBe(true);
    expect(isDeepFrozen((await collect(store.list()))[0])).toBe(true);
  });

  it("keeps what it does not know, and text of every kind", async () => {
    const store = current();
    const odd = "\u0000 \u001f \u2028\u2029 \r\n \\ \" ' 😀 e\u0301 \ud800 </script>";
    const events = [
      { ...startEvent("t", 1, { metadata: { odd } }), addedLater: { odd: [odd] } },
      resultEvent("t", 2, {
        [odd]: odd,
        "": 0,
        big: Number.MAX_SAFE_INTEGER,
        small: 5e-324,
        minus: -0.5,
      }),
    ];
    await store.append("t", 0, events);
    expect(await wholeThread(await another(), "t")).toEqual(events);
  });

  it("reads prefixes", async () => {
    const store = current();
    const events = eventsAfter("t", 0, 9);
    await store.append("t", 0, events.slice(0, 4));
    await store.append("t", 4, events.slice(4));
    for (const upTo of [1, 3, 4, 5, 9, 12]) {
      expect((await store.read("t", { upTo }))?.version).toBe(Math.min(upTo, 9));
      expect(await wholeThread(store, "t", upTo)).toEqual(events.slice(0, upTo));
    }
    for (const upTo of [0, -1, 1.5, Number.NaN]) {
      await expect(store.read("t", { upTo })).rejects.toBeInstanceOf(CheckpointError);
    }
  });

  it("gives the events of a range, and may be left early", async () => {
    const store = current();
    const events = eventsAfter("t", 0, 9);
    await store.append("t", 0, events.slice(0, 4));
    await store.append("t", 4, events.slice(4));
    expect(await collect(store.events("t", { after: 3 }))).toEqual(events.slice(3));
    expect(await collect(store.events("t", { after: 2, upTo: 6 }))).toEqual(events.slice(2, 6));
    expect(await collect(store.events("t", { after: 9 }))).toEqual([]);
    expect(await collect(store.events("t", { after: 7, upTo: 3 }))).toEqual([]);
    for await (const event of store.events("t")) if (event.sequence === 2) break;
    await store.append("t", 9, eventsAfter("t", 9, 1));
  });
}

export function itFindsAgain({ store: current, another }: SuiteStore): void {
  it("finds everything again when opened anew", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 5));
    const second = await another();
    expect(await wholeThread(second, "t")).toEqual(eventsAfter("t", 0, 5));
    await second.append("t", 5, eventsAfter("t", 5, 1));
    await expect(store.append("t", 5, eventsAfter("t", 5, 1))).rejects.toThrow(CheckpointConflictError);
    await store.append("t", 6, eventsAfter("t", 6, 1));
    expect((await second.read("t"))?.version).toBe(7);
  });
}

export function itRefusesNewerThreads({ store: current, fixture }: SuiteStore): void {
  it("refuses a thread of a newer schema version, and leaves it as it is", async () => {
    const store = current();
    const plant = given(fixture().plant);
    await plant("t", SCHEMA_VERSION + 7, eventsAfter("t", 0, 2));
    const refused: readonly (() => Promise<unknown>)[] = [
      () => store.read("t"),
      () => collect(store.events("t")),
      () => store.append("t", 2, eventsAfter("t", 2, 1)),
      () => store.fork("t", 1, "copy"),
    ];
    const bothVersions = new RegExp(`\\b${SCHEMA_VERSION + 7}\\b.*\\b${SCHEMA_VERSION}\\b`);
    for (const attempt of refused) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SchemaVersionError);
      expect(error).toMatchObject({ message: expect.stringMatching(bothVersions) });
    }
    expect(await collect(store.list())).toMatchObject([{ threadId: "t", schemaVersion: SCHEMA_VERSION + 7 }]);
    expect(await store.delete("t")).toBe(true);
  });
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}
