import { expect, it, vi } from "vitest";
import { ConfigurationError, LeaseLostError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import { deepFreeze } from "../json/json.ts";
import { eventsAfter, noteEvent, threadIdsOf } from "../testing/checkpointer-events.ts";
import { describeCheckpointer } from "../testing/describe-checkpointer.ts";
import { MemoryCheckpointer } from "./memory.ts";
import type { Lease } from "./types.ts";

for (const ttlMs of [undefined, 100 * 365 * 24 * 3_600_000]) {
  const options = ttlMs === undefined ? {} : { ttlMs };
  describeCheckpointer(
    `MemoryCheckpointer(${JSON.stringify(options)})`,
    () => ({ checkpointer: new MemoryCheckpointer(options) }),
    { offers: ["acquire", "vacuum"] },
  );
}

it("forgets the least recently used thread beyond maxThreads", async () => {
  const store = new MemoryCheckpointer({ maxThreads: 2 });
  await store.append("a", 0, [noteEvent("a", 1, "x")]);
  await store.append("b", 0, [noteEvent("b", 1, "x")]);
  await store.read("a");
  await store.append("c", 0, [noteEvent("c", 1, "x")]);
  expect(await threadIdsOf(store)).toEqual(["a", "c"]);
  await store.append("a", 1, [noteEvent("a", 2, "x")]);
  await store.fork("a", 1, "d");
  expect(await threadIdsOf(store)).toEqual(["a", "d"]);
});

it("keeps frozen events as they are, instead of copying a history with each append", async () => {
  const store = new MemoryCheckpointer();
  const events = deepFreeze(eventsAfter("t", 0, 3));
  await store.append("t", 0, events);
  const thread = await store.read("t");
  expect(thread?.events[1]).toBe(events[1]);
});

it("is not fooled by an event that is frozen on the outside only", async () => {
  const store = new MemoryCheckpointer();
  const message = { role: "user" as const, content: "before" };
  await store.append("t", 0, [
    Object.freeze({ ...noteEvent("t", 1, ""), type: "message_added", message, origin: "x" }),
  ]);
  message.content = "after";
  expect((await store.read("t"))?.events[0]).toMatchObject({ message: { content: "before" } });
});

it("gives a reader of events the thread as it was when the reading began", async () => {
  const store = new MemoryCheckpointer();
  await store.append("t", 0, eventsAfter("t", 0, 2));
  let seen = 0;
  for await (const event of store.events("t")) {
    seen = event.sequence;
    await store.append("t", event.sequence + 1, [noteEvent("t", event.sequence + 2, "more")]);
  }
  expect(seen).toBe(2);
});

it("refuses a maxThreads that is not a whole number from 1", () => {
  for (const maxThreads of [0, -1, 2.5, Number.NaN]) {
    expect(() => new MemoryCheckpointer({ maxThreads })).toThrow(ConfigurationError);
  }
});

it("refuses a leaseMs or ttlMs that is no time", () => {
  for (const time of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new MemoryCheckpointer({ leaseMs: time })).toThrow(ConfigurationError);
    expect(() => new MemoryCheckpointer({ ttlMs: time })).toThrow(ConfigurationError);
  }
});

it("gives a lease to the next one when it ran out, and refuses its old holder from then on", async () => {
  const store = new MemoryCheckpointer({ leaseMs: 30 });
  const take = async (): Promise<Lease> => {
    const attempt = await store.acquire("t");
    if ("lease" in attempt) return attempt.lease;
    throw new Error(`held for ${attempt.heldForMs} ms`);
  };
  const first = await take();
  await store.append("t", 0, eventsAfter("t", 0, 2), { fence: first.fence });
  const second = await vi.waitFor(take, { timeout: 5_000, interval: 5 });
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(await first.renew()).toBe(false);
  await expect(store.append("t", 2, [], { fence: first.fence })).rejects.toBeInstanceOf(LeaseLostError);
  await store.append("t", 2, eventsAfter("t", 2, 1), { fence: second.fence });
});

it("forgets threads that have outlived ttlMs: when they are met, with later appends, or by vacuum", async () => {
  const store = new MemoryCheckpointer({ ttlMs: 3_600_000 });
  const aged = (threadId: string, hours: number): DurableEvent => ({
    ...noteEvent(threadId, 1, "x"),
    timestamp: new Date(Date.now() - hours * 3_600_000).toISOString(),
  });
  await store.append("old", 0, [aged("old", 2)]);
  await store.append("fresh", 0, [aged("fresh", 0)]);
  expect(await store.read("old")).toBeUndefined();
  expect(await threadIdsOf(store)).toEqual(["fresh"]);
  await store.append("old", 0, [aged("old", 2)]);
  await expect(store.fork("old", 1, "copy")).rejects.toThrow("does not exist");
  await store.append("old", 0, [aged("old", 2)]);
  expect(await store.delete("old")).toBe(false);
  await store.append("old", 0, [aged("old", 2)]);
  expect(await store.vacuum()).toEqual({ deletedThreads: 1, rekeyed: 0 });
  expect(await store.vacuum()).toEqual({ deletedThreads: 0, rekeyed: 0 });
  expect((await store.read("fresh"))?.version).toBe(1);
});
