import type { IncomingMessage } from "node:http";
import { ConfigurationError, type DurableEvent } from "@locus-sdk/core";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ObjectStorage, startObjectStorage } from "../../test/servers/object-storage.ts";
import { OciObjectStorageCheckpointer, type OciObjectStorageCheckpointerOptions } from "./index.ts";

/** Of a test that has one of its own. */
const open = (
  { url, namespace, bucket }: ObjectStorage,
  rest: Partial<OciObjectStorageCheckpointerOptions> = {},
): OciObjectStorageCheckpointer =>
  new OciObjectStorageCheckpointer({ fetch, endpoint: url, namespace, bucket, snapshotEvery: 10, ...rest });

describeCheckpointer(
  "OciObjectStorageCheckpointer",
  async () => {
    const storage = await startObjectStorage();
    storage.pageSize = 7;
    return {
      checkpointer: open(storage),
      reopen: () => open(storage),
      leaseStore: (leaseMs) => open(storage, { leaseMs }),
      withTtl: (ttlMs) => open(storage, { ttlMs }),
      withEncryption: (encryption) => open(storage, { encryption }),
      plant: async (threadId, schemaVersion, events) => {
        await open(storage).append(threadId, 0, events);
        for (const object of storage.objects.values()) {
          const planted = new TextDecoder()
            .decode(object.body)
            .replaceAll('"schemaVersion":1', `"schemaVersion":${schemaVersion}`);
          object.body = Buffer.from(planted);
        }
      },
      dump: () =>
        [...storage.objects]
          .map(([name, { body }]) => `${name}\n${new TextDecoder().decode(body)}`)
          .join("\n"),
      dispose: async () => await storage.close(),
    };
  },
  {
    offers: [
      ...(["acquire", "close", "dump", "leaseStore", "plant", "reopen"] as const),
      ...(["snapshotEvery", "vacuum", "withEncryption", "withTtl"] as const),
    ],
  },
);

let storage: ObjectStorage;
beforeEach(async () => {
  storage = await startObjectStorage();
});
afterEach(async () => await storage.close());

const note = (sequence: number, text = `note ${sequence}`, threadId = "t"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  message: { role: "user", content: text },
  origin: "test",
});
const isHead = ({ url = "" }: IncomingMessage): boolean => url.includes("/threads/");
const isPut = (request: IncomingMessage): boolean => request.method === "PUT" && isHead(request);
const parts = (): readonly string[] => [...storage.objects.keys()].filter((name) => name.includes("/parts/"));
/** Everything there was written this long ago. */
const age = (ms: number): void => {
  for (const object of storage.objects.values()) object.timeCreated = new Date(Date.now() - ms).toISOString();
};

describe("an append to OCI Object Storage", () => {
  it("takes two requests once its instance knows the thread", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    const before = storage.requests.length;
    await store.append("t", 1, [note(2)]);
    expect(storage.requests.slice(before).map((request) => request.split(" ")[0])).toEqual(["PUT", "PUT"]);
    expect(storage.headers.at(-1)).toHaveProperty("if-match");
  });

  it("is done once, whatever answers are lost on the way", async () => {
    for (const faults of [["lose"], ["lose", "lose", "busy"], ["drop", "throttle"]] as const) {
      const store = open(storage);
      const version = (await store.read("t"))?.version ?? 0;
      storage.fail(faults, isPut);
      await store.append("t", version, [note(version + 1), note(version + 2)]);
      expect((await open(storage).read("t"))?.version).toBe(version + 2);
    }
    expect(parts()).toHaveLength(3);
  });

  it("is done where its answer was lost and somebody else went on from it", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    storage.fail(["lose"], isPut);
    let hasGoneOn = false;
    const between = open(storage, {
      fetch: async (input, init) => {
        if (
          !hasGoneOn &&
          storage.requests.filter((one) => one.includes("/threads/") && one.startsWith("PUT")).length === 2
        ) {
          hasGoneOn = true;
          await store.append("t", 2, [note(3, "somebody else's")]);
        }
        return await fetch(input, init);
      },
    });
    await between.append("t", 1, [note(2)]);
    expect(hasGoneOn).toBe(true);
    expect((await store.read("t"))?.version).toBe(3);
  });

  it("that dies between its two requests leaves the thread whole, and its events to the next vacuum", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    const dying = open(storage, { maxRetries: 0 });
    storage.fail(["drop"], isPut);
    await expect(dying.append("t", 1, [note(2, "unborn"), note(3, "unborn")])).rejects.toMatchObject({
      retryable: true,
    });
    storage.fail(["drop"], isPut);
    await expect(dying.append("new", 0, [note(1, "unborn", "new")])).rejects.toMatchObject({
      retryable: true,
    });
    expect(parts()).toHaveLength(3);
    expect(await open(storage).read("new")).toBeUndefined();
    await open(storage).append("t", 1, [note(2)]);
    expect((await open(storage).read("t"))?.events).toEqual([note(1), note(2)]);
    await store.vacuum();
    expect(parts(), "it may be under way").toHaveLength(4);
    age(2 * 3_600_000);
    await store.vacuum();
    expect(parts()).toHaveLength(2);
    expect((await open(storage).read("t"))?.version).toBe(2);
  });
});

