/** The part of the checkpointer suite about several writers of one thread, and about events that are large. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointConflictError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import { eventsAfter, noteEvent, resultEvent, wholeThread } from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

const ROUNDS = 25;
const CROWD = 50;
const MEGABYTES = 10;

export function itSettlesRaces({ store: current, another }: SuiteStore): void {
  it("lets exactly one of several writers have each version, whatever they write", async () => {
    const writers = [current(), await another(), await another()];
    const acknowledged: DurableEvent[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const version = acknowledged.length;
      const won = await race(
        writers.map((store, index) => ({
          store,
          // Batches of different lengths: the loser of one version must not have the next.
          events: Array.from({ length: 1 + ((round + index) % 3) }, (_, at) =>
            noteEvent("t", version + at + 1, `writer ${index} in round ${round}`),
          ),
        })),
        version,
      );
      acknowledged.push(...won);
    }
    expect(await wholeThread(await another(), "t")).toEqual(acknowledged);
    expect(await wholeThread(current(), "t")).toEqual(acknowledged);
  });

  it(`lets one of ${CROWD} writers begin a thread, and one go on with it`, async () => {
    const stores = [current(), await another(), await another()];
    const acknowledged: DurableEvent[] = [];
    for (const version of [0, 1]) {
      const writers = Array.from({ length: CROWD }, (_, index) => ({
        store: stores[index % stores.length] ?? current(),
        events: [noteEvent("t", version + 1, `writer ${index}`)],
      }));
      acknowledged.push(...(await race(writers, version)));
    }
    expect(await wholeThread(await another(), "t")).toEqual(acknowledged);
  });

  it("loses nothing that was acknowledged when writers try again until they get through", async () => {
    const stores = [current(), await another(), await another()];
    const insist = async (store: Checkpointer, name: string): Promise<void> => {
      for (let note = 0; note < 5; ) {
        const version = (await store.read("t"))?.version ?? 0;
        try {
          await store.append("t", version, [noteEvent("t", version + 1, `${name} ${note}`)]);
          note += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointConflictError);
        }
      }
    };
    await Promise.all(stores.map(async (store, index) => await insist(store, `writer ${index}`)));
    const texts = (await wholeThread(await another(), "t")).map((event) =>
      event.type === "message_added" ? String(event.message.content) : event.type,
    );
    const written = stores.flatMap((_, index) => [0, 1, 2, 3, 4].map((note) => `writer ${index} ${note}`));
    expect(texts.toSorted()).toEqual(written);
    // Each writer's own are in the order that it wrote them.
    for (const [index] of stores.entries()) {
      const own = texts.filter((text) => text.startsWith(`writer ${index} `));
      expect(own).toEqual(own.toSorted());
    }
  });

  it("lets writers of different threads through, all at once", async () => {
    const stores = [current(), await another()];
    const ids = Array.from({ length: 20 }, (_, index) => `thread ${index}`);
    await Promise.all(
      ids.map(async (id, index) => await stores[index % 2]?.append(id, 0, eventsAfter(id, 0, 3))),
    );
    for (const id of ids) expect(await wholeThread(current(), id)).toEqual(eventsAfter(id, 0, 3));
  });

  it("leaves nothing of a batch that it refused", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    const large = Array.from({ length: 40 }, (_, index) =>
      resultEvent("t", index + 2, `refused ${index}`.repeat(2_000)),
    );
    await expect(store.append("t", 1, large)).rejects.toBeInstanceOf(CheckpointConflictError);
    await expect(store.append("absent", 1, [noteEvent("absent", 2, "x")])).rejects.toBeInstanceOf(
      CheckpointConflictError,
    );
    const later = await another();
    await later.append("t", 2, eventsAfter("t", 2, 1));
    expect(await wholeThread(later, "t")).toEqual(eventsAfter("t", 0, 3));
    expect(await later.read("absent")).toBeUndefined();
  });

  it(`takes ${MEGABYTES} megabytes at once, in one event or in many`, async () => {
    const store = current();
    const one = [resultEvent("one", 1, "é€😀x".repeat((MEGABYTES * 1_000_000) / 10))];
    await store.append("one", 0, one);
    const many = Array.from({ length: MEGABYTES * 4 }, (_, index) =>
      resultEvent("many", index + 1, `${index}é`.repeat(250_000 / (String(index).length + 2))),
    );
    await store.append("many", 0, many);
    const second = await another();
    // Compared by hand: a difference of megabytes is nothing to print.
    expect(JSON.stringify(await wholeThread(second, "one")) === JSON.stringify(one)).toBe(true);
    expect(JSON.stringify(await wholeThread(second, "many")) === JSON.stringify(many)).toBe(true);
    await second.append("one", 1, eventsAfter("one", 1, 1));
    expect((await store.read("one"))?.version).toBe(2);
  });
}

/** All append at once; the events of the one that got through. */
async function race(
  writers: readonly { readonly store: Checkpointer; readonly events: readonly DurableEvent[] }[],
  version: number,
): Promise<readonly DurableEvent[]> {
  const outcomes = await Promise.allSettled(
    writers.map(async ({ store, events }) => {
      await store.append("t", version, events);
      return events;
    }),
  );
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(won, `winners of version ${version}`).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(CheckpointConflictError);
  }
  return won.flat();
}
