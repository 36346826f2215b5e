/** Whoever has a hand in `fetch` keeps it: his process is asked, not node:http. */
import { spawn } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { rawServer } from "../../test/raw-server.ts";
import { bodySource } from "./body-source.ts";
import { createNodeFetch, nodeFetch } from "./node-fetch.ts";

const MANUAL: RequestInit = { redirect: "manual" };
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");
const answering = () => rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
const isOurs = (response: Response): boolean => bodySource(response) !== undefined;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a stubbed global fetch gets the very call, and is no longer asked when it is gone", async () => {
  await using server = await answering();
  const stub = vi.fn<typeof fetch>(() => Promise.resolve(new Response("stubbed")));
  vi.stubGlobal("fetch", stub);
  const init = { ...MANUAL, method: "POST", body: "{}" };
  expect(await (await nodeFetch("http://unreachable.invalid/x", init)).text()).toBe("stubbed");
  expect(stub).toHaveBeenCalledExactlyOnceWith("http://unreachable.invalid/x", init);
  vi.unstubAllGlobals();
  expect(isOurs(await nodeFetch(server.url, MANUAL))).toBe(true);
  const spy = vi.spyOn(globalThis, "fetch");
  expect(await (await nodeFetch(server.url, MANUAL)).text()).toBe("ok");
  expect(spy).toHaveBeenCalledTimes(1);
});

test("a stub gets headers that it may change, where those of many requests are one frozen record", async () => {
  const seen: unknown[] = [];
  const otherwise: typeof fetch = (_, init) => {
    const { headers } = init ?? {};
    if (!(headers instanceof Headers)) throw new Error("no headers to change");
    seen.push(Object.fromEntries(headers));
    headers.set("x-mark", "1");
    return Promise.resolve(new Response());
  };
  vi.stubGlobal("fetch", otherwise);
  const headers = Object.freeze({ "x-a": "1" });
  for (let i = 0; i < 2; i += 1) await nodeFetch("http://unreachable.invalid/x", { ...MANUAL, headers });
  expect(seen).toEqual([{ "x-a": "1" }, { "x-a": "1" }]);
});

describe("undici's global dispatcher", () => {
  const native = (): object => {
    void new Response();
    const dispatcher: unknown = Reflect.get(globalThis, DISPATCHER);
    if (typeof dispatcher !== "object" || dispatcher === null) throw new Error("Node has none");
    return dispatcher;
  };
  const agentOf = (options: object): object =>
    Reflect.construct(native().constructor as new () => object, [options]);
  const composed = (): object => {
    const agent = native();
    return Reflect.get(agent, "compose").call(agent, (dispatch: unknown) => dispatch);
  };
  class MockAgent {
    readonly own = native();
    dispatch(options: unknown, handler: unknown): unknown {
      return Reflect.get(this.own, "dispatch").call(this.own, options, handler);
    }
    compose(): this {
      return this;
    }
  }

  test.each<[string, () => object]>([
    ["a mock agent", () => new MockAgent()],
    ["an agent with options", () => agentOf({ headersTimeout: 1_000 })],
    ["an agent with a factory", () => agentOf({ factory: (origin: string) => new URL(origin) })],
    ["an agent composed with an interceptor", composed],
    ["an agent whose dispatch is replaced", () => Object.assign(agentOf({}), { dispatch: () => true })],
  ])("%s has its say", async (_, make) => {
    const spy = vi.fn<typeof fetch>(() => Promise.resolve(new Response("theirs")));
    const fetch = createNodeFetch({ otherwise: spy });
    const before = native();
    Reflect.set(globalThis, DISPATCHER, make());
    try {
      expect(await (await fetch("http://127.0.0.1:9/", MANUAL)).text()).toBe("theirs");
    } finally {
      Reflect.set(globalThis, DISPATCHER, before);
    }
  });

  test("one that does nothing of its own changes nothing", async () => {
    await using server = await answering();
    const before = native();
    Reflect.set(globalThis, DISPATCHER, agentOf({}));
    try {
      expect(isOurs(await nodeFetch(server.url, MANUAL))).toBe(true);
    } finally {
      Reflect.set(globalThis, DISPATCHER, before);
    }
  });
});

