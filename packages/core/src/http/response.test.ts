/** The answer is a `Response` in all that can be asked of one. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { rawServer } from "../../test/raw-server.ts";
import { bodySource } from "./body-source.ts";
import { headerOf } from "./header-of.ts";
import { nodeFetch } from "./node-fetch.ts";

const MANUAL: RequestInit = { redirect: "manual" };
const serving = (body: string, ...headers: string[]) =>
  rawServer((socket) =>
    socket.write(
      `${["HTTP/1.1 200 OK", `content-length: ${Buffer.byteLength(body)}`, ...headers].join("\r\n")}\r\n\r\n${body}`,
    ),
  );

test("it is an instance of Response, with headers that are Headers", async () => {
  await using server = await serving("{}", "x-a: 1");
  const response = await nodeFetch(server.url, MANUAL);
  expect(response).toBeInstanceOf(Response);
  expect(response.headers).toBeInstanceOf(Headers);
  expect(response.headers).toBe(response.headers);
  expect(Object.prototype.toString.call(response)).toBe("[object Response]");
  expect(inspect(response)).toContain("status: 200");
  expect([response.url, response.redirected, response.type]).toEqual([`${server.url}/`, false, "basic"]);
});

test("a header by itself is what Headers would say, before and after they were asked for", async () => {
  const sent = [
    "X-One: a\u00a0",
    "x-two: 1",
    "X-Two:  2 \t",
    "x-none:",
    "Set-Cookie: a=1",
    "set-cookie: b=2",
  ];
  await using server = await serving("{}", ...sent);
  const response = await nodeFetch(server.url, MANUAL);
  const names = ["x-one", "x-two", "x-none", "set-cookie", "content-length", "x-six"];
  const alone = names.map((name) => headerOf(response, name));
  expect(alone).toEqual(names.map((name) => response.headers.get(name)));
  expect(names.map((name) => headerOf(response, name))).toEqual(alone);
  expect(headerOf(new Response("", { headers: { "x-one": "a" } }), "x-one")).toBeUndefined();
});

test("every way to read it gives the same bytes, once", async () => {
  await using server = await serving('{"a":"ü"}', "content-type: application/json");
  const get = () => nodeFetch(server.url, MANUAL);
  const bytes = new TextEncoder().encode('{"a":"ü"}');
  expect(await (await get()).json()).toEqual({ a: "ü" });
  expect(await (await get()).text()).toBe('{"a":"ü"}');
  expect(await (await get()).bytes()).toEqual(bytes);
  expect(new Uint8Array(await (await get()).arrayBuffer())).toEqual(bytes);
  const blob = await (await get()).blob();
  expect([blob.type, await blob.text()]).toEqual(["application/json", '{"a":"ü"}']);
  const streamed: Uint8Array[] = [];
  for await (const piece of (await get()).body ?? []) streamed.push(piece);
  expect(Buffer.concat(streamed)).toEqual(Buffer.from(bytes));
  const source = bodySource(await get());
  expect(Buffer.from((await source?.read()) ?? [])).toEqual(Buffer.from(bytes));
  expect(await source?.read()).toBeUndefined();
});

test("the bytes it gives away are nobody else's", async () => {
  await using server = await serving("abc");
  const buffer = await (await nodeFetch(server.url, MANUAL)).arrayBuffer();
  expect(buffer.byteLength).toBe(3);
});

test("a form is read by its boundary", async () => {
  const body = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
  await using server = await serving(body, "content-type: multipart/form-data; boundary=b");
  expect([...(await (await nodeFetch(server.url, MANUAL)).formData())]).toEqual([["a", "1"]]);
});

test("read once, it cannot be read again by any means", async () => {
  await using server = await serving("abc");
  const response = await nodeFetch(server.url, MANUAL);
  expect(response.bodyUsed).toBe(false);
  await response.text();
  expect(response.bodyUsed).toBe(true);
  for (const read of ["text", "json", "bytes", "arrayBuffer", "blob", "formData"] as const) {
    await expect(response[read]()).rejects.toThrow(TypeError);
  }
  expect(() => response.clone()).toThrow(TypeError);
  expect(response.body?.locked).toBe(true);
  expect(bodySource(response)).toBeUndefined();
});

test("a stream that somebody holds is not read past him", async () => {
  await using server = await serving("abc");
  const response = await nodeFetch(server.url, MANUAL);
  const reader = response.body?.getReader();
  await expect(response.text()).rejects.toThrow(TypeError);
  expect(bodySource(response)).toBeUndefined();
  expect(response.bodyUsed).toBe(false);
  await reader?.read();
  expect(response.bodyUsed).toBe(true);
});

test("a stream that was looked at but not read can still be read as text", async () => {
  await using server = await serving("abc");
  const response = await nodeFetch(server.url, MANUAL);
  expect(response.body).toBe(response.body);
  expect(await response.text()).toBe("abc");
  expect(response.bodyUsed).toBe(true);
});

test("a clone has the same, and each is read by itself", async () => {
  await using server = await serving("abc", "x-a: 1");
  const response = await nodeFetch(server.url, MANUAL);
  const clone = response.clone();
  expect([clone.url, clone.status, clone.headers.get("x-a")]).toEqual([response.url, 200, "1"]);
  expect(clone).toBeInstanceOf(Response);
  expect([await clone.text(), await response.text()]).toEqual(["abc", "abc"]);
});

test("a reader with a buffer of his own is served", async () => {
  await using server = await serving("abcdef");
  const reader = (await nodeFetch(server.url, MANUAL)).body?.getReader({ mode: "byob" });
  let text = "";
  for (;;) {
    const result = await reader?.read(new Uint8Array(4));
    text += new TextDecoder().decode(result?.value);
    if (result?.done !== false) break;
  }
  expect(text).toBe("abcdef");
});

test("it can be passed on as another's body", async () => {
  await using server = await serving("abc");
  const response = await nodeFetch(server.url, MANUAL);
  const other = new Response(response.body, response);
  expect([other.status, await other.text()]).toEqual([200, "abc"]);
});
