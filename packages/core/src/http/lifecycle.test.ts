/** Connections: kept, shared, closed when nobody wants them; and nothing that stays behind. */
import { spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { rawServer } from "../../test/raw-server.ts";
import { AHEAD_BYTES, BodyPipe } from "./body-pipe.ts";
import { bodySource } from "./body-source.ts";
import { createNodeFetch, nodeFetch } from "./node-fetch.ts";

const POST: RequestInit = { method: "POST", body: "{}", redirect: "manual" };
const OK = "HTTP/1.1 200 OK\r\n";
const small = (socket: Socket): boolean => socket.write(`${OK}content-length: 2\r\n\r\nok`);
const endless = (socket: Socket): boolean =>
  socket.write(`${OK}transfer-encoding: chunked\r\n\r\n4\r\nmore\r\n`);
/** Writes as long as anybody takes. */
function flood(socket: Socket): void {
  socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
  const piece = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

const closed = async ({ open }: { readonly open: ReadonlySet<Socket> }): Promise<void> =>
  vi.waitFor(() => expect(open.size).toBe(0), { timeout: 5_000 });

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("aborting", () => {
  test("before anything is sent, sends nothing", async () => {
    await using server = await rawServer(small);
    const reason = new Error("mine");
    const signal = AbortSignal.abort(reason);
    expect(await failure(nodeFetch(server.url, { ...POST, signal }))).toBe(reason);
    expect(server.connections()).toBe(0);
  });

  test("in the turn in which it was asked for, with the reason", async () => {
    await using server = await rawServer(small);
    const controller = new AbortController();
    const pending = failure(nodeFetch(server.url, { ...POST, signal: controller.signal }));
    controller.abort("enough");
    expect(await pending).toBe("enough");
    await closed(server);
  });

  test("while waiting for headers, closes the socket", async () => {
    const controller = new AbortController();
    await using server = await rawServer(() => controller.abort());
    const failed = await failure(nodeFetch(server.url, { ...POST, signal: controller.signal }));
    expect(failed).toMatchObject({ name: "AbortError" });
    await closed(server);
  });

  test("while the body comes, ends it with the reason, and closes the socket", async () => {
    await using server = await rawServer(endless);
    const controller = new AbortController();
    const reader = (await nodeFetch(server.url, { ...POST, signal: controller.signal })).body?.getReader();
    await reader?.read();
    const next = failure(reader?.read() ?? Promise.resolve());
    controller.abort();
    expect(await next).toMatchObject({ name: "AbortError" });
    await closed(server);
  });

  test("a text that is being read, and what had come of a source that was not", async () => {
    await using server = await rawServer(endless);
    const controller = new AbortController();
    const { signal } = controller;
    const text = failure((await nodeFetch(server.url, { ...POST, signal })).text());
    const source = bodySource(await nodeFetch(server.url, { ...POST, signal }));
    await source?.read();
    controller.abort("enough");
    expect(await text).toBe("enough");
    expect(await failure(source?.read() ?? Promise.resolve())).toBe("enough");
    await closed(server);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("what had come whole but was not read is aborted, as with fetch", async () => {
    await using server = await rawServer(small);
    for (const fetch of [nodeFetch, globalThis.fetch]) {
      const controller = new AbortController();
      const response = await fetch(server.url, { ...POST, signal: controller.signal });
      // Another answer on the same way: this one's body is there for certain.
      await (await fetch(server.url, POST)).text();
      controller.abort("enough");
      expect(await failure(response.text())).toBe("enough");
    }
  });

  test("after the end, does nothing any more, and nothing was left on the signal", async () => {
    await using server = await rawServer((socket, { head }) => {
      if (head.startsWith("HEAD")) socket.write(`${OK}content-length: 9\r\n\r\n`);
      else if (head.includes("/cut")) socket.end(`${OK}content-length: 9\r\n\r\ncut`);
      else if (head.includes("/none")) socket.end();
      else small(socket);
    });
    const { signal } = new AbortController();
    const base = { ...POST, signal };
    await (await nodeFetch(server.url, base)).text();
    await nodeFetch(server.url, { signal, method: "HEAD", redirect: "manual" });
    await failure((await nodeFetch(`${server.url}/cut`, base)).text());
    await failure(nodeFetch(`${server.url}/none`, base));
    await (await nodeFetch(server.url, base)).body?.cancel();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("connections", () => {
  test("one after another share one, whatever of a small answer was read", async () => {
    await using server = await rawServer(small);
    for (let index = 0; index < 5; index += 1)
      expect(await (await nodeFetch(server.url, POST)).text()).toBe("ok");
    await (await nodeFetch(server.url, POST)).body?.cancel();
    await nodeFetch(server.url, POST);
    await nodeFetch(server.url, { method: "HEAD", redirect: "manual" });
    expect(server.connections()).toBe(1);
  });

  test("300 at once are sent at once, and each has its own answer", async () => {
    const waiting: (() => void)[] = [];
    await using server = await rawServer((socket, { body }) => {
      waiting.push(() => socket.write(`${OK}content-length: ${body.byteLength}\r\n\r\n${body.toString()}`));
      // Nobody is answered before everybody has asked.
      if (waiting.length === 300) for (const answer of waiting) answer();
    });
    const bodies = Array.from({ length: 300 }, (_, index) => `body ${index}`);
    const texts = await Promise.all(
      bodies.map(async (body) => (await nodeFetch(server.url, { ...POST, body })).text()),
    );
    expect(texts).toEqual(bodies);
    expect(server.connections()).toBe(300);
  });

  test("one that the server is about to close is not used again", async () => {
    await using server = await rawServer((socket) => {
      socket.write(`${OK}keep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok`);
    });
    for (let index = 0; index < 3; index += 1) await (await nodeFetch(server.url, POST)).text();
    expect(server.connections()).toBe(3);
  });

  test("one that breaks on a second use fails: the request may have been heard, and is not sent again", async () => {
    await using server = await rawServer((socket, _, index) => {
      if (index === 0) small(socket);
      else socket.resetAndDestroy();
    });
    await (await nodeFetch(server.url, POST)).text();
    expect(await failure(nodeFetch(server.url, POST))).toMatchObject({ cause: { code: "ECONNRESET" } });
    expect(server.requests).toHaveLength(2);
  });

  test("one closed by the server while idle is not used again", async () => {
    await using server = await rawServer((socket) => {
      small(socket);
    });
    await (await nodeFetch(server.url, POST)).text();
    for (const socket of server.open) socket.end();
    await closed(server);
    expect(await (await nodeFetch(server.url, POST)).text()).toBe("ok");
  });

  test("cancelling a body closes its socket", async () => {
    await using server = await rawServer(endless);
    await (await nodeFetch(server.url, POST)).body?.cancel();
    await closed(server);
    bodySource(await nodeFetch(server.url, POST))?.cancel();
    await closed(server);
    for await (const _ of (await nodeFetch(server.url, POST)).body ?? []) break;
    await closed(server);
  });

  test("a body that nobody can read any more is let go with its response", async () => {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    if (typeof gc !== "function") throw new Error("no gc");
    await using server = await rawServer(flood);
    await Promise.all(Array.from({ length: 5 }, async () => (await nodeFetch(server.url, POST)).status));
    expect(server.open.size).toBe(5);
    await vi.waitFor(() => {
      gc();
      expect(server.open.size).toBe(0);
    });
  });

  test("a body that is being read stays, though the response itself is gone", async () => {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    if (typeof gc !== "function") throw new Error("no gc");
    await using server = await rawServer(flood);
    const reader = (await nodeFetch(server.url, POST)).body?.getReader();
    for (let index = 0; index < 10; index += 1) {
      gc();
      expect((await reader?.read())?.done).toBe(false);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reader?.cancel();
  });
});

describe("backpressure", () => {
  test("what nobody reads is not taken off the socket, and is there when somebody does", async () => {
    const pieces = 40;
    let asked = 0;
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        asked += 1;
        this.push(asked > pieces ? null : Buffer.alloc(0x4000));
      },
    });
    const pipe = new BodyPipe(stream, undefined, () => undefined);
    await vi.waitFor(() => expect(pipe.isHeld).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThanOrEqual(AHEAD_BYTES / 0x4000 + 1);
    let bytes = 0;
    for (let piece = await pipe.read(); piece !== undefined; piece = await pipe.read()) {
      bytes += piece.byteLength;
      expect(asked * 0x4000 - bytes).toBeLessThanOrEqual(AHEAD_BYTES + 0x8000);
    }
    expect(bytes).toBe(pieces * 0x4000);
  });

  test("32 MiB for a slow reader arrive whole", async () => {
    const body = Buffer.alloc(32 << 20, "0123456789abcdef");
    await using server = await rawServer((socket) => {
      socket.write(`${OK}content-length: ${body.byteLength}\r\n\r\n`);
      socket.write(body);
    });
    const source = bodySource(await nodeFetch(server.url, POST));
    const pieces: Uint8Array[] = [];
    for (let piece = await source?.read(); piece !== undefined; piece = await source?.read()) {
      pieces.push(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Buffer.concat(pieces).equals(body)).toBe(true);
  });
});

describe("timeouts", () => {
  const impatient = createNodeFetch({ timeoutMs: 1 });

  test("headers that do not come", async () => {
    await using server = await rawServer(() => undefined);
    expect(await failure(impatient(server.url, POST))).toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: { name: "HeadersTimeoutError", code: "UND_ERR_HEADERS_TIMEOUT" },
    });
    await closed(server);
  });

  test("a body that does not go on, though it had begun", async () => {
    await using server = await rawServer(endless);
    const response = await impatient(server.url, POST);
    expect(await failure(response.text())).toMatchObject({
      name: "TypeError",
      message: "terminated",
      cause: { name: "BodyTimeoutError", code: "UND_ERR_BODY_TIMEOUT" },
    });
    await closed(server);
  });

  test("a reader may take longer than the server may", async () => {
    await using server = await rawServer((socket, { head }) => {
      if (head.includes("/flood")) flood(socket);
    });
    const source = bodySource(await impatient(`${server.url}/flood`, POST));
    await source?.read();
    // So much time has passed for certain.
    for (let times = 0; times < 2; times += 1) await failure(impatient(server.url, POST));
    let bytes = 0;
    while (bytes < 1 << 20) bytes += (await source?.read())?.byteLength ?? Number.NaN;
    source?.cancel();
    await closed(server);
  });

  test("and then the server has as long again, and no longer", async () => {
    const beginning = "x".repeat(3 * AHEAD_BYTES);
    await using server = await rawServer((socket, { head }) => {
      if (head.includes("/begin"))
        socket.write(`${OK}content-length: ${4 * AHEAD_BYTES}\r\n\r\n${beginning}`);
    });
    const response = await impatient(`${server.url}/begin`, POST);
    const source = bodySource(response);
    await source?.read();
    for (let times = 0; times < 2; times += 1) await failure(impatient(server.url, POST));
    const rest = async (): Promise<void> => {
      while ((await source?.read()) !== undefined);
    };
    expect(await failure(rest())).toMatchObject({ cause: { code: "UND_ERR_BODY_TIMEOUT" } });
  });

  test("a connection that was kept has its whole time again", async () => {
    await using server = await rawServer((socket, _, index) => {
      if (index === 0) small(socket);
    });
    await (await nodeFetch(server.url, POST)).text();
    expect(await failure(impatient(server.url, POST))).toMatchObject({ message: "fetch failed" });
    expect(server.connections()).toBe(1);
  });
});

test("idle connections do not keep a process, and importing loads nothing of node:http", async () => {
  await using server = await rawServer(small);
  const script = `
    const { nodeFetch } = await import(${JSON.stringify(new URL("../../dist/http/index.js", import.meta.url).href)});
    const before = process.moduleLoadList.includes("NativeModule _http_client");
    const text = await (await nodeFetch(${JSON.stringify(server.url)}, { redirect: "manual" })).text();
    await new Promise((resolve) => setImmediate(resolve));
    const awake = process.getActiveResourcesInfo().filter((name) => /tcp|timeout/i.test(name));
    process.stdout.write(JSON.stringify({ before, text, awake }));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
  await once(child, "close");
  expect(JSON.parse(output)).toEqual({ before: false, text: "ok", awake: [] });
});
