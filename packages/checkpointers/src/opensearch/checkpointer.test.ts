import type { IncomingMessage } from "node:http";
import { ConfigurationError, type DurableEvent } from "@locus-sdk/core";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type OpenSearch, startOpenSearch } from "../../test/servers/opensearch.ts";
import { OpenSearchCheckpointer, type OpenSearchCheckpointerOptions } from "./index.ts";

const open = (
  { url }: OpenSearch,
  rest: Partial<OpenSearchCheckpointerOptions> = {},
): OpenSearchCheckpointer => new OpenSearchCheckpointer({ url, snapshotEvery: 10, ...rest });

const sourcesOf = (cluster: OpenSearch): readonly string[] =>
  [...cluster.indices.values()].flatMap(({ docs }) =>
    [...docs].map(([name, { source }]) => `${name}\n${Object.values(source).map(String).join("\n")}`),
  );

describeCheckpointer(
  "OpenSearchCheckpointer",
  async () => {
    const cluster = await startOpenSearch();
    return {
      checkpointer: open(cluster),
      reopen: () => open(cluster),
      leaseStore: (leaseMs) => open(cluster, { leaseMs }),
      withTtl: (ttlMs) => open(cluster, { ttlMs }),
      withEncryption: (encryption) => open(cluster, { encryption }),
      plant: async (threadId, schemaVersion, events) => {
        await open(cluster).append(threadId, 0, events);
        for (const { docs } of cluster.indices.values()) {
          for (const [name, doc] of docs) {
            const text = String(doc.source.text).replaceAll(
              '"schemaVersion":1',
              `"schemaVersion":${schemaVersion}`,
            );
            docs.set(name, { ...doc, source: { ...doc.source, text } });
          }
        }
      },
      dump: () => sourcesOf(cluster).join("\n"),
      dispose: async () => await cluster.close(),
    };
  },
  {
    offers: [
      ...(["acquire", "close", "dump", "leaseStore", "plant", "reopen"] as const),
      ...(["snapshotEvery", "vacuum", "withEncryption", "withTtl"] as const),
    ],
  },
);

let cluster: OpenSearch;
beforeEach(async () => {
  cluster = await startOpenSearch();
});
afterEach(async () => await cluster.close());

const note = (sequence: number, text = `note ${sequence}`, threadId = "t"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  message: { role: "user", content: text },
  origin: "test",
});
const start = (threadId: string, topic: string): DurableEvent => ({
  type: "run_start",
  runId: "run_1",
  threadId,
  sequence: 1,
  timestamp: "2026-01-01T00:00:00.000Z",
  schemaVersion: 1,
  agent: "tester",
  input: [],
  metadata: { topic },
});
const isHeadWrite = ({ method, url = "" }: IncomingMessage): boolean =>
  method === "PUT" && /^\/locus-threads\/_(doc|create)\//.test(url);

describe("an append to OpenSearch", () => {
  it("takes two requests once its instance knows the thread, and refreshes nothing", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    const before = cluster.requests.length;
    await store.append("t", 1, [note(2), note(3)]);
    const [batch, head, ...others] = cluster.requests.slice(before);
    expect(batch).toMatch(/^PUT \/locus-parts\/_doc\//);
    expect(head).toMatch(/^PUT \/locus-threads\/_doc\/74\?routing=74&if_seq_no=\d+&if_primary_term=1$/);
    expect(others).toEqual([]);
  });

  it("is done once, whatever answers are lost on the way", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    for (const [round, faults] of (
      [["lose"], ["lose", "lose", "busy"], ["drop", "throttle"]] as const
    ).entries()) {
      cluster.fail(faults, isHeadWrite);
      await store.append("t", round + 1, [note(round + 2)]);
    }
    cluster.fail(["lose"], isHeadWrite);
    await store.append("new", 0, [note(1, "x", "new")]);
    expect((await open(cluster).read("t"))?.version).toBe(4);
    expect((await open(cluster).read("new"))?.version).toBe(1);
    expect(cluster.indices.get("locus-parts")?.docs.size).toBe(5);
  });

  it("that dies between its two requests leaves the thread whole", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    cluster.fail(["drop"], isHeadWrite);
    await expect(open(cluster, { maxRetries: 0 }).append("t", 1, [note(2, "unborn")])).rejects.toMatchObject({
      code: "checkpoint_connection",
    });
    expect((await store.read("t"))?.events).toEqual([note(1)]);
    await store.append("t", 1, [note(2)]);
    expect((await open(cluster).read("t"))?.events).toEqual([note(1), note(2)]);
  });
});

