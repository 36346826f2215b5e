/** The conformance suite of the checkpointer contract: what every backend must do, as tests that anyone can run. */

import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointConflictError, CheckpointError, SchemaVersionError } from "../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import {
  collect,
  eventsAfter,
  noteEvent,
  resultEvent,
  startEvent,
  threadIdsOf,
  wholeThread,
} from "./checkpointer-events.ts";
import { itLists } from "./checkpointer-list.ts";
import { itForksAndDeletes, itKeepsIdsApart } from "./checkpointer-threads.ts";
import { afterEach, beforeEach, describe, expect, it } from "./vitest.ts";

/** One store, empty, for one test. */
export interface CheckpointerFixture {
  readonly checkpointer: Checkpointer;
  /**
   * Another checkpointer over the same storage, as another process would open it, beside the first. Leave it out
   * where nothing outlives the instance.
   */
  readonly reopen?: () => Checkpointer | Promise<Checkpointer>;
  /** Writes a thread as if by a Locus of that schema version. Leave it out where the test cannot reach storage. */
  readonly plant?: (
    threadId: string,
    schemaVersion: number,
    events: readonly DurableEvent[],
  ) => void | Promise<void>;
  /** Clears away what the fixture made. Checkpointers are closed before. */
  readonly dispose?: () => void | Promise<void>;
}

export interface DescribeCheckpointerOptions {
  /** Per test, in milliseconds. Default 30,000, for stores across a network. */
  readonly timeoutMs?: number;
}

/**
 * Describes `name` with every guarantee of `Checkpointer`. `factory` makes an empty store; it is called for each
 * test.
 *
 * @example
 * ```ts
 * import { MemoryCheckpointer } from "@locus-sdk/core";
 * import { describeCheckpointer } from "@locus-sdk/core/testing";
 *
 * describeCheckpointer("MemoryCheckpointer", () => ({ checkpointer: new MemoryCheckpointer() }));
 * ```
 */
export function describeCheckpointer(
  name: string,
  factory: () => CheckpointerFixture | Promise<CheckpointerFixture>,
  options: DescribeCheckpointerOptions = {},
): void {
  describe(`${name} keeps the checkpointer contract`, { timeout: options.timeoutMs ?? 30_000 }, () => {
    let fixture: CheckpointerFixture;
    let store: Checkpointer;
    let opened: Checkpointer[];

    beforeEach(async () => {
      fixture = await factory();
      store = fixture.checkpointer;
      opened = [store];
    });
    afterEach(async () => {
      for (const each of opened) await each.close?.();
      await fixture.dispose?.();
    });
    /** Another process where the store has such a thing, else the same instance. */
    const another = async (): Promise<Checkpointer> => {
      const other = (await fixture.reopen?.()) ?? store;
      opened.push(other);
      return other;
    };

    describe("append and read", () => {
      it("knows nothing of a thread that was never written", async () => {
        expect(await store.read("absent")).toBeUndefined();
        expect(await collect(store.events("absent"))).toEqual([]);
        expect(await store.delete("absent")).toBe(false);
        expect(await threadIdsOf(store)).toEqual([]);
      });

      it("gives back what was appended, in order, from sequence 1", async () => {
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
        await store.append("t", 0, []);
        expect(await store.read("t")).toBeUndefined();
        await expect(store.append("t", 1, [])).rejects.toBeInstanceOf(CheckpointConflictError);
        await store.append("t", 0, eventsAfter("t", 0, 2));
        await store.append("t", 2, []);
        await expect(store.append("t", 1, [])).rejects.toBeInstanceOf(CheckpointConflictError);
        expect((await store.read("t"))?.version).toBe(2);
      });

      it("lets exactly one of several writers have each version", async () => {
        const writers = [store, await another(), await another()];
        const won: string[] = [];
        for (let version = 0; version < 12; version += 1) {
          const outcomes = await Promise.allSettled(
            writers.map(async (writer, index) => {
              const text = `writer ${index} at ${version}`;
              await writer.append("t", version, [noteEvent("t", version + 1, text)]);
              return text;
            }),
          );
          const winners = outcomes.flatMap((outcome) =>
            outcome.status === "fulfilled" ? [outcome.value] : [],
          );
          expect(winners, `at version ${version}`).toHaveLength(1);
          won.push(...winners);
          for (const outcome of outcomes) {
            if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(CheckpointConflictError);
          }
        }
        const events = await wholeThread(await another(), "t");
        expect(events).toEqual(won.map((text, index) => noteEvent("t", index + 1, text)));
      });

      it("neither changes nor keeps what it is handed", async () => {
        const result = { list: [1, 2] };
        const events = [startEvent("t", 1), resultEvent("t", 2, result)];
        await store.append("t", 0, events);
        expect(events.map((event) => Object.isFrozen(event))).toEqual([false, false]);
        expect(Object.isFrozen(events) || Object.isFrozen(result)).toBe(false);
        result.list.push(3);
        expect((await wholeThread(store, "t"))[1]).toMatchObject({ result: { list: [1, 2] } });
      });

      it("hands out nothing that can be changed", async () => {
        await store.append("t", 0, eventsAfter("t", 0, 3));
        const thread = await store.read("t");
        expect(isDeepFrozen(thread?.events)).toBe(true);
        expect(isDeepFrozen(await collect(store.events("t")).then((events) => events[2]))).toBe(true);
        expect(isDeepFrozen((await collect(store.list()))[0])).toBe(true);
      });

      it("keeps what it does not know, and text of every kind", async () => {
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

      it("takes events of a megabyte", async () => {
        const events = [1, 2, 3].map((sequence) =>
          resultEvent("t", sequence, `${sequence}é`.repeat(350_000)),
        );
        await store.append("t", 0, events);
        expect(await wholeThread(await another(), "t")).toEqual(events);
      });

      it("reads prefixes", async () => {
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

      it("finds everything again when opened anew", async ({ skip }) => {
        if (fixture.reopen === undefined) return skip("nothing outlives the instance");
        await store.append("t", 0, eventsAfter("t", 0, 5));
        const second = await another();
        expect(await wholeThread(second, "t")).toEqual(eventsAfter("t", 0, 5));
        await second.append("t", 5, eventsAfter("t", 5, 1));
        await expect(store.append("t", 5, eventsAfter("t", 5, 1))).rejects.toThrow(CheckpointConflictError);
        await store.append("t", 6, eventsAfter("t", 6, 1));
        expect((await second.read("t"))?.version).toBe(7);
      });

      it("refuses a thread of a newer schema version, and leaves it as it is", async ({ skip }) => {
        const { plant } = fixture;
        if (plant === undefined) return skip("the test cannot reach the storage");
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
        expect(await collect(store.list())).toMatchObject([
          { threadId: "t", schemaVersion: SCHEMA_VERSION + 7 },
        ]);
        expect(await store.delete("t")).toBe(true);
      });
    });

    describe("fork and delete", () => itForksAndDeletes({ store: () => store, another }));
    describe("thread ids", () => itKeepsIdsApart({ store: () => store, another }));
    describe("list", () => itLists(() => store));
  });
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}
