// Where the bus does not reach back far enough, the store does: at the seam nothing is missing and nothing is told twice.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunk, ended, retried, runOf, started } from "../../test/observed.ts";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { AgentEvent, DurableEvent } from "../events/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { EventBus } from "./bus.ts";

async function stored(events: readonly DurableEvent[]): Promise<MemoryCheckpointer> {
  const store = new MemoryCheckpointer();
  await store.append("t1", 0, events);
  return store;
}

async function sequences(
  events: AsyncIterable<AgentEvent>,
  last = Number.POSITIVE_INFINITY,
): Promise<readonly number[]> {
  const list: number[] = [];
  for await (const { sequence } of events) {
    list.push(sequence);
    if (sequence === last) break;
  }
  return list;
}

const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a store behind the bus", () => {
  it("fills what the bus has forgotten", async () => {
    const events = runOf(1, 40);
    const bus = new EventBus({ history: 5 });
    for (const event of events) bus.publish(event);
    const watched = bus.subscribe({ runId: "r1", after: 10, store: await stored(events) });
    expect(await sequences(watched)).toEqual(upTo(40, 11));
    expect(watched.dropped).toEqual({ transient: 0, durable: 0 });
  });

  it("tells a run that the bus has never heard of, and its end", async () => {
    const store = await stored([...runOf(1, 4), ...runOf(5, 3, { runId: "r2" })]);
    const bus = new EventBus();
    const of = (runId: string, after: number) =>
      sequences(bus.subscribe({ runId, threadId: "t1", after, store }));
    expect(await of("r1", 0)).toEqual([1, 2, 3, 4]);
    expect(await of("r2", 0)).toEqual([5, 6, 7]);
    // A client that has seen the end, and comes back all the same.
    expect(await of("r2", 7)).toEqual([]);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("stands in for what a slow reader lost: nothing on record is lost to it", async () => {
    const events = runOf(1, 60);
    const store = await stored(events);
    const bus = new EventBus({ queue: 3, history: 2 });
    const slow = bus.subscribe({ runId: "r1", threadId: "t1", after: 0, store });
    expect((await slow.next()).value?.sequence).toBe(1);
    for (const event of events) {
      bus.publish(event);
      bus.publish(chunk(event.sequence, "x"));
    }
    expect(await sequences({ [Symbol.asyncIterator]: () => slow })).toEqual(
      expect.arrayContaining([...upTo(60, 2)]),
    );
    expect(slow.dropped.durable).toBe(0);
  });

  it("that fails ends the subscription with its error, and one that hangs does not outlive a close", async () => {
    const bus = new EventBus();
    const failing = new MemoryCheckpointer();
    failing.events = () => {
      throw new Error("the disk is gone");
    };
    const broken = bus.subscribe({ threadId: "t1", after: 0, store: failing });
    await expect(broken.next()).rejects.toThrow("the disk is gone");
    expect((await broken.next()).done).toBe(true);
    const hanging = new MemoryCheckpointer();
    hanging.events = async function* () {
      await new Promise(() => undefined);
      yield started(1);
    };
    const stuck = bus.subscribe({ threadId: "t1", after: 0, store: hanging });
    const read = stuck.next();
    stuck.close();
    expect((await read).done).toBe(true);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("counts what it does not have either", async () => {
    const bus = new EventBus({ history: 2 });
    for (const event of runOf(1, 6)) bus.publish(event);
    const watched = bus.subscribe({ runId: "r1", after: 0, store: new MemoryCheckpointer() });
    expect(await sequences(watched)).toEqual([5, 6]);
    expect(watched.dropped.durable).toBe(4);
  });

  it("and an agent that writes while it is read make one sequence", async () => {
    const bus = new EventBus({ history: 2, queue: 2 });
    const store = new MemoryCheckpointer();
    const model = new ScriptedModel(["hello"], { repeat: true });
    const agent = new Agent({ model, checkpointer: store, hooks: [bus.hook] });
    for (let run = 0; run < 5; run++) await agent.run("hi", { threadId: "t1" });
    const watched = bus.subscribe({ threadId: "t1", after: 0, store });
    const [seen] = await Promise.all([
      sequences(watched, 30),
      (async () => {
        for (let run = 0; run < 5; run++) await agent.run("hi", { threadId: "t1" });
      })(),
    ]);
    expect(seen).toEqual(upTo(30));
  });

  it("whatever is published before, between and after, and however much the bus keeps", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          length: fc.integer({ min: 3, max: 30 }),
          known: fc.integer({ min: 0, max: 30 }),
          before: fc.integer({ min: 0, max: 30 }),
          after: fc.integer({ min: 0, max: 30 }),
          history: fc.integer({ min: 0, max: 8 }),
          queue: fc.integer({ min: 1, max: 8 }),
          reads: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }),
        }),
        async ({ length, known, before, history, queue, reads, ...seen }) => {
          // Nobody has seen the end of a run that goes on.
          const after = before >= length ? seen.after : Math.min(seen.after, length - 1);
          const events = [
            started(1),
            ...upTo(length - 1, 2).map((sequence) => retried(sequence)),
            ended(length),
          ];
          const bus = new EventBus({ history, queue });
          // The bus may have been made in the middle of the run.
          for (const event of events.slice(Math.min(known, before), before)) bus.publish(event);
          const store = new MemoryCheckpointer();
          let version = Math.min(before, length);
          await store.append("t1", 0, events.slice(0, version));
          const watched = bus.subscribe({ runId: "r1", threadId: "t1", after, store });
          const told: number[] = [];
          let reading: Promise<unknown> = Promise.resolve();
          const read = (): Promise<boolean> =>
            watched.next().then(({ done, value }) => {
              if (value !== undefined) told.push(value.sequence);
              return done !== true;
            });
          for (const [at, event] of events.entries()) {
            if (at < before) continue;
            await store.append("t1", version++, [event]);
            bus.publish(event);
            for (let n = reads[at] ?? 0; n > 0; n--) reading = read();
            if ((reads[at] ?? 0) % 2 === 1) await Promise.race([reading, Promise.resolve()]);
          }
          while (await read());
          expect(told).toEqual(after >= length ? [] : upTo(length, after + 1));
          expect(watched.dropped.durable).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
