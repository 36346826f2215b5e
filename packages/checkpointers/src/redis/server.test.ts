/** What Redis itself may do to its store: connections that break, scripts that are forgotten, keys of other versions. */
import { randomBytes } from "node:crypto";
import { CheckpointError, ConfigurationError, type DurableEvent, SchemaVersionError } from "@locus-sdk/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { itSharesThreads, itSurvivesKills, type SharedStore } from "../../test/processes.ts";
import { everythingOf, startProxy } from "../../test/proxy.ts";
import { clientOf, dumpOf, keysOf, removeKeys } from "../../test/redis.ts";
import type { RedisClient, ScriptCall } from "./driver.ts";
import { RedisCheckpointer, type RedisCheckpointerOptions } from "./redis.ts";

const url = process.env.LOCUS_TEST_REDIS_URL ?? "";

const PATIENCE = { timeout: 15_000, interval: 10 };
const TIMEOUT_MS = 60_000;

const note = (threadId: string, sequence: number, text = "x"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: new Date().toISOString(),
  origin: "test",
  message: { role: "user", content: text },
});

describe("a RedisCheckpointer's options", () => {
  it("are one address or one client, and nothing that it does not know", () => {
    const address = "redis://localhost";
    const refused: readonly Record<string, unknown>[] = [
      {},
      { url: "" },
      { url: address, client: clientOf(address) },
      { url: address, prefix: "a{b}:" },
      { url: address, leaseMs: 0 },
      { url: address, ttlMs: 0.5 },
      { url: address, timeoutMs: 0 },
      { url: address, prefxi: "x" },
    ];
    for (const options of refused) {
      expect(() => new RedisCheckpointer(options), JSON.stringify(Object.keys(options))).toThrow(
        ConfigurationError,
      );
    }
  });

  it("say which package is to be installed, when it is first needed", async () => {
    vi.doMock("redis", () => {
      throw new Error("Cannot find package 'redis'");
    });
    await using store = new RedisCheckpointer({ url: "redis://localhost" });
    await expect(store.read("t")).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "driver_missing",
      hint: expect.stringContaining("npm install redis"),
    });
    vi.doUnmock("redis");
  });

  it("never show a password, whatever is wrong with the address", async () => {
    const secret = "hunter2secret";
    for (const address of [
      `nonsense ${secret}`,
      `http://:${secret}@localhost`,
      `redis://:${secret}@127.0.0.1:99999`,
    ]) {
      await using store = new RedisCheckpointer({ url: address });
      const error = await store.read("t").catch((reason: unknown) => reason);
      expect(error, address).toBeInstanceOf(CheckpointError);
      expect(everythingOf(error), address).not.toContain(secret);
    }
  });
});

// Where there is no server, redis.test.ts says so.
const describeServer = url === "" ? () => undefined : describe;