describe("OpenSearch", () => {
  it("is asked for the metadata that is wanted, and shows none of it", async () => {
    const store = open(cluster);
    for (let index = 0; index < 5; index += 1) {
      await store.append(`t${index}`, 0, [start(`t${index}`, index === 3 ? "snow" : "rain")]);
    }
    const found: string[] = [];
    for await (const { threadId } of store.list({ metadata: { topic: "snow" } })) found.push(threadId);
    expect(found).toEqual(["t3"]);
    const indexed = [...(cluster.indices.get("locus-threads")?.docs.values() ?? [])].map(
      ({ source }) => source.labels,
    );
    expect(indexed.flat().every((label) => /^[0-9a-f]{32}$/.test(String(label)))).toBe(true);
  });

  it("that searched a part of its shards is an error and not a shorter thread", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    cluster.failShards = true;
    await expect(store.read("t")).rejects.toMatchObject({ retryable: true });
    await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toThrow(/shards/);
  });

  it("gives its indices explicit mappings, also where several begin at once", async () => {
    await Promise.all([1, 2, 3].map(async (index) => await open(cluster).read(`t${index}`)));
    expect([...cluster.indices.keys()].toSorted()).toEqual(["locus-parts", "locus-threads"]);
    expect(Object.keys(cluster.indices.get("locus-threads")?.properties ?? {})).toEqual([
      "key",
      "labels",
      "sealed",
    ]);
    const own = open(cluster, { indexPrefix: "team-a" });
    await own.append("t", 0, [note(1)]);
    expect(await open(cluster).read("t")).toBeUndefined();
  });

  it("whose index was deleted is an error and not an absent thread", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    cluster.indices.clear();
    await expect(store.read("t")).rejects.toMatchObject({ status: 404, hint: /index/ });
  });

  it("alone says that a thread is not there: a 404 of something in between is an error", async () => {
    for (const body of ["default backend - 404", JSON.stringify({ error: "no such route" }), "{}"]) {
      let isAway = false;
      const store = open(cluster, {
        fetch: async (input, init) =>
          isAway ? new Response(body, { status: 404 }) : await fetch(input, init),
      });
      const id = `t ${body}`;
      await store.append(id, 0, [note(1, "x", id)]);
      isAway = true;
      const refused = { name: "CheckpointError", status: 404, hint: /in between/ };
      await expect(store.read(id)).rejects.toMatchObject(refused);
      await expect(store.events(id).next()).rejects.toMatchObject(refused);
      await expect(store.delete(id)).rejects.toMatchObject(refused);
      isAway = false;
      expect((await store.read(id))?.version).toBe(1);
    }
  });

  it("is not told of what was held up until a vacuum took it for abandoned", async () => {
    const store = open(cluster);
    await store.append("t", 0, [note(1)]);
    const real = Date.now;
    let aheadMs = 0;
    vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMs);
    const held = open(cluster, {
      fetch: async (input, init) => {
        if (aheadMs === 0 && init?.method === "PUT" && input.includes("/locus-threads/_")) {
          aheadMs = 4_000_000;
          await open(cluster).vacuum();
        }
        return await fetch(input, init);
      },
    });
    await expect(held.append("t", 1, [note(2)])).rejects.toMatchObject({ code: "checkpoint_timeout" });
    expect((await open(cluster).read("t"))?.events).toEqual([note(1)]);
    vi.restoreAllMocks();
  });

  it("is tried again after a first request that failed", async () => {
    const store = open(cluster, { maxRetries: 0 });
    cluster.fail(["drop"]);
    await expect(store.read("t")).rejects.toMatchObject({ retryable: true });
    expect(await store.read("t")).toBeUndefined();
  });

  it("is sent the given headers, asked for anew each time, and no error shows them", async () => {
    let asked = 0;
    const headers = async (): Promise<Record<string, string>> => ({
      authorization: `Bearer hidden-${++asked}`,
    });
    const store = open(cluster, { headers, maxRetries: 1 });
    await store.append("t", 0, [note(1)]);
    expect(cluster.headers.at(-1)?.authorization).toBe(`Bearer hidden-${asked}`);
    cluster.fail(["drop", "drop"]);
    const error = await store.read("t").catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain("hidden");
  });
});

describe("OpenSearchCheckpointer", () => {
  it("refuses what it cannot use, and shows no credentials", () => {
    for (const [options, what] of [
      [{ url: "search" }, /url/],
      [{ url: "https://user:hidden@search" }, /credentials/],
      [{ url: "https://search", indexPrefix: "Locus" }, /indexPrefix/],
      [{ url: "https://search", indexPrefix: "_all" }, /indexPrefix/],
      [{ url: "https://search", index: "a" }, /index/],
      [{ url: "https://search", ttlMs: -1 }, /ttlMs/],
    ] as const) {
      const make = (): OpenSearchCheckpointer =>
        new OpenSearchCheckpointer(options as OpenSearchCheckpointerOptions);
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(what);
      expect(make).not.toThrow(/hidden/);
    }
  });
});
