import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  CheckpointConflictError,
  CheckpointError,
  type Checkpointer,
  ConfigurationError,
  type DurableEvent,
  LeaseLostError,
  MemoryCheckpointer,
  SCHEMA_VERSION,
} from "@locus-sdk/core";
import { describeCheckpointer } from "@locus-sdk/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Loopback, listenOnLoopback } from "../../test/servers/loopback.ts";
import { SqliteCheckpointer, type SqliteCheckpointerOptions } from "../sqlite/index.ts";
import { checkpointerHandler, HttpCheckpointer, nodeListener } from "./index.ts";

let root: string;
const open: AsyncDisposable[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-http-checkpointer-"));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function serve(
  store: Checkpointer,
  options: Partial<Parameters<typeof checkpointerHandler>[1]> = {},
): Promise<Loopback> {
  const handler = checkpointerHandler(store, { authorize: "none", ...options });
  const service = await listenOnLoopback(nodeListener(handler));
  open.push(service);
  return service;
}

describeCheckpointer(
  "HttpCheckpointer before a SqliteCheckpointer",
  async () => {
    const path = join(root, `${randomBytes(4).toString("hex")}.db`);
    const behind = (rest: Partial<SqliteCheckpointerOptions> = {}): SqliteCheckpointer => {
      const store = new SqliteCheckpointer({ path, synchronous: "normal", snapshotEvery: 10, ...rest });
      open.push(store);
      return store;
    };
    /** A service of its own, of another process say. */
    const through = async (rest: Partial<SqliteCheckpointerOptions> = {}): Promise<HttpCheckpointer> => {
      const service = await serve(behind(rest), {
        basePath: "/threads of/tenant",
        authorizeVacuum: () => true,
      });
      const store = new HttpCheckpointer({ url: `${service.url}/threads of/tenant` });
      // The first answer tells how many events lie between two snapshots.
      await store.read("nothing");
      return store;
    };
    return {
      checkpointer: await through(),
      reopen: through,
      leaseStore: async (leaseMs) => await through({ leaseMs }),
      withTtl: async (ttlMs) => await through({ ttlMs }),
      withEncryption: async (encryption) => await through({ encryption }),
      plant: async (threadId, schemaVersion, events) => {
        await behind().append(threadId, 0, events);
        const database = new DatabaseSync(path);
        for (const table of ["threads", "events"]) {
          database.prepare(`UPDATE ${table} SET schema_version = ?`).run(schemaVersion);
        }
        database.close();
      },
    };
  },
  {
    offers: [
      ...(["acquire", "close", "leaseStore", "plant", "reopen"] as const),
      ...(["snapshotEvery", "vacuum", "withEncryption", "withTtl"] as const),
    ],
  },
);

const note = (sequence: number, text = `note ${sequence}`, threadId = "t"): DurableEvent => ({
  type: "message_added",
  runId: "run_1",
  threadId,
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
  message: { role: "user", content: text },
  origin: "test",
});
const notes = (after: number, count: number): readonly DurableEvent[] =>
  Array.from({ length: count }, (_, index) => note(after + index + 1));
const client = ({ url }: Loopback, rest = {}): HttpCheckpointer =>
  new HttpCheckpointer({ url, timeoutMs: 5_000, ...rest });
async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("a request whose answer is lost", () => {
  it("is an append that counts once, where its events are found stored", async () => {
    const service = await serve(new MemoryCheckpointer());
    const store = client(service);
    service.fail(["lose", "busy"]);
    await store.append("t", 0, notes(0, 3));
    expect(service.requests).toHaveLength(3);
    expect(await collect(store.events("t"))).toEqual(notes(0, 3));
  });

  it("is an append that conflicts, where others wrote in its place", async () => {
    const memory = new MemoryCheckpointer();
    const service = await serve(memory);
    service.fail(["drop"]);
    await memory.append("t", 0, [note(1, "somebody else's")]);
    await expect(client(service).append("t", 0, [note(1)])).rejects.toBeInstanceOf(CheckpointConflictError);
    // Nor is a repeat of the same events that was no repeat of the request.
    await expect(client(service).append("t", 0, [note(1, "somebody else's")])).rejects.toThrow(/version 1/);
  });

  it("is a fork that is done", async () => {
    const service = await serve(new MemoryCheckpointer());
    const store = client(service);
    await store.append("t", 0, notes(0, 3));
    service.fail(["lose"]);
    await store.fork("t", 2, "copy");
    expect((await store.read("copy"))?.version).toBe(2);
    await expect(store.fork("t", 2, "copy")).rejects.toBeInstanceOf(CheckpointConflictError);
  });

  it("is an error that says so, once there were as many as maxRetries", async () => {
    const service = await serve(new MemoryCheckpointer());
    service.fail(["drop", "drop", "drop", "drop"]);
    const failed = client(service, { maxRetries: 2 }).read("t");
    await expect(failed).rejects.toMatchObject({ code: "checkpoint_connection", retryable: true });
    await expect(failed).rejects.toBeInstanceOf(CheckpointError);
    expect(service.requests).toHaveLength(3);
  });
});

