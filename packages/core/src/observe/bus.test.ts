// The bus: what reaches whom, what is kept for those who come later, and that no run ever notices.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { chunk, ended, retried, runOf, started } from "../../test/observed.ts";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { EventBus } from "./bus.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function publish(bus: EventBus, events: readonly AgentEvent[]): void {
  for (const event of events) bus.publish(event);
}

async function all(events: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const list: AgentEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const numbers = (events: readonly AgentEvent[]): readonly number[] => events.map(({ sequence }) => sequence);

async function take(events: AsyncIterator<AgentEvent>, n: number): Promise<readonly AgentEvent[]> {
  const list: AgentEvent[] = [];
  while (list.length < n) {
    const next = await events.next();
    if (next.done === true) break;
    list.push(next.value);
  }
  return list;
}

describe("connecting agents", () => {
  it("publishes a run once, however often its agent is connected", async () => {
    const bus = new EventBus();
    const agent = new Agent({ model: new ScriptedModel(["hello"], { repeat: true }), hooks: [bus.hook] });
    const unwatch = bus.watch(agent);
    const seen: AgentEvent["type"][] = [];
    bus.on("event", ({ type }) => seen.push(type));
    await agent.run("hi");
    expect(seen).toEqual(["run_start", "model_complete", "terminate"]);
    unwatch();
    await agent.run("hi");
    expect(bus.stats().published).toBe(6);
  });

  it("shows the same to a subscriber as the run's own stream", async () => {
    const bus = new EventBus();
    const agent = new Agent({ model: new ScriptedModel(["hello"]), hooks: [bus.hook] });
    const watched = bus.subscribe();
    const own = await all(agent.stream("hi"));
    expect(await take(watched, own.length)).toEqual(own);
  });

  it("does not hold back or break a run by a listener or subscriber that throws, hangs or never reads", async () => {
    const logged: unknown[] = [];
    const logger = { ...silent, error: (fields: unknown) => void logged.push(fields) };
    const bus = new EventBus({ queue: 1, logger });
    bus.on("event", () => {
      throw new Error("no");
    });
    bus.on("event", () => new Promise(() => undefined));
    bus.on("terminate", () => Promise.reject(new Error("never")));
    const sleeping = bus.subscribe();
    const heard: string[] = [];
    bus.on("event", ({ type }) => heard.push(type));
    const agent = new Agent({ model: new ScriptedModel(["hello"]), hooks: [bus.hook] });
    expect((await agent.run("hi")).text).toBe("hello");
    expect(heard).toEqual(["run_start", "model_complete", "terminate"]);
    expect(logged).toHaveLength(4);
    expect(sleeping.dropped).toEqual({ transient: 0, durable: 2 });
  });

  it("takes anything for an event without a throw, and a listener back", () => {
    const bus = new EventBus({ logger: silent });
    const heard: AgentEvent[] = [];
    const listener = (event: AgentEvent): void => void heard.push(event);
    bus.on("retry", listener).publish(retried(1));
    bus.off("retry", listener).publish(retried(2));
    expect(() => bus.publish(undefined as unknown as AgentEvent)).not.toThrow();
    expect(numbers(heard)).toEqual([1]);
  });
});

describe("a subscription", () => {
  it("has the events of its run or thread, of its types, and ends with the run", async () => {
    const bus = new EventBus();
    const ofRun = bus.subscribe({ runId: "r2", wait: true });
    const ofThread = bus.subscribe({ threadId: "t1", types: ["terminate"] });
    publish(bus, [
      ...runOf(1, 3),
      ...runOf(1, 3, { threadId: "t2", runId: "r2" }),
      ...runOf(4, 2, { runId: "r3" }),
    ]);
    expect((await all(ofRun)).map(({ threadId }) => threadId)).toEqual(["t2", "t2", "t2"]);
    expect(numbers(await take(ofThread, 2))).toEqual([3, 5]);
    ofThread.close();
    expect(bus.stats().subscribers).toBe(0);
  });

  it("loses what is for watching first, oldest first, and counts it", async () => {
    const bus = new EventBus({ queue: 3 });
    const slow = bus.subscribe({ runId: "r1", wait: true });
    publish(bus, [started(1), chunk(1, "a"), chunk(1, "b"), retried(2), chunk(2, "c"), retried(3), ended(4)]);
    expect(slow.dropped).toEqual({ transient: 3, durable: 1 });
    expect(bus.stats()).toMatchObject({ dropped: { transient: 3, durable: 1 } });
    expect(numbers(await all(slow))).toEqual([2, 3, 4]);
  });

  it("keeps the latest however long nobody reads, and goes on once somebody does", async () => {
    const bus = new EventBus({ queue: 4 });
    const slow = bus.subscribe({ threadId: "t1" });
    for (let sequence = 1; sequence <= 1000; sequence++)
      publish(bus, [retried(sequence), chunk(sequence, "x")]);
    expect(bus.stats().queued).toBe(4);
    expect(numbers(await take(slow, 4))).toEqual([997, 998, 999, 1000]);
    bus.publish(chunk(1000, "y"));
    expect(await take(slow, 1)).toMatchObject([{ text: "y" }]);
    expect(slow.dropped).toEqual({ transient: 1000, durable: 996 });
  });

  it("ends by break, close, its signal, disposal and the bus, also while its reader waits", async () => {
    const bus = new EventBus();
    const controller = new AbortController();
    const waiting = [
      bus.subscribe(),
      bus.subscribe({ signal: controller.signal }),
      bus.subscribe(),
      bus.subscribe(),
    ] as const;
    const reads = waiting.map((subscription) => subscription.next());
    waiting[0].close();
    controller.abort();
    await waiting[2][Symbol.asyncDispose]();
    bus.close();
    for (const read of reads) expect((await read).done).toBe(true);
    expect(bus.stats()).toMatchObject({ subscribers: 0, queued: 0, runs: 0, history: 0 });
    bus.publish(started(1));
    expect(await all(bus.subscribe())).toEqual([]);
    const open = new EventBus();
    expect(await all(open.subscribe({ signal: controller.signal }))).toEqual([]);
    const broken = open.subscribe();
    open.publish(started(1));
    for await (const _event of broken) break;
    expect(open.stats().subscribers).toBe(0);
  });

  it("can still be read to its end after the bus has closed", async () => {
    const bus = new EventBus();
    const watched = bus.subscribe();
    publish(bus, runOf(1, 3));
    bus.close();
    expect(numbers(await all(watched))).toEqual([1, 2, 3]);
  });

  it("is refused beyond the limit, and for options that do not go together", () => {
    const bus = new EventBus({ subscribers: 1 });
    const first = bus.subscribe();
    expect(() => bus.subscribe()).toThrow(
      expect.objectContaining({ code: "too_many_subscribers", retryable: true }),
    );
    first.close();
    expect(() => bus.subscribe({ after: 3 })).toThrow("after counts the events of one thread");
    const store = new MemoryCheckpointer();
    expect(() => bus.subscribe({ threadId: "t", store })).toThrow(
      "a store is read for events after a sequence",
    );
    expect(() => bus.subscribe({ runId: "r9", after: 0, store })).toThrow("which the bus does not know");
    expect(() => bus.subscribe({ types: ["text"] as never })).toThrow("types[0] must be");
    expect(() => new EventBus({ queue: 0 })).toThrow("queue must be a whole number from 1");
    expect(() => new EventBus({ size: 1 } as never)).toThrow('unknown option "size"');
  });

  it("of a thread does not show another one by the id of its run", () => {
    const bus = new EventBus();
    bus.publish(started(1, { threadId: "secret" }));
    expect(() => bus.subscribe({ runId: "r1", threadId: "t1", after: 0 })).toThrow("there is no such run");
  });
});

describe("what happened before", () => {
  it("comes first, from the sequence that was seen, without a gap or a repeat", async () => {
    const bus = new EventBus();
    const [first, second, third, ...rest] = runOf(1, 6);
    publish(
      bus,
      [first, second, third].flatMap((event) => event ?? []),
    );
    const watched = bus.subscribe({ runId: "r1", after: 1 });
    publish(bus, [chunk(3, "a"), ...rest]);
    expect(numbers(await all(watched))).toEqual([2, 3, 3, 4, 5, 6]);
  });

  it("is all there is of a run that is over", async () => {
    const bus = new EventBus();
    publish(bus, runOf(1, 3));
    expect(numbers(await all(bus.subscribe({ runId: "r1", after: 0 })))).toEqual([1, 2, 3]);
    expect(await all(bus.subscribe({ runId: "r1", after: 3 }))).toEqual([]);
    expect(await all(bus.subscribe({ runId: "r1" }))).toEqual([]);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("goes on past the end of a run that went on after a question", async () => {
    const bus = new EventBus();
    publish(bus, [started(1), ended(2)]);
    publish(bus, [retried(3)]);
    const watched = bus.subscribe({ runId: "r1", after: 0 });
    publish(bus, [ended(4)]);
    expect(numbers(await all(watched))).toEqual([1, 2, 3, 4]);
  });

  it("is kept as far as was asked for, and what is missing is counted", async () => {
    const bus = new EventBus({ history: 3, runs: 2 });
    publish(bus, runOf(1, 10));
    const late = bus.subscribe({ runId: "r1", after: 4 });
    expect(numbers(await all(late))).toEqual([8, 9, 10]);
    expect(late.dropped).toEqual({ transient: 0, durable: 3 });
    publish(bus, runOf(11, 5, { runId: "r2" }));
    const ofThread = bus.subscribe({ threadId: "t1", after: 8 });
    expect(numbers(await take(ofThread, 5))).toEqual([9, 10, 13, 14, 15]);
    expect(ofThread.dropped.durable).toBe(2);
    publish(bus, runOf(16, 5, { runId: "r3" }));
    expect(bus.stats()).toMatchObject({ runs: 2, history: 6 });
  });

  it("has the end of a run whose store failed, which has no number of its own", async () => {
    const bus = new EventBus();
    publish(bus, [started(1), retried(2), ended(2)]);
    expect((await all(bus.subscribe({ runId: "r1", after: 2 }))).map(({ type }) => type)).toEqual([
      "terminate",
    ]);
  });

  it("of a deleted thread is not taken for that of a new one with its name", async () => {
    const bus = new EventBus();
    publish(bus, [...runOf(1, 9), ...runOf(1, 2, { runId: "r2" })]);
    expect(numbers(await take(bus.subscribe({ threadId: "t1", after: 0 }), 2))).toEqual([1, 2]);
    expect(bus.stats().runs).toBe(1);
  });
});

describe("what a bus keeps", () => {
  it("does not grow: ten thousand runs leave it as two hundred did", () => {
    const bus = new EventBus();
    const watched = bus.subscribe();
    const run = (id: number): void => publish(bus, runOf(1, 4, { runId: `r${id}`, threadId: `t${id}` }));
    for (let id = 0; id < 300; id++) run(id);
    const { published: _before, dropped: _lost, ...held } = bus.stats();
    for (let id = 300; id < 10_000; id++) run(id);
    expect(bus.stats()).toMatchObject(held);
    expect(held).toEqual({ subscribers: 1, queued: 1024, runs: 200, history: 800 });
    watched.close();
  });

  it("is let go of: events that gave way, and subscriptions that were closed", async () => {
    const bus = new EventBus({ history: 5, runs: 2, queue: 5 });
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    const slow = bus.subscribe();
    for (let id = 0; id < 100; id++) {
      const left = bus.subscribe({ runId: `r${id}`, wait: true });
      for (const event of runOf(1, 4, { runId: `r${id}`, threadId: `t${id}` })) {
        registry.register(event, undefined);
        bus.publish(event);
      }
      registry.register(left, undefined);
    }
    for (let turn = 0; turn < 20 && collected < 470; turn++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(collected).toBeGreaterThanOrEqual(470);
    expect(slow.dropped.durable).toBe(395);
  });
});