describe("what was written for a head that does not come", () => {
  const HOUR = 3_600;
  /** Something happens before a request is sent. */
  const before =
    (matches: (method: string, url: string) => boolean, happens: () => Promise<void>): typeof fetch =>
    async (input, init) => {
      if (matches(init?.method ?? "GET", String(input))) await happens();
      return await fetch(input, init);
    };
  const stalled = (method: string, url: string): boolean => method === "PUT" && url.includes("/threads/");

  it("is not committed once a vacuum has taken it for abandoned: the thread stays as it was", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    await store.append("t", 1, [note(2)]);
    const vacuum = async (): Promise<void> => {
      storage.aheadSeconds += HOUR + 60;
      await open(storage).vacuum();
    };
    /** Held up once. */
    const held = (): OciObjectStorageCheckpointer => {
      let isOver = false;
      const once = (method: string, url: string): boolean => {
        const isFirst = !isOver && stalled(method, url);
        isOver ||= isFirst;
        return isFirst;
      };
      return open(storage, { fetch: before(once, vacuum) });
    };
    await expect(held().append("t", 2, [note(3)])).rejects.toMatchObject({
      code: "checkpoint_timeout",
      retryable: true,
    });
    await expect(held().append("new", 0, [note(1, "x", "new")])).rejects.toMatchObject({ retryable: true });
    await expect(held().fork("t", 2, "copy")).rejects.toMatchObject({ code: "checkpoint_timeout" });
    expect((await open(storage).read("t"))?.events).toEqual([note(1), note(2)]);
    expect(await open(storage).read("new")).toBeUndefined();
    expect(await open(storage).read("copy")).toBeUndefined();
    await open(storage).append("t", 2, [note(3)]);
    expect((await open(storage).read("t"))?.version).toBe(3);
  });

  it("is committed late where it is still there", async () => {
    const held = open(storage, {
      fetch: before(stalled, async () => {
        storage.aheadSeconds += HOUR / 2;
      }),
    });
    await held.append("t", 0, [note(1)]);
    await held.fork("t", 1, "copy");
    expect((await open(storage).read("copy"))?.version).toBe(1);
  });

  it("is given up before the head is asked for, where copying took too long", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    const slow = before(
      (method, url) => method === "PUT" && url.includes("/parts/"),
      async () => {
        storage.aheadSeconds += HOUR;
      },
    );
    const heads = (): number => storage.requests.filter((one) => /^PUT .*\/threads\//.test(one)).length;
    const asked = heads();
    await expect(open(storage, { fetch: slow }).fork("t", 1, "copy")).rejects.toMatchObject({
      code: "checkpoint_timeout",
      retryable: true,
    });
    expect(heads()).toBe(asked);
    expect(parts()).toHaveLength(1);
  });
});

describe("a part that the service is still busy with", () => {
  const refusing =
    (times: number): typeof fetch =>
    async (input, init) => {
      if (init?.method !== "PUT" || !String(input).includes("/parts/") || times === 0) {
        return await fetch(input, init);
      }
      times -= 1;
      const body = { code: "ConcurrentObjectUpdate", message: "being written by another request" };
      return Response.json(body, { status: 409 });
    };

  it("is written again before its append counts", async () => {
    await open(storage, { fetch: refusing(2) }).append("t", 0, [note(1)]);
    expect((await open(storage).read("t"))?.events).toEqual([note(1)]);
  });

  it("is an error where it stays so, and no append", async () => {
    const store = open(storage, { fetch: refusing(Number.POSITIVE_INFINITY) });
    await expect(store.append("t", 0, [note(1)])).rejects.toMatchObject({
      name: "CheckpointError",
      retryable: true,
    });
    expect(await open(storage).read("t")).toBeUndefined();
  });
});