describe("a stream that breaks off", () => {
  it("goes on where it was, without an event or thread twice", async () => {
    const service = await serve(new MemoryCheckpointer());
    const store = client(service);
    const events = notes(0, 600);
    await store.append("t", 0, events);
    for (const id of ["a", "b", "c"]) await store.append(id, 0, [note(1, "x", id)]);
    service.fail([{ cutAfter: 300 }, { cutAfter: 40_000 }, { cutAfter: 1 }]);
    expect(await collect(store.events("t"))).toEqual(events);
    service.fail([{ cutAfter: 200 }]);
    expect((await collect(store.list())).map(({ threadId }) => threadId)).toEqual(["a", "b", "c", "t"]);
    service.fail([{ cutAfter: 50_000 }]);
    expect((await store.read("t"))?.events).toEqual(events);
  });

  it("is an error where the thread was deleted meanwhile, also where another has its id by now", async () => {
    for (const others of [0, 2, 600]) {
      const memory = new MemoryCheckpointer();
      const service = await serve(memory);
      await memory.append("t", 0, notes(0, 600));
      service.fail([{ cutAfter: 50_000 }]);
      const events = client(service).events("t");
      await events.next();
      await memory.delete("t");
      for (let at = 1; at <= others; at += 1) await memory.append("t", at - 1, [note(at, `other ${at}`)]);
      await expect(collect(events)).rejects.toThrow(/another one/);
    }
  });

  it("is an error and not a shorter thread, where it keeps breaking off", async () => {
    const service = await serve(new MemoryCheckpointer());
    const store = client(service, { maxRetries: 1 });
    await store.append("t", 0, notes(0, 600));
    service.fail([{ cutAfter: 50_000 }, { cutAfter: 50_000 }]);
    await expect(store.read("t")).rejects.toMatchObject({ retryable: true });
  });

  it("is left by a reader who goes, and is read no faster than it is wanted", async () => {
    let given = 0;
    let isLeft = false;
    class Endless extends MemoryCheckpointer {
      override async *events(): AsyncGenerator<DurableEvent, void, undefined> {
        try {
          for (;;) yield note(++given, "x".repeat(10_000));
        } finally {
          isLeft = true;
        }
      }
    }
    const service = await serve(new Endless());
    for await (const event of client(service).events("t")) if (event.sequence === 3) break;
    await expect.poll(() => isLeft).toBe(true);
    // What fits into the buffers on the way, and not the 4 GB that one second would make.
    expect(given).toBeLessThan(20_000);
  });

  it("is an error where nothing comes for timeoutMs", async () => {
    class Silent extends MemoryCheckpointer {
      override async read(): Promise<never> {
        return await new Promise<never>(() => undefined);
      }
    }
    const service = await serve(new Silent());
    await expect(client(service, { timeoutMs: 20, maxRetries: 0 }).read("t")).rejects.toMatchObject({
      code: "checkpoint_timeout",
    });
  });
});

