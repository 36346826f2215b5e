/** Whatever a server does, the answer is the one that Node's own `fetch` gives. */
import type { Socket } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RawServer, rawServer } from "../../test/raw-server.ts";
import { bodySource } from "./body-source.ts";
import { nodeFetch } from "./node-fetch.ts";

type Answer = (socket: Socket) => void;

const head = (status: string, ...headers: string[]): string =>
  `HTTP/1.1 ${[status, ...headers].join("\r\n")}\r\n\r\n`;

const whole =
  (body: Uint8Array | string, ...headers: string[]): Answer =>
  (socket) => {
    socket.write(head("200 OK", `content-length: ${Buffer.byteLength(body)}`, ...headers));
    socket.write(body);
  };

/** A turn of the other side's for each piece, so that it comes by itself. */
async function bit(socket: Socket, pieces: Iterable<Uint8Array | string>): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const chunk = (piece: Uint8Array | string): Buffer =>
  Buffer.concat([
    Buffer.from(`${Buffer.byteLength(piece).toString(16)}\r\n`),
    Buffer.from(piece),
    Buffer.from("\r\n"),
  ]);

const TEXT = "Grüße, 你好, 👋\u0000 — ".repeat(20);
const chunked = "transfer-encoding: chunked";

const ANSWERS: Readonly<Record<string, Answer>> = {
  "plain JSON": whole('{"a":1}', "content-type: application/json"),
  "an empty body": whole(""),
  "text beyond ASCII": whole(TEXT),
  "a byte order mark": whole("\ufefftext"),
  "bytes that are no UTF-8": whole(Uint8Array.from([0x61, 0xe2, 0x82, 0x62, 0xff, 0xf0, 0x9f, 0x98])),
  "a megabyte": whole(Buffer.alloc(1 << 20, "0123456789abcdef")),
  chunks: (socket) => socket.write(`${head("200 OK", chunked)}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`),
  "chunks with trailers": (socket) =>
    socket.write(`${head("200 OK", chunked, "trailer: x-t")}2\r\nhi\r\n0\r\nx-t: 1\r\n\r\n`),
  "UTF-8 in pieces of one byte": (socket) =>
    void bit(socket, [
      head("200 OK", chunked),
      ...[...Buffer.from("ü👋\ufeffé")].map((byte) => chunk(Uint8Array.of(byte))),
      "0\r\n\r\n",
    ]),
  "a body that the end of the connection ends": (socket) =>
    socket.end(`${head("200 OK", "connection: close")}done`),
  "HTTP/1.0": (socket) => socket.end("HTTP/1.0 200 Fine\r\ncontent-type: text/plain\r\n\r\nold"),
  gzip: whole(gzipSync(TEXT), "content-encoding: gzip"),
  "x-gzip, in capitals": whole(gzipSync(TEXT), "Content-Encoding: X-GZIP"),
  deflate: whole(deflateSync(TEXT), "content-encoding: deflate"),
  "deflate without its header": whole(deflateRawSync(TEXT), "content-encoding: deflate"),
  br: whole(brotliCompressSync(TEXT), "content-encoding: br"),
  zstd: whole(zstdCompressSync(TEXT), "content-encoding: zstd"),
  "two encodings": whole(brotliCompressSync(gzipSync(TEXT)), "content-encoding: gzip, br"),
  "an unknown encoding": whole("as it is", "content-encoding: rot13"),
  "gzip without its end": whole(gzipSync(TEXT).subarray(0, -8), "content-encoding: gzip"),
  "gzip that is none": whole("no gzip at all", "content-encoding: gzip"),
  "gzip that is cut": (socket) => {
    const body = gzipSync(TEXT);
    socket.end(
      Buffer.concat([
        Buffer.from(head("200 OK", chunked, "content-encoding: gzip")),
        chunk(body.subarray(0, 40)),
      ]),
    );
  },
  "nothing, packed": whole("", "content-encoding: gzip"),
  "an error with a body": (socket) =>
    socket.write(`${head("429 Slow Down", "content-length: 2", "retry-after: 3")}{}`),
  "204": (socket) => socket.write(head("204 No Content")),
  "304": (socket) => socket.write(head("304 Not Modified", 'etag: "1"')),
  "205": (socket) => socket.write(head("205 Reset Content", "content-length: 0")),
  "a redirect": (socket) =>
    socket.write(
      `${head("307 Temporary Redirect", "location: http://127.0.0.1:1/x", "content-length: 4")}gone`,
    ),
  "an empty reason": (socket) => socket.write(`HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n`),
  "headers several times": (socket) =>
    socket.write(
      head(
        "200 OK",
        "Set-Cookie: a=1",
        "set-cookie: b=2; Path=/",
        "X-A: 1",
        "x-a: 2",
        "X-L: \xe9",
        "content-length: 0",
      ),
    ),
  "102 and 103 before the answer": (socket) =>
    socket.write(
      head("102 Processing") +
        head("103 Early Hints", "link: </x>") +
        head("200 OK", "content-length: 2") +
        "ok",
    ),
  "nothing at all": (socket) => socket.end(),
  "half a status line": (socket) => socket.end("HTTP/1.1 20"),
  "half the headers": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-le"),
  "no HTTP": (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n\r\n"),
  "a header that is none": (socket) => socket.end("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
  "a reset before the answer": (socket) => socket.resetAndDestroy(),
  "less than content-length": (socket) => socket.end(`${head("200 OK", "content-length: 10")}four`),
  "chunks without an end": (socket) => socket.end(`${head("200 OK", chunked)}4\r\nfour\r\n`),
  "half a chunk": (socket) => socket.end(`${head("200 OK", chunked)}a\r\nfour`),
  "a chunk of no length": (socket) => socket.end(`${head("200 OK", chunked)}4\r\nfour\r\nzz\r\n`),
};

const POST: RequestInit = { method: "POST", body: "ü", redirect: "manual" };

async function outcome(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<unknown> {
  try {
    const response = await fetch(url, init);
    const { status, statusText, ok, redirected, type } = response;
    const seen = { status, statusText, ok, redirected, type, url: response.url };
    const headers = [...response.headers].filter(([name]) => name !== "date");
    const hasBody = response.body !== null;
    try {
      return { ...seen, headers, hasBody, text: await response.text(), used: response.bodyUsed };
    } catch (error) {
      return { ...seen, headers, hasBody, text: told(error) };
    }
  } catch (error) {
    return told(error);
  }
}

/** What of an error callers go by: the words of node:http's and undici's parser differ. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const name = cause instanceof Error ? cause.name : undefined;
  if (name === "HTTPParserError" || String(code).startsWith("HPE_"))
    return [error.name, error.message, "parser"];
  return { name: error.name, message: error.message, code, cause: name };
}

const isOurs = async (url: string): Promise<boolean> => bodySource(await nodeFetch(url, POST)) !== undefined;

describe("an answer like fetch's", () => {
  test.each(Object.entries(ANSWERS))("%s", async (_, answer) => {
    await using server = await rawServer(answer);
    const init = { ...POST };
    const ours = await outcome(nodeFetch, `${server.url}/a?b#c`, init);
    expect(ours).toEqual(await outcome(globalThis.fetch, `${server.url}/a?b#c`, init));
  });

  test("HEAD has no body, whatever its headers say", async () => {
    await using server = await rawServer((socket) => socket.write(head("200 OK", "content-length: 10")));
    const init: RequestInit = { method: "HEAD", redirect: "manual" };
    expect(await outcome(nodeFetch, server.url, init)).toEqual(await outcome(fetch, server.url, init));
  });

  test("a 100 that nobody waited for is passed over, where fetch takes offence at it", async () => {
    await using server = await rawServer((socket) =>
      socket.write(`${head("100 Continue")}${head("200 OK", "content-length: 2")}ok`),
    );
    expect(await (await nodeFetch(server.url, POST)).text()).toBe("ok");
  });

  test("nobody listens, nobody is known by that name, or the URL is none", async () => {
    const server = await rawServer(() => undefined);
    const { port } = new URL(server.url);
    await server[Symbol.asyncDispose]();
    const hosts = ["127.0.0.1", "localhost", "[::1]"].map((host) => `http://${host}:${port}/`);
    const urls = [...hosts, "http://no.such.host.invalid/", "nonsense"];
    for (const url of urls) {
      expect(await outcome(nodeFetch, url, POST)).toEqual(await outcome(fetch, url, POST));
    }
  });

  test("any bytes, cut anywhere, become the same text", async () => {
    let body = Buffer.alloc(0);
    let cut = 0;
    await using server = await rawServer(
      (socket) =>
        void bit(socket, [
          head("200 OK", `content-length: ${body.byteLength}`),
          body.subarray(0, cut),
          body.subarray(cut),
        ]),
    );
    expect(await isOurs(server.url)).toBe(true);
    const anyText = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: "grapheme" }).map((text) => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(anyText, fc.double({ min: 0, max: 1, noNaN: true }), async (bytes, at) => {
        body = Buffer.from(bytes);
        cut = Math.floor(at * body.byteLength);
        const ours = await (await nodeFetch(server.url, POST)).text();
        expect(ours).toBe(new TextDecoder().decode(body));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a request like fetch's", () => {
  const lines = (server: RawServer, index: number): readonly string[] =>
    (server.requests[index]?.head ?? "")
      .split("\r\n")
      .map((line, at) => (at === 0 ? line : line.replace(/^[^:]+/, (name) => name.toLowerCase())))
      // What concerns browsers, or is the runtime's own choice.
      .filter((line) => !/^(?:accept-encoding|accept-language|sec-fetch-mode):/.test(line))
      .toSorted();

  test.each<[string, string, RequestInit]>([
    ["text", "/", { method: "POST", body: "grüße 👋" }],
    ["bytes", "/", { method: "PUT", body: Uint8Array.from([0, 255, 128]) }],
    ["a part of some bytes", "/", { method: "POST", body: new Uint8Array(new ArrayBuffer(8), 2, 3) }],
    ["an empty text", "/", { method: "POST", body: "" }],
    ["nothing, with POST", "/", { method: "POST" }],
    ["nothing, with PATCH", "/", { method: "PATCH" }],
    ["nothing, with DELETE", "/", { method: "delete" }],
    ["a body, with DELETE", "/", { method: "DELETE", body: "{}" }],
    ["GET", "/", {}],
    ["GET with null for everything", "/", { body: null, signal: null }],
    ["a path to be escaped", "/ü b/%2F?q=a b&é=1|2#hash", {}],
    ["a lone question mark", "/x?", {}],
    [
      "headers of its own",
      "/",
      { headers: { "User-Agent": "me", Accept: "text/x", "X-A": "  a b\t", "x-E": "" } },
    ],
    ["the same header in two spellings", "/", { headers: { "X-A": "1", "x-a": "2" } }],
    [
      "pairs",
      "/",
      {
        headers: [
          ["x-b", "1"],
          ["X-B", "2"],
          ["cookie", "a=1"],
        ],
      },
    ],
    [
      "Headers",
      "/",
      {
        method: "POST",
        body: "{}",
        headers: new Headers({ "Content-Type": "application/json", "X-L": "\u00e9" }),
      },
    ],
  ])("%s", async (_, path, init) => {
    await using server = await rawServer(whole("ok"));
    const manual: RequestInit = { redirect: "manual", ...init };
    await (await nodeFetch(server.url + path, manual)).text();
    await (await fetch(server.url + path, manual)).text();
    expect(lines(server, 0)).toEqual(lines(server, 1));
    expect(server.requests[0]?.body).toEqual(server.requests[1]?.body);
    expect(server.requests[0]?.head).toContain("accept-encoding: identity");
  });

  test.each<[string, () => Record<string, string>]>([
    ["one frozen record", () => Object.freeze({ "X-A": " a ", "x-l": "é", "Content-Type": "text/x" })],
    [
      "one frozen record with a getter that counts",
      () => {
        let count = 0;
        return Object.freeze({
          get "x-count"() {
            count += 1;
            return String(count);
          },
        });
      },
    ],
  ])("headers of several requests, which are %s", async (_, make) => {
    await using server = await rawServer(whole("ok"));
    for (const fetching of [nodeFetch, fetch]) {
      const headers = make();
      for (const body of ["ü", "", Uint8Array.of(1), null]) {
        const sent = await fetching(server.url, { method: "POST", redirect: "manual", headers, body });
        expect(await sent.text()).toBe("ok");
      }
    }
    for (const index of [0, 1, 2, 3]) expect(lines(server, index)).toEqual(lines(server, index + 4));
    expect(server.requests[0]?.body).toEqual(server.requests[4]?.body);
  });

  test.each<[string, Record<string, string>]>([
    ["a line break", { authorization: "Bearer hunter2\nx: y" }],
    ["a character beyond Latin-1", { authorization: "Bearer hunter2\u201d" }],
    ["a control character", { authorization: "Bearer hunter2\u0000" }],
  ])("a header with %s is refused without its value, and nothing is sent", async (_, headers) => {
    await using server = await rawServer(whole("ok"));
    const failed: unknown = await nodeFetch(server.url, { ...POST, headers }).catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(TypeError);
    expect(String(failed)).toContain("authorization");
    expect(String(failed)).not.toContain("hunter2");
    expect(server.connections()).toBe(0);
  });

  test("credentials in a URL are refused without being shown", async () => {
    const failed: unknown = await nodeFetch("http://me:hunter2@127.0.0.1:1/", POST).catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(TypeError);
    expect(String(failed)).not.toContain("hunter2");
  });
});