describeServer("a RedisCheckpointer and its server", { timeout: TIMEOUT_MS }, () => {
  const admin = clientOf(url);
  let prefix: string;
  beforeAll(async () => {
    await admin.connect();
  });
  beforeEach(() => {
    prefix = `test:${randomBytes(6).toString("hex")}:`;
  });
  afterEach(async () => {
    await removeKeys(admin, prefix);
  });
  afterAll(async () => {
    await admin.close();
  });
  const open = (options: Partial<RedisCheckpointerOptions> = {}): RedisCheckpointer =>
    new RedisCheckpointer({ ...(options.client === undefined ? { url } : {}), prefix, ...options });

  it("leave keys of a newer layout alone", async () => {
    await using first = open();
    await first.append("t", 0, [note("t", 1)]);
    await admin.set(`${prefix}layout`, "9");
    await using second = open();
    await expect(second.append("t", 1, [note("t", 2)])).rejects.toThrow(SchemaVersionError);
    await expect(second.read("t")).rejects.toThrow(/layout 9\b.*up to 1\b/);
    await admin.set(`${prefix}layout`, "1");
    expect((await second.read("t"))?.version).toBe(1);
  });

  it("go on when the server has forgotten the scripts", async () => {
    await using store = open();
    await store.append("t", 0, [note("t", 1)]);
    await admin.scriptFlush();
    await store.append("t", 1, [note("t", 2)]);
    expect((await store.read("t"))?.version).toBe(2);
  });

  it("go on after their connection was cut, and have nobody else hear of it", async () => {
    const proxy = await startProxy(url);
    await using store = open({ url: proxy.url });
    await store.append("t", 0, [note("t", 1)]);
    proxy.cut();
    await vi.waitFor(async () => expect((await store.read("t"))?.version).toBe(1), PATIENCE);
    proxy.refuse = true;
    proxy.cut();
    for (const ask of [() => store.append("t", 1, [note("t", 2)]), () => store.fork("t", 1, "copy")]) {
      await expect(ask()).rejects.toMatchObject({
        name: "CheckpointError",
        code: "checkpoint_connection",
        retryable: true,
      });
    }
    proxy.refuse = false;
    await vi.waitFor(async () => await store.append("t", 1, [note("t", 2)]), PATIENCE);
    expect((await store.read("t"))?.version).toBe(2);
    await proxy.close();
  });

  it("say at once that the server refuses them", async () => {
    const user = `user-${randomBytes(6).toString("hex")}`;
    await admin.aclSetUser(user, ["on", ">right", "~*", "+@all", "-@scripting"]);
    for (const password of ["wrong", "right"]) {
      const address = new URL(url);
      [address.username, address.password] = [user, password];
      await using store = open({ url: address.href });
      const error = await store.read("t").catch((reason: unknown) => reason);
      expect(error, password).toMatchObject({ name: "CheckpointError", retryable: false });
      expect(error, password).toMatchObject({ message: expect.stringMatching(/WRONGPASS|NOPERM/) });
    }
    await admin.aclDelUser(user);
  });

  it("close what they opened, and leave a client to its owner", async () => {
    const mine = open();
    await mine.append("t", 0, [note("t", 1)]);
    const appends = Array.from(
      { length: 20 },
      async (_, index) => await mine.append(`t${index}`, 0, [note(`t${index}`, 1)]),
    );
    await new Promise(setImmediate);
    await mine.close();
    const outcomes = await Promise.allSettled(appends);
    for (const [index, { status }] of outcomes.entries()) {
      // What was acknowledged is there, and nothing else.
      await using reader = open();
      expect((await reader.read(`t${index}`)) !== undefined).toBe(status === "fulfilled");
    }
    const client = clientOf(url);
    await client.connect();
    const theirs = open({ client });
    await theirs.append("t", 1, [note("t", 2)]);
    await theirs.close();
    await expect(theirs.read("t")).rejects.toMatchObject({ code: "checkpoint_closed" });
    expect(await client.ping()).toBe("PONG");
    expect(client.listenerCount("error")).toBe(0);
    await client.close();
    await vi.waitFor(
      async () => expect(String(await admin.sendCommand(["CLIENT", "LIST"]))).not.toContain("name=locus "),
      PATIENCE,
    );
  });

  it("say of a server that is silent for timeoutMs that it is, and come back once it answers", async () => {
    const proxy = await startProxy(url);
    await using store = open({ url: proxy.url, timeoutMs: 300 });
    await store.append("t", 0, [note("t", 1)]);
    proxy.freeze();
    const silent = { name: "CheckpointError", code: "checkpoint_timeout", retryable: true };
    await expect(store.append("t", 1, [note("t", 2)])).rejects.toMatchObject(silent);
    // A new connection, which nobody lets in.
    await expect(store.read("t")).rejects.toMatchObject(silent);
    proxy.thaw();
    expect((await store.read("t"))?.version).toBe(1);
    await store.close();
    await proxy.close();
    const mute: RedisClient = {
      isOpen: true,
      eval: async () => await new Promise<never>(() => undefined),
      evalSha: async () => await new Promise<never>(() => undefined),
      on: () => undefined,
      off: () => undefined,
    };
    await using theirs = open({ client: mute, timeoutMs: 300 });
    await expect(theirs.read("t")).rejects.toMatchObject(silent);
  });

  it("close while a server lets nobody in, and tell who waits for it", async () => {
    const proxy = await startProxy(url);
    proxy.freeze();
    const store = open({ url: proxy.url });
    const asked = [store.read("t"), store.append("t", 0, [note("t", 1)])];
    const refused = asked.map(
      async (ask) => await expect(ask).rejects.toMatchObject({ code: "checkpoint_closed" }),
    );
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(0), PATIENCE);
    await store.close();
    await Promise.all(refused);
    await proxy.close();
    await store.close();
  });

  it("read and delete threads of a server that is full, or of a replica, also as a new process", async () => {
    await using store = open();
    await store.append("t", 0, [note("t", 1)]);
    const user = `user-${randomBytes(6).toString("hex")}`;
    // Who may not write is refused as on a replica.
    await admin.aclSetUser(user, [
      "on",
      ">right",
      "~*",
      "+@all",
      "-@write",
      "+unlink",
      "+zrem",
      "+evalsha",
      "+eval",
    ]);
    const address = new URL(url);
    [address.username, address.password] = [user, "right"];
    await using reader = open({ url: address.href });
    expect((await reader.read("t"))?.version).toBe(1);
    await expect(reader.append("t", 1, [note("t", 2)])).rejects.toBeInstanceOf(CheckpointError);
    expect(await reader.delete("t")).toBe(true);
    await admin.aclDelUser(user);
  });

  it("touch keys of one slot of a cluster at a time", async () => {
    const tags = new Set<string>();
    const watched: RedisClient = {
      isOpen: true,
      eval: async (script: string, call: ScriptCall) => {
        remember(call);
        return await admin.eval(script, call);
      },
      evalSha: async (sha: string, call: ScriptCall) => {
        remember(call);
        return await admin.evalSha(sha, call);
      },
      on: () => undefined,
      off: () => undefined,
    };
    function remember({ keys }: ScriptCall): void {
      const slots = new Set(keys.map((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? key));
      expect(slots.size, keys.join(" ")).toBe(1);
      for (const slot of slots) tags.add(slot);
    }
    await using store = open({ client: watched, ttlMs: 3_600_000 });
    for (const id of ["a", "b{c}", "}{", "{a}{b}", "\0"]) {
      await store.append(id, 0, [note(id, 1), note(id, 2)]);
      await store.fork(id, 1, `${id} copy`);
      await store.acquire(id);
      expect((await store.read(id))?.version).toBe(2);
    }
    for await (const { threadId } of store.list()) await store.delete(threadId);
    await store.vacuum({ rekey: true });
    expect(tags.size).toBeGreaterThan(3);
  });

  it("leave nothing behind of threads that were deleted, of forks that were refused, of leases long over", async () => {
    await using store = open({ leaseMs: 1 });
    for (let sequence = 1; sequence <= 3; sequence += 1)
      await store.append("t", sequence - 1, [note("t", sequence)]);
    const forks = await Promise.allSettled(
      ["copy", "copy", "copy"].map(async (id) => await store.fork("t", 3, id)),
    );
    expect(forks.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await dumpOf(admin, prefix)).not.toContain("staged");
    await store.acquire("t");
    for (const key of await keysOf(admin, prefix))
      if (key.endsWith(":leases")) await admin.zAdd(key, { score: 1, value: "t" });
    for (const id of ["t", "copy"]) expect(await store.delete(id)).toBe(true);
    await store.vacuum();
    const left = (await keysOf(admin, prefix)).filter((key) => !key.endsWith("counter"));
    expect(left).toEqual([`${prefix}layout`]);
  });

  it("keep what is being copied out of sight, and for an hour at most", async () => {
    await using store = open();
    await store.append("t", 0, [note("t", 1), note("t", 2)]);
    const seen: number[] = [];
    const watched: RedisClient = {
      isOpen: true,
      eval: async (script: string, call: ScriptCall) => await admin.eval(script, call),
      evalSha: async (sha: string, call: ScriptCall) => {
        for (const key of await keysOf(admin, prefix))
          if (key.includes("staged")) seen.push(await admin.pTTL(key));
        expect(await store.read("copy")).toBeUndefined();
        return await admin.evalSha(sha, call);
      },
      on: () => undefined,
      off: () => undefined,
    };
    await using forking = open({ client: watched });
    await forking.fork("t", 2, "copy");
    expect(seen.length).toBeGreaterThan(0);
    for (const left of seen) expect(left > 0 && left <= 3_600_000).toBe(true);
    for (const key of await keysOf(admin, prefix)) expect(await admin.pTTL(key), key).toBe(-1);
    expect((await store.read("copy"))?.version).toBe(2);
  });

  it("merge the lists of all slots in order, page by page", async () => {
    await using store = open();
    const ids = Array.from({ length: 300 }, (_, index) => `thread ${String(index).padStart(3, "0")}`);
    await Promise.all(ids.map(async (id) => await store.append(id, 0, [note(id, 1)])));
    for (const order of ["asc", "desc"] as const) {
      const listed: string[] = [];
      for await (const { threadId } of store.list({ order })) listed.push(threadId);
      expect(listed).toEqual(order === "asc" ? ids : ids.toReversed());
    }
    const page: string[] = [];
    for await (const { threadId } of store.list({ prefix: "thread 1", after: "thread 150", limit: 3 }))
      page.push(threadId);
    expect(page).toEqual(["thread 151", "thread 152", "thread 153"]);
  });

  const shared: SharedStore = {
    open: () => open({ leaseMs: 2_000 }),
    module: new URL("./redis.ts", import.meta.url),
    className: "RedisCheckpointer",
    options: () => ({ url, prefix, leaseMs: 2_000 }),
  };
  itSurvivesKills(shared);
  itSharesThreads(shared);
});