test("where undici's requests are traced, they are undici's", async () => {
  await using server = await answering();
  const seen = vi.fn<() => void>();
  channel("undici:request:create").subscribe(seen);
  try {
    expect(isOurs(await nodeFetch(server.url, MANUAL))).toBe(false);
    expect(seen).toHaveBeenCalledTimes(1);
  } finally {
    channel("undici:request:create").unsubscribe(seen);
  }
});

describe("goes to fetch as it came", () => {
  test.each<[string, string | URL | Request, RequestInit | undefined]>([
    ["a request that follows redirects", "http://127.0.0.1:9/", undefined],
    ["one that refuses them", "http://127.0.0.1:9/", { redirect: "error" }],
    ["a Request", new Request("http://127.0.0.1:9/"), MANUAL],
    ["a URL of another scheme", "data:text/plain,hello", MANUAL],
    ["no URL", "nonsense", MANUAL],
    ["a form", "http://127.0.0.1:9/", { ...MANUAL, method: "POST", body: new FormData() }],
    ["parameters", "http://127.0.0.1:9/", { ...MANUAL, method: "POST", body: new URLSearchParams() }],
    [
      "a stream",
      "http://127.0.0.1:9/",
      { ...MANUAL, method: "POST", body: new Blob(["x"]).stream(), duplex: "half" },
    ],
    ["an ArrayBuffer", "http://127.0.0.1:9/", { ...MANUAL, method: "POST", body: new ArrayBuffer(1) }],
    ["GET with a body", "http://127.0.0.1:9/", { ...MANUAL, body: "x" }],
    ["a method of its own", "http://127.0.0.1:9/", { ...MANUAL, method: "patch" }],
    ["keepalive", "http://127.0.0.1:9/", { ...MANUAL, keepalive: true }],
    ["integrity", "http://127.0.0.1:9/", { ...MANUAL, integrity: "" }],
    ["a header of the connection", "http://127.0.0.1:9/", { ...MANUAL, headers: { Connection: "close" } }],
    [
      "a length of its own",
      "http://127.0.0.1:9/",
      { ...MANUAL, headers: new Headers({ "content-length": "1" }) },
    ],
  ])("%s", async (_, input, init) => {
    const otherwise = vi.fn<typeof fetch>(() => Promise.resolve(new Response()));
    await createNodeFetch({ otherwise })(input, init);
    expect(otherwise).toHaveBeenCalledExactlyOnceWith(input, init);
  });

  test("and what is undefined counts for nothing", async () => {
    await using server = await answering();
    const init: object = {
      ...MANUAL,
      keepalive: undefined,
      dispatcher: undefined,
      headers: undefined,
      signal: undefined,
    };
    expect(isOurs(await nodeFetch(server.url, init))).toBe(true);
  });
});

describe("in a process of its own", () => {
  const entry = JSON.stringify(new URL("../../dist/http/index.js", import.meta.url).href);
  const ours = `const { nodeFetch, bodySource } = await import(${entry});
    const answer = await nodeFetch(process.env.SERVER, { redirect: "manual" });
    process.stdout.write(bodySource(answer) === undefined ? await answer.text() : "ours");`;

  test.each<[string, string, string, NodeJS.ProcessEnv, readonly string[]]>([
    ["an untouched Node", ours, "ours", {}, []],
    ["one that has fetched before", `await fetch(process.env.SERVER);${ours}`, "ours", {}, []],
    [
      "a stub that was there first",
      `globalThis.fetch = async function fetch(input, init = undefined) { return new Response("stub") };${ours}`,
      "stub",
      {},
      [],
    ],
    [
      "a dispatcher that was there first",
      `const own = Symbol.for("undici.globalDispatcher.1");
       new Response();
       globalThis[own] = new globalThis[own].constructor({ bodyTimeout: 5 });${ours}`,
      "ok",
      {},
      [],
    ],
    ["proxies by environment", ours, "ok", { NODE_USE_ENV_PROXY: "1" }, []],
    ["proxies by option", ours, "ok", {}, ["--use-env-proxy"]],
    ["proxies by NODE_OPTIONS", ours, "ok", { NODE_OPTIONS: "--use-env-proxy" }, []],
    [
      "another runtime",
      `Object.defineProperty(process.versions, "bun", { value: "1" });${ours}`,
      "ok",
      {},
      [],
    ],
  ])("%s", async (_, script, expected, env, flags) => {
    await using server = await answering();
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, SERVER: server.url, ...env },
    });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    await once(child, "close");
    expect(output).toBe(expected);
  });
});