describe("OCI Object Storage", () => {
  it("may hold stores whose prefixes are inside each other", async () => {
    const outer = open(storage, { prefix: "a/" });
    const inside = ["a/threads/", "a/parts/", "a/threads/6"].map((prefix) => open(storage, { prefix }));
    await outer.append("outer", 0, [note(1, "x", "outer")]);
    for (const store of inside) await store.append("inner", 0, [note(1, "x", "inner")]);
    age(2 * 3_600_000);
    for (const store of [outer, ...inside]) await store.vacuum();
    for (const [store, id] of [[outer, "outer"], ...inside.map((one) => [one, "inner"] as const)] as const) {
      const listed: string[] = [];
      for await (const { threadId } of store.list()) listed.push(threadId);
      expect(listed).toEqual([id]);
      expect((await store.read(id))?.version).toBe(1);
    }
  });

  it("is left empty by a deletion, also where it is answered with errors", async () => {
    const store = open(storage);
    await store.append("t", 0, [note(1)]);
    storage.fail(["lose"], (request) => request.method === "DELETE" && isHead(request));
    expect(await store.delete("t")).toBe(true);
    expect([...storage.objects.keys()]).toEqual([]);
    await store.append("t", 0, [note(1)]);
    storage.fail(["busy", "busy", "busy"], (request) => request.method === "DELETE" && !isHead(request));
    const impatient = open(storage, { maxRetries: 0 });
    expect(await impatient.delete("t")).toBe(true);
    expect(await store.read("t")).toBeUndefined();
    age(2 * 3_600_000);
    await store.vacuum();
    expect([...storage.objects.keys()]).toEqual([]);
  });

  it("that lacks the bucket, or may not say, is an error and not an absent thread", async () => {
    const store = open({ ...storage, bucket: "elsewhere" });
    await expect(store.read("t")).rejects.toMatchObject({ status: 404, hint: /bucket/ });
    await expect(store.delete("t")).rejects.toMatchObject({ status: 404 });
  });

  it("is not asked again where the fetch that signs refuses", async () => {
    let asked = 0;
    const refusing = async (): Promise<never> => {
      asked += 1;
      throw new ConfigurationError("the host is not one of OCI", { hint: "Name it in allowedHosts." });
    };
    const store = open(storage, { fetch: refusing });
    await expect(store.read("t")).rejects.toMatchObject({
      name: "CheckpointError",
      code: "configuration",
      retryable: false,
      hint: "Name it in allowedHosts.",
    });
    expect(asked).toBe(1);
  });

  it("names objects so that every id fits", async () => {
    const store = open(storage, { prefix: `${"p".repeat(199)}/` });
    for (const id of ["é".repeat(100), "x".repeat(200), "x".repeat(201), "😀".repeat(5_000)]) {
      await store.append(id, 0, [note(1, "x", id)]);
    }
    const longest = Math.max(...[...storage.objects.keys()].map((name) => Buffer.byteLength(name)));
    expect(longest).toBeLessThanOrEqual(1_024);
  });

  it("lists long ids that begin alike in their order too", async () => {
    const store = open(storage);
    const ids = ["b", "a", "d", "c"].map((end) => `${"x".repeat(300)}${end}`);
    for (const id of [...ids, "x".repeat(250), "x".repeat(200), "y"])
      await store.append(id, 0, [note(1, "x", id)]);
    const listed: string[] = [];
    for await (const { threadId } of store.list()) listed.push(threadId);
    expect(listed).toEqual(["x".repeat(200), "x".repeat(250), ...ids.toSorted(), "y"]);
    listed.length = 0;
    for await (const { threadId } of store.list({ order: "desc", after: ids[2] ?? "" }))
      listed.push(threadId);
    expect(listed[0]).toBe(ids[3]);
    expect(listed).toHaveLength(5);
  });

  it("has a clock of its own, by which leases run out", async () => {
    storage.aheadSeconds = 3_600;
    const lease = await open(storage).acquire("t");
    expect(lease).toHaveProperty("lease");
    const second = open(storage);
    const attempt = await second.acquire("t");
    expect(attempt).toHaveProperty("heldForMs");
    storage.aheadSeconds = 7_200;
    await second.read("t");
    expect(await second.acquire("t")).toHaveProperty("lease");
  });
});

describe("OciObjectStorageCheckpointer", () => {
  it("says which option it lacks or does not know", () => {
    const good = { fetch, namespace: "n", bucket: "b", region: "us-chicago-1" };
    const make = (options: object): OciObjectStorageCheckpointer =>
      new OciObjectStorageCheckpointer(options as OciObjectStorageCheckpointerOptions);
    expect(() => make(good)).not.toThrow();
    for (const [options, what] of [
      [{ ...good, fetch: undefined }, /createOciFetch|fetch/],
      [{ ...good, namespace: "" }, /namespace/],
      [{ ...good, bucket: "a/b" }, /bucket/],
      [{ ...good, region: undefined }, /region or an endpoint/],
      [{ ...good, endpoint: "https://a" }, /region or an endpoint/],
      [{ ...good, prefix: "../" }, /prefix/],
      [{ ...good, perfix: "a" }, /perfix/],
      [{ ...good, leaseMs: 0 }, /leaseMs/],
    ] as const) {
      expect(() => make(options)).toThrow(ConfigurationError);
      expect(() => make(options)).toThrow(what);
    }
  });
});
