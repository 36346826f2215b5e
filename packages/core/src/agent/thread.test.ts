/** Threads as they are loaded again and again: remembered or not, a thread is what its events say. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import { type DurableDraft, type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import { deepFreeze } from "../json/json.ts";
import { assistantMessage, userMessage } from "../messages/messages.ts";
import { NO_USAGE } from "../state/usage.ts";
import { noteEvent } from "../testing/checkpointer-events.ts";
import { loadThread } from "./thread.ts";

const call = (id: string) => ({ type: "tool_call", id, name: "look", arguments: "{}" }) as const;
const ids = fc.constantFrom("a", "b", "c");
const drafts: fc.Arbitrary<DurableDraft> = fc.oneof(
  fc.constant<DurableDraft>({
    type: "run_start",
    schemaVersion: SCHEMA_VERSION,
    agent: "agent",
    input: [userMessage("Rain?")],
  }),
  fc.array(ids, { maxLength: 2 }).map(
    (calls): DurableDraft => ({
      type: "model_complete",
      message: assistantMessage(calls.map(call)),
      usage: NO_USAGE,
      stopReason: "stop",
      modelId: "m",
    }),
  ),
  ids.map(
    (callId): DurableDraft => ({
      type: "tool_complete",
      callId,
      name: "look",
      result: { seen: callId },
      isError: false,
      durationMs: 1,
      cached: false,
      source: "executed",
    }),
  ),
  fc.tuple(fc.nat(8), fc.nat(3)).map(
    ([from, count]): DurableDraft => ({
      type: "context_compacted",
      from,
      count,
      replacement: [userMessage("In short: rain.")],
      origin: "test",
    }),
  ),
  fc.constant<DurableDraft>({
    type: "terminate",
    reason: "error",
    iterations: 1,
    usage: NO_USAGE,
    text: "",
    error: { message: "no", code: "unsupported_input" },
  }),
);

const numbered = (added: readonly DurableDraft[], version: number): readonly DurableEvent[] =>
  added.map((draft, index) => ({
    ...draft,
    runId: "run_1",
    threadId: "t",
    sequence: version + index + 1,
    timestamp: "2026-01-01T00:00:00.000Z",
  }));

/** Hands out copies, as a store does that reads its threads from elsewhere. */
const copying = (store: Checkpointer): Pick<Checkpointer, "read"> => ({
  read: async (...asked) => structuredClone(await store.read(...asked)),
});
const load = (store: Pick<Checkpointer, "read">, upTo?: number) =>
  loadThread(store as Checkpointer, "t", upTo);

it("is told after each batch, and up to any version, as if it had never been loaded before", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(drafts, { minLength: 1, maxLength: 5 }), fc.nat(20)), { maxLength: 8 }),
      async (batches) => {
        const store = new MemoryCheckpointer();
        let version = 0;
        for (const [added, at] of batches) {
          await store.append("t", version, numbered(added, version));
          version += added.length;
          expect(await load(store)).toEqual(await load(copying(store)));
          expect(await load(store, at + 1)).toEqual(await load(copying(store), at + 1));
        }
      },
    ),
    { numRuns: 300 },
  );
});

it("is folded once: what a store in memory hands out again is the same state", async () => {
  const store = new MemoryCheckpointer();
  await store.append("t", 0, [noteEvent("t", 1, "one")]);
  const { state } = await load(store);
  expect((await load(store)).state).toBe(state);
  await store.append("t", 1, [noteEvent("t", 2, "two")]);
  expect((await load(store)).state.messages[0]).toBe(state.messages[0]);
});

it("is another thread when it was deleted and begun anew, or when the same events go on in another way", async () => {
  const [first, ...rest] = deepFreeze([1, 2, 3].map((sequence) => noteEvent("t", sequence, `${sequence}`)));
  const [store, other] = [new MemoryCheckpointer(), new MemoryCheckpointer()];
  if (first === undefined) throw new Error("no event");
  await store.append("t", 0, [first, ...rest]);
  await other.append("t", 0, [first, noteEvent("t", 2, "else"), noteEvent("t", 3, "altogether")]);
  const textsOf = async (one: Checkpointer) =>
    (await load(one)).state.messages.map((message) => message.content);
  expect(await textsOf(store)).toEqual(["1", "2", "3"]);
  expect(await textsOf(other)).toEqual(["1", "else", "altogether"]);
  expect(await textsOf(store)).toEqual(["1", "2", "3"]);
  await store.delete("t");
  await store.append("t", 0, [first]);
  expect(await textsOf(store)).toEqual(["1"]);
});

it("is read anew from a store that hands out events which can be changed", async () => {
  const events = [noteEvent("t", 1, "before")];
  const store: Pick<Checkpointer, "read"> = {
    read: async () => ({ threadId: "t", schemaVersion: SCHEMA_VERSION, version: 1, events }),
  };
  expect((await load(store)).state.messages).toEqual([userMessage("before")]);
  const [event] = events;
  if (event === undefined) throw new Error("no event");
  Object.assign(event, { message: userMessage("after") });
  expect((await load(store)).state.messages).toEqual([userMessage("after")]);
});

it("is read anew from a store that hands out its own list, which grows", async () => {
  const events = [deepFreeze(noteEvent("t", 1, "one"))];
  const store: Pick<Checkpointer, "read"> = {
    read: async () => ({ threadId: "t", schemaVersion: SCHEMA_VERSION, version: events.length, events }),
  };
  expect((await load(store)).state.version).toBe(1);
  events.push(deepFreeze(noteEvent("t", 2, "two")));
  expect((await load(store)).state.messages).toEqual([userMessage("one"), userMessage("two")]);
});
