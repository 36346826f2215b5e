// Limits of what is remembered, and what a reset forgets.
import { describe, expect, it } from "vitest";
import { createClock } from "../clock.ts";
import { ConversationStore } from "../conversations/store.ts";
import { ResponseStore, type StoredResponse } from "./store.ts";

const response = (id: string, createdMs = Date.now()): StoredResponse => ({
  id,
  scope: "s",
  createdMs,
  input: [],
  thread: { before: undefined, items: [] },
  object: {},
  readyMs: 0,
});

describe("the stores", () => {
  it("keep the last ten thousand", () => {
    const clock = createClock();
    const responses = new ResponseStore(clock, () => 3_600_000);
    const conversations = new ConversationStore(clock, () => 3_600_000);
    const { id: first } = conversations.create("s", {}, []);
    const { id: used } = conversations.create("s", {}, []);
    for (let index = 0; index < 10_001; index += 1) {
      responses.put(response(`resp_${index}`));
      if (index === 5_000) conversations.update(used, () => ({}));
      if (index < 9_999) conversations.create("s", {}, []);
    }
    expect([responses.get("resp_0", "s")?.id, responses.get("resp_1", "s")?.id]).toEqual([
      undefined,
      "resp_1",
    ]);
    expect([conversations.get(first, "s")?.id, conversations.get(used, "s")?.id]).toEqual([undefined, used]);
  });

  it("let go of what has expired when something new comes", () => {
    const clock = createClock();
    const responses = new ResponseStore(clock, () => 1_000);
    responses.put(response("resp_old"));
    clock.advance(2_000);
    responses.put(response("resp_new", clock.now().getTime()));
    clock.advance(-2_000);
    expect(responses.get("resp_old", "s")).toBeUndefined();
  });

  it("forget everything when cleared", () => {
    const clock = createClock();
    const responses = new ResponseStore(clock, () => 1_000);
    const conversations = new ConversationStore(clock, () => 1_000);
    responses.put(response("resp_a"));
    const { id } = conversations.create("s", {}, []);
    responses.clear();
    conversations.clear();
    expect([responses.get("resp_a", "s"), conversations.get(id, "s")]).toEqual([undefined, undefined]);
  });
});