describe("checkpointerHandler", () => {
  it("is not made without a word on who is authorized", () => {
    // As JavaScript may call it.
    const make = checkpointerHandler as (store: Checkpointer, options: object) => unknown;
    expect(() => make(new MemoryCheckpointer(), {})).toThrow(ConfigurationError);
  });

  it("asks for every request, and reads nothing of those that are refused", async () => {
    const asked: string[] = [];
    const service = await serve(new MemoryCheckpointer(), {
      authorize: (request) => {
        asked.push(`${request.method} ${new URL(request.url).pathname}`);
        return request.headers.get("authorization") === "Bearer right";
      },
    });
    const wrong = client(service, { headers: { authorization: "Bearer wrong-secret" } });
    const refused = wrong.append("t", 0, [note(1)]).catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: "unauthorized", status: 403 });
    expect(String(await refused)).not.toContain("wrong-secret");
    const right = client(service, { headers: async () => ({ authorization: "Bearer right" }) });
    await right.append("a/../b", 0, [note(1, "x", "a/../b")]);
    expect(asked).toEqual(["POST /v1/threads/=t/events", "POST /v1/threads/=a%2F..%2Fb/events"]);
  });

  it("is told what a request is for, however it is spelled", async () => {
    class Store extends MemoryCheckpointer {
      override readonly vacuum = async () => ({ deletedThreads: 0, rekeyed: 0 });
    }
    const told: unknown[] = [];
    const methods: string[] = [];
    const service = await serve(new Store(), {
      authorize: (request, action) => {
        methods.push(request.method);
        told.push(action);
        return true;
      },
      authorizeVacuum: () => true,
    });
    const store = client(service);
    for (const threadId of ["acme/1", `acme/${"é".repeat(1_000)}`]) {
      told.length = 0;
      methods.length = 0;
      const newThreadId = `${threadId} copy`;
      await store.append(threadId, 0, [note(1, "x", threadId)]);
      await store.read(threadId);
      await collect(store.events(threadId));
      await store.fork(threadId, 1, newThreadId);
      const attempt = await store.acquire?.(threadId);
      if (attempt === undefined || !("lease" in attempt)) throw new Error("no lease was given");
      await attempt.lease.renew();
      await attempt.lease.release();
      await store.delete(threadId);
      const operations = ["append", "read", "events", "fork", "acquire", "renew", "release", "delete"];
      expect(told).toEqual(
        operations.map((operation) => ({
          operation,
          threadId,
          ...(operation === "fork" ? { newThreadId } : {}),
        })),
      );
      expect(methods).toEqual(["POST", "GET", "GET", "POST", "POST", "PUT", "DELETE", "DELETE"]);
    }
    told.length = 0;
    await collect(store.list());
    await collect(store.list({ prefix: "acme/" }));
    await collect(store.list({ prefix: `acme/${"é".repeat(1_000)}` }));
    await store.vacuum();
    expect(told).toEqual([
      { operation: "list" },
      { operation: "list", prefix: "acme/" },
      { operation: "list", prefix: `acme/${"é".repeat(1_000)}` },
      { operation: "vacuum" },
    ]);
  });

  it("refuses a second spelling of a request, by which it could pass for another", async () => {
    const memory = new MemoryCheckpointer();
    await memory.append("victim/1", 0, [note(1, "x", "victim/1")]);
    const service = await serve(memory, { authorize: (_, { operation }) => operation !== "delete" });
    const send = async (method: string, path: string, body?: unknown, override?: string): Promise<number> => {
      const response = await fetch(`${service.url}/v1/threads${path}`, {
        method,
        headers: {
          "content-type": "application/json",
          ...(override === undefined ? {} : { "locus-method": override }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await response.body?.cancel();
      return response.status;
    };
    expect(await send("DELETE", "/=victim%2F1")).toBe(403);
    expect(await send("POST", "/=victim%2F1", {}, "DELETE")).toBe(400);
    expect(await send("POST", "/=victim%2f1/events", {})).toBe(400);
    expect(await send("GET", "/=%76ictim%2F1")).toBe(400);
    expect(await send("GET", "", undefined, "GET")).toBe(400);
    expect(await send("POST", "", {}, "POST")).toBe(400);
    const long = "x".repeat(2_000);
    const hash = `/~${createHash("sha256").update(long).digest("hex")}`;
    expect(await send("POST", hash, { threadId: long }, "DELETE")).toBe(403);
    expect(await send("POST", hash, { threadId: "victim/1" }, "GET")).toBe(400);
    expect(await send("POST", hash, { threadId: "\ud800" }, "GET")).toBe(400);
    expect((await memory.read("victim/1"))?.version).toBe(1);
  });

  it("answers requests that are none of anybody's with what is wrong with them", async () => {
    const service = await serve(new MemoryCheckpointer());
    const send = async (line: string): Promise<string> => {
      const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
      socket.write(`${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      let text = "";
      for await (const chunk of socket) text += String(chunk);
      return text.split("\r\n")[0] ?? "";
    };
    expect(await send("GET //")).toContain("404");
    expect(await send("GET //evil/v1/threads")).toContain("404");
    expect(await send("GET http://x/v1/threads")).toContain("200");
    expect(await send("GET http://[/v1/threads")).toContain("400");
    expect(await send("TRACE /v1/threads")).toContain("405");
    for (const query of ["limit=99999999999999999999", "limit=x", "metadata={", "order=up"]) {
      expect(await send(`GET /v1/threads?${query}`), query).toContain("400");
    }
    expect(await send("GET /v1/threads/=t?upTo=9999999999999999999")).toContain("400");
    const deep = `{"schemaVersion":1,"expectedVersion":0,"events":[${"[".repeat(100_000)}${"]".repeat(100_000)}]}`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${service.url}/v1/threads/=t/events`, {
      method: "POST",
      headers,
      body: deep,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("deep");
  });

  it("vacuums only where that was authorized on its own", async () => {
    class Vacuumed extends MemoryCheckpointer {
      // Takes the place of the store's own, which other tests are about.
      override readonly vacuum = async (): Promise<{ deletedThreads: number; rekeyed: number }> => ({
        deletedThreads: 2,
        rekeyed: 3,
      });
    }
    const refused = await serve(new Vacuumed());
    await expect(client(refused).vacuum()).rejects.toMatchObject({
      code: "vacuum_unauthorized",
      status: 403,
    });
    const service = await serve(new Vacuumed(), { authorizeVacuum: () => true });
    expect(await client(service).vacuum({ rekey: true })).toEqual({ deletedThreads: 2, rekeyed: 3 });
  });

  it("names what does not fit of a body, and refuses one that is too large", async () => {
    const service = await serve(new MemoryCheckpointer(), { maxBodyBytes: 2_000 });
    const post = async (body: string, type = "application/json"): Promise<readonly [number, string]> => {
      const response = await fetch(`${service.url}/v1/threads/=t/events`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      return [response.status, await response.text()];
    };
    const good = { schemaVersion: SCHEMA_VERSION, expectedVersion: 0, events: [note(1)] };
    const refusals: readonly (readonly [string, RegExp])[] = [
      ["not JSON", /not JSON/],
      ["{}", /schemaVersion.*expectedVersion.*events/],
      [JSON.stringify({ ...good, expectedVersion: "0" }), /expectedVersion/],
      [JSON.stringify({ ...good, events: [{ ...note(1), origin: 5 }] }), /events\[0\].*origin/],
      [JSON.stringify({ ...good, fence: "1" }), /fence/],
      [JSON.stringify({ ...good, snapshot: { version: 1, keep: 0, messages: [] } }), /snapshot/],
    ];
    for (const [body, what] of refusals) {
      const [status, text] = await post(body);
      expect(status, body).toBe(400);
      expect(text).toMatch(what);
    }
    expect((await post(JSON.stringify(good), "text/plain"))[0]).toBe(415);
    expect((await post("x".repeat(2_001)))[0]).toBe(413);
    await expect(client(service).append("t", 0, [note(1, "x".repeat(3_000_000))])).rejects.toMatchObject({
      code: "too_large",
      status: 413,
    });
    expect(await client(service).read("t")).toBeUndefined();
    expect((await post(JSON.stringify(good)))[0]).toBe(200);
  });

  it("answers for nothing else, and nobody takes another service's answers for it", async () => {
    const service = await serve(new MemoryCheckpointer(), { basePath: "/threads" });
    for (const path of [
      "/",
      "/v1/threads",
      "/threads/v1/nothing",
      "/threads/v1/threads/t",
      "/threads/v1/threads/=%ff",
    ]) {
      expect((await fetch(`${service.url}${path}`)).status, path).toBe(404);
    }
    expect((await fetch(`${service.url}/threads/v1/threads`, { method: "DELETE" })).status).toBe(405);
    await expect(client(service).read("t")).rejects.toBeInstanceOf(CheckpointError);
    const other = await listenOnLoopback((_, response) => response.end("<html>"));
    open.push(other);
    await expect(client(other).read("t")).rejects.toBeInstanceOf(CheckpointError);
    await expect(client(other).append("t", 0, [note(1)])).rejects.toBeInstanceOf(CheckpointError);
  });

  it("tells nothing of an error that is not the store's own", async () => {
    class Failing extends MemoryCheckpointer {
      override async read(): Promise<never> {
        throw new Error("password=hunter2");
      }
    }
    const error = await client(await serve(new Failing()), { maxRetries: 0 })
      .read("t")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "internal", status: 500 });
    expect(String(error)).not.toContain("hunter2");
  });
});

describe("leases over HTTP", () => {
  /** One lease of every thread, which `isLost` takes away. */
  class Leasing extends MemoryCheckpointer {
    isLost = false;
    #given = 0;
    override readonly acquire: NonNullable<Checkpointer["acquire"]> = async () => {
      this.#given += 1;
      if (this.#given > 1) return { heldForMs: 7 };
      return {
        lease: { fence: 41, leaseMs: 5_000, renew: async () => !this.isLost, release: async () => undefined },
      };
    };
    override async append(...given: Parameters<MemoryCheckpointer["append"]>): Promise<void> {
      if (given[3]?.fence !== undefined && given[3].fence < 41)
        throw new LeaseLostError("it is somebody else's");
      await super.append(...given);
    }
  }

  it("are given once, also where the answer is lost, and renewed by who holds them", async () => {
    const behind = new Leasing();
    const service = await serve(behind);
    const store = client(service);
    service.fail(["lose"]);
    const attempt = await store.acquire?.("t");
    if (attempt === undefined || !("lease" in attempt)) throw new Error("no lease was given");
    expect(attempt.lease).toMatchObject({ fence: 41, leaseMs: 5_000 });
    expect(await store.acquire?.("t")).toEqual({ heldForMs: 7 });
    expect(await attempt.lease.renew()).toBe(true);
    behind.isLost = true;
    expect(await attempt.lease.renew()).toBe(false);
    await attempt.lease.release();
    await expect(store.append("t", 0, [note(1)], { fence: 40 })).rejects.toBeInstanceOf(LeaseLostError);
    await store.append("t", 0, [note(1)], { fence: 41 });
  });

  it("do no harm to a service that was started anew: they end by themselves", async () => {
    const behind = new Leasing();
    const first = await serve(behind);
    let { url } = first;
    const store = client(first, {
      fetch: async (input: string, init: RequestInit) => await fetch(input.replace(first.url, url), init),
    });
    const attempt = await store.acquire?.("t");
    if (attempt === undefined || !("lease" in attempt)) throw new Error("no lease was given");
    ({ url } = await serve(behind));
    expect(await attempt.lease.renew()).toBe(false);
    await attempt.lease.release();
    await store.append("t", 0, [note(1)], { fence: attempt.lease.fence });
  });

  it("are an error that says what to do, where the store gives none", async () => {
    const { acquire: _none, ...without } = new Leasing();
    const store = client(await serve({ ...without, read: async () => undefined } as unknown as Checkpointer));
    await expect(store.acquire?.("t")).rejects.toMatchObject({ code: "no_leases", hint: /leases: false/ });
    expect(client(await serve(new MemoryCheckpointer()), { leases: false }).acquire).toBeUndefined();
  });
});

describe("HttpCheckpointer", () => {
  it("refuses what is no address of a service, and shows no credentials", () => {
    for (const url of ["", "threads", "ftp://a/b", "https://a/?token=secret", "https://user:secret@a/"]) {
      const make = (): HttpCheckpointer => new HttpCheckpointer({ url });
      expect(make, url).toThrow(ConfigurationError);
      expect(make, url).not.toThrow(/secret/);
    }
  });

  it("follows no redirect, which would take its headers elsewhere", async () => {
    const elsewhere = await serve(new MemoryCheckpointer());
    const service = await listenOnLoopback((request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}${request.url}` }).end();
    });
    open.push(service);
    await expect(client(service).append("t", 0, [note(1)])).rejects.toMatchObject({ status: 307 });
    expect(elsewhere.requests).toEqual([]);
  });
});
