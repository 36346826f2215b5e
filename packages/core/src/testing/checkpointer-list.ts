/** The part of the checkpointer suite about `list`: order, pages, filters, summaries. */

import { CheckpointError } from "../errors/errors.ts";
import { SCHEMA_VERSION } from "../events/types.ts";
import type { JsonObject } from "../json/json.ts";
import {
  collect,
  eventsAfter,
  noteEvent,
  startEvent,
  threadIdsOf,
  timestampOf,
} from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

export function itLists({ store: current }: SuiteStore): void {
  const fill = async (...threadIds: readonly string[]): Promise<void> => {
    for (const id of threadIds) await current().append(id, 0, [noteEvent(id, 1, "x")]);
  };

  it("orders by code point, either way", async () => {
    // UTF-16 units would put the face, a pair of surrogates, before U+FFFF.
    const ordered = ["A", "Z", "_", "a", "a1", "a10", "a2", "b", "é", "日", "\uffff", "😀", "😀a"];
    await fill(...ordered.toReversed());
    expect(await threadIdsOf(current())).toEqual(ordered);
    expect(await threadIdsOf(current(), { order: "desc" })).toEqual(ordered.toReversed());
  });

  it("gives pages, the next after the last id of the one before", async () => {
    const ids = ["p1", "p2", "p3", "p4", "p5"];
    await fill(...ids);
    expect(await threadIdsOf(current(), { limit: 2 })).toEqual(["p1", "p2"]);
    expect(await threadIdsOf(current(), { limit: 2, after: "p2" })).toEqual(["p3", "p4"]);
    expect(await threadIdsOf(current(), { limit: 2, after: "p4" })).toEqual(["p5"]);
    expect(await threadIdsOf(current(), { limit: 2, after: "p5" })).toEqual([]);
    expect(await threadIdsOf(current(), { limit: 2, after: "p4", order: "desc" })).toEqual(["p3", "p2"]);
  });

  it("goes on after a cursor whose thread is gone", async () => {
    await fill("p1", "p2", "p3");
    await current().delete("p2");
    expect(await threadIdsOf(current(), { after: "p2" })).toEqual(["p3"]);
    expect(await threadIdsOf(current(), { after: "p2", order: "desc" })).toEqual(["p1"]);
  });

  it("takes a prefix for what it is, wildcards and all", async () => {
    await fill(
      "user:1",
      "user:2",
      "user_3",
      "userx4",
      "User:5",
      "user%6",
      "us",
      "user*7",
      "user[8]",
      "user\\9",
    );
    expect(await threadIdsOf(current(), { prefix: "user:" })).toEqual(["user:1", "user:2"]);
    for (const id of ["user_3", "user%6", "user*7", "user[8]", "user\\9"]) {
      expect(await threadIdsOf(current(), { prefix: id.slice(0, 5) }), id).toEqual([id]);
    }
    expect(await threadIdsOf(current(), { prefix: "user:", after: "user:1", limit: 5 })).toEqual(["user:2"]);
    expect(await threadIdsOf(current(), { prefix: "nobody" })).toEqual([]);
  });

  it("filters by members of the metadata, type and all", async () => {
    const metadata: Record<string, JsonObject> = {
      number: { value: 1 },
      text: { value: "1" },
      yes: { value: true },
      nothing: { value: null },
      other: { another: 1 },
      nested: { value: { deeper: 1 } },
      both: { value: 1, 'it\'s "a.b"[0]': "x" },
    };
    for (const [id, each] of Object.entries(metadata)) {
      await current().append(id, 0, [startEvent(id, 1, { metadata: each })]);
    }
    await fill("none");
    const having = async (
      wanted: Record<string, string | number | boolean | null>,
    ): Promise<readonly string[]> => await threadIdsOf(current(), { metadata: wanted });
    expect(await having({ value: 1 })).toEqual(["both", "number"]);
    expect(await having({ value: "1" })).toEqual(["text"]);
    expect(await having({ value: true })).toEqual(["yes"]);
    expect(await having({ value: null })).toEqual(["nothing"]);
    expect(await having({ value: 1, 'it\'s "a.b"[0]': "x" })).toEqual(["both"]);
    expect(await having({ deeper: 1 })).toEqual([]);
    expect(await having({ toString: "x" })).toEqual([]);
    expect(await threadIdsOf(current(), { metadata: { value: 1 }, limit: 1 })).toEqual(["both"]);
    expect(await threadIdsOf(current(), { metadata: { value: 1 }, limit: 1, after: "both" })).toEqual([
      "number",
    ]);
  });

  it("sums a thread up from its events", async () => {
    await current().append("t", 0, [
      startEvent("t", 1, { agent: "first", metadata: { user: "ada", topic: "rain" } }),
      ...eventsAfter("t", 1, 2),
    ]);
    expect(await collect(current().list())).toEqual([
      {
        threadId: "t",
        version: 3,
        schemaVersion: SCHEMA_VERSION,
        createdAt: timestampOf(1),
        updatedAt: timestampOf(3),
        agent: "first",
        metadata: { user: "ada", topic: "rain" },
      },
    ]);
    await current().append("t", 3, [
      startEvent("t", 4, { agent: "second", metadata: { topic: "snow" } }),
      startEvent("t", 5, { agent: "third" }),
    ]);
    const [summary] = await collect(current().list({ metadata: { topic: "snow", user: "ada" } }));
    expect(summary).toMatchObject({ version: 5, agent: "third", metadata: { user: "ada", topic: "snow" } });
    expect(summary).toMatchObject({ createdAt: timestampOf(1), updatedAt: timestampOf(5) });
    expect(await collect(current().list({ metadata: { topic: "rain" } }))).toEqual([]);
  });

  it("sums a fork up as of its last event", async () => {
    await current().append("t", 0, [startEvent("t", 1, { agent: "first", metadata: { topic: "rain" } })]);
    await current().append("t", 1, [startEvent("t", 2, { agent: "second", metadata: { topic: "snow" } })]);
    await current().fork("t", 1, "copy");
    const [copy] = await collect(current().list({ prefix: "copy" }));
    expect(copy).toMatchObject({
      version: 1,
      agent: "first",
      metadata: { topic: "rain" },
      updatedAt: timestampOf(1),
    });
  });

  it("refuses a limit that is not a whole number from 1", async () => {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await expect(threadIdsOf(current(), { limit }), `limit ${limit}`).rejects.toBeInstanceOf(
        CheckpointError,
      );
    }
  });
}
