import { expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze } from "../json/json.ts";
import { eventsAfter, noteEvent, threadIdsOf } from "../testing/checkpointer-events.ts";
import { describeCheckpointer } from "../testing/describe-checkpointer.ts";
import { MemoryCheckpointer } from "./memory.ts";

describeCheckpointer("MemoryCheckpointer", () => ({ checkpointer: new MemoryCheckpointer() }));

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
