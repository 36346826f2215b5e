/** What goes over the wire, byte for byte, and what never does. */

import { spawn } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { inspect } from "node:util";
import { zstdCompressSync } from "node:zlib";
import { ConfigurationError, ConnectionError } from "@locus-sdk/core";
import OpenAI, { toFile } from "openai";
import { describe, expect, test, vi } from "vitest";
import { apiKeyProfile, keyPair, TENANCY, USER } from "../../test/profiles.ts";
import { type Arrival, recordingServer } from "../../test/recording-server.ts";
import type { OciOptions } from "../config/options.ts";
import { createOciFetch } from "./signed-fetch.ts";

const keys = keyPair();
const { configFile } = apiKeyProfile(keys);
const options = (url: string, more: OciOptions = {}): OciOptions => ({
  endpoint: url,
  configFile,
  env: {},
  ...more,
});

/** Verifies a signature from nothing but what arrived. */
function verified(arrival: Arrival): boolean {
  const authorization = arrival.headers.authorization ?? "";
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(authorization)?.[1] ?? "";
  const text = part("headers")
    .split(" ")
    .map((name) => {
      const value =
        name === "(request-target)"
          ? `${arrival.method.toLowerCase()} ${arrival.target}`
          : arrival.headers[name];
      return `${name}: ${String(value)}`;
    })
    .join("\n");
  expect(part("keyId")).toBe(`${TENANCY}/${USER}/${keys.fingerprint}`);
  return verify(
    "sha256",
    Buffer.from(text),
    createPublicKey(keys.privateKey),
    Buffer.from(part("signature"), "base64"),
  );
}

const names = (arrival: Arrival): string[] =>
  arrival.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());

describe("what is sent", () => {
  const form = new FormData();
  form.set("purpose", "assistants");
  form.set("file", new Blob([Uint8Array.from([0, 255, 128])]), "ü.bin");
  const stream = () => new Blob(["a", "ü"]).stream();
  test.each<[string, RequestInit, RegExp | undefined]>([
    ["text", { method: "POST", body: "grüße" }, /^text\/plain;charset=UTF-8$/],
    [
      "JSON",
      { method: "post", body: "{}", headers: { "Content-Type": "application/json" } },
      /^application\/json$/,
    ],
    ["bytes", { method: "PUT", body: Uint8Array.from([0, 1, 255]) }, /^application\/json$/],
    ["a form", { method: "POST", body: form }, /^multipart\/form-data; boundary=/],
    ["a blob", { method: "POST", body: new Blob(["x"], { type: "audio/wav" }) }, /^audio\/wav$/],
    [
      "parameters",
      { method: "POST", body: new URLSearchParams({ a: "b c" }) },
      /^application\/x-www-form-urlencoded/,
    ],
    ["a stream", { method: "PATCH", body: stream(), duplex: "half" }, /^application\/json$/],
    ["nothing, with POST", { method: "POST" }, /^application\/json$/],
    ["nothing, with GET", {}, undefined],
    ["nothing, with DELETE", { method: "DELETE" }, undefined],
  ])("%s arrives with a signature over what arrived", async (_, init, contentType) => {
    await using server = await recordingServer();
    const fetch = createOciFetch(options(server.url));
    await fetch(`${server.url}/a%2Fb/ü?x=1&y=%20a+b`, init);
    const [arrival] = server.arrivals;
    if (arrival === undefined) throw new Error("nothing arrived");
    expect(verified(arrival)).toBe(true);
    expect(arrival.target).toBe("/a%2Fb/%C3%BC?x=1&y=%20a+b");
    if (contentType === undefined) expect(arrival.headers["content-type"]).toBeUndefined();
    else {
      expect(arrival.headers["content-type"]).toMatch(contentType);
      expect(arrival.headers["content-length"]).toBe(String(arrival.body.byteLength));
    }
    expect(names(arrival)).toEqual([...new Set(names(arrival))]);
  });

  test("a Request is as good as its parts, and the second argument goes over it", async () => {
    await using server = await recordingServer();
    const fetch = createOciFetch(options(server.url));
    await fetch(new Request(`${server.url}/x`, { method: "POST", body: "ü", headers: { "x-a": "1" } }));
    await fetch(new Request(`${server.url}/x`, { method: "PUT" }), { method: "POST", body: "other" });
    await fetch(new URL(`${server.url}/x#hash`));
    expect(server.arrivals.map(({ method, body }) => [method, body.toString()])).toEqual([
      ["POST", "ü"],
      ["POST", "other"],
      ["GET", ""],
    ]);
    expect(server.arrivals[0]?.headers["x-a"]).toBe("1");
    expect(server.arrivals.every(verified)).toBe(true);
  });

  test("compartment, project, correlation and encodings are added", async () => {
    await using server = await recordingServer();
    const project = "ocid1.generativeaiproject.oc1..p";
    const compartmentId = "ocid1.compartment.oc1..c";
    const fetch = createOciFetch(options(server.url, { project, compartmentId }));
    await fetch(server.url, { headers: { "opc-request-id": "mine" } });
    await fetch(server.url);
    expect(server.arrivals[0]?.headers).toMatchObject({
      "opc-compartment-id": compartmentId,
      "openai-project": project,
      "opc-request-id": "mine",
      "accept-encoding": "gzip, deflate, br",
    });
    expect(server.arrivals[1]?.headers["opc-request-id"]).toMatch(/^[0-9A-F]{32}$/);
  });

  test("credentials of other kinds and an OpenAI account's headers are taken off", async () => {
    await using server = await recordingServer();
    const fetch = createOciFetch(options(server.url));
    const headers = {
      Authorization: "Bearer sk-openai",
      "X-Api-Key": "k",
      "api-key": "k",
      Cookie: "c=1",
      "OpenAI-Organization": "org-1",
      "OpenAI-Project": "proj_1",
    };
    await fetch(server.url, { headers });
    const [arrival] = server.arrivals;
    expect(arrival && verified(arrival)).toBe(true);
    for (const name of ["x-api-key", "api-key", "cookie", "openai-organization", "openai-project"]) {
      expect(arrival?.headers[name]).toBeUndefined();
    }
    expect(JSON.stringify(arrival?.rawHeaders)).not.toContain("sk-openai");
  });

  test("a GenAI API key is a bearer token, without signature and compartment", async () => {
    await using server = await recordingServer();
    const fetch = createOciFetch(options(server.url, { apiKey: "sk-genai" }));
    await fetch(server.url, { method: "POST", body: "{}" });
    const headers = server.arrivals[0]?.headers;
    expect(headers?.authorization).toBe("Bearer sk-genai");
    for (const name of ["x-date", "x-content-sha256", "opc-compartment-id"])
      expect(headers?.[name]).toBeUndefined();
  });

  test("the openai client's JSON, uploads, queries and deletions all verify", async () => {
    await using server = await recordingServer();
    const client = new OpenAI({
      baseURL: `${server.url}/openai/v1`,
      apiKey: "placeholder",
      fetch: createOciFetch(options(server.url)),
      maxRetries: 0,
    });
    await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "ü" }] });
    await client.files.create({ purpose: "assistants", file: await toFile(Buffer.from([0, 200]), "ä.bin") });
    await client.files.list({ limit: 3, purpose: "a b" });
    await client.files.delete("file-1");
    expect(server.arrivals.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "POST /openai/v1/chat/completions",
      "POST /openai/v1/files",
      "GET /openai/v1/files?limit=3&purpose=a%20b",
      "DELETE /openai/v1/files/file-1",
    ]);
    expect(server.arrivals.every(verified)).toBe(true);
  });
});

describe("where it goes", () => {
  test("a redirect is refused and its target hears nothing", async () => {
    await using other = await recordingServer();
    await using server = await recordingServer((_, response) => {
      response.writeHead(307, { location: `${other.url}/stolen` });
      response.end();
    });
    const fetch = createOciFetch(options(server.url));
    const refused = fetch(`${server.url}/x`, { method: "POST", body: "{}", redirect: "follow" });
    await expect(refused).rejects.toMatchObject({
      name: "ConnectionError",
      code: "redirect_refused",
      retryable: false,
    });
    expect(other.arrivals).toEqual([]);
  });

  test("a foreign host, plain http and a URL with a password are refused before anything is read", async () => {
    const fetch = createOciFetch(options("http://127.0.0.1:1", { configFile }));
    for (const url of [
      "https://evil.example/x",
      "http://h.oraclecloud.com/",
      "http://u:hunter2@127.0.0.1:1/",
      "x",
    ]) {
      const failed = await fetch(url).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(ConfigurationError);
      expect(inspect(failed)).not.toContain("hunter2");
    }
  });

  test("a header that no header may be is refused without its value", async () => {
    const fetch = createOciFetch(options("http://127.0.0.1:1"));
    const failed = await fetch("http://127.0.0.1:1", {
      headers: { "x-token": "hunter2\n" + "x: y\u0000" },
    }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ConfigurationError);
    expect(inspect(failed)).not.toContain("hunter2");
  });
});

describe("what comes back", () => {
  test("a 401 is answered once with a fresh signature, a second one is returned", async () => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end('{"code":"NotAuthenticated"}');
    });
    const fetch = createOciFetch(options(server.url));
    const response = await fetch(server.url, { method: "POST", body: "once more" });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ code: "NotAuthenticated" });
    expect(server.arrivals.map(({ body }) => body.toString())).toEqual(["once more", "once more"]);
    expect(server.arrivals.every(verified)).toBe(true);
  });

  test("an encoding nobody asked for is an error of the body, so a paid answer is not asked for again", async () => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(200, { "content-encoding": "zstd", "content-type": "application/json" });
      response.end(zstdCompressSync("{}"));
    });
    const fetch = createOciFetch(options(server.url));
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toBeInstanceOf(ConnectionError);
    const client = new OpenAI({ baseURL: server.url, apiKey: "x", fetch, maxRetries: 2 });
    await expect(client.models.list()).rejects.toMatchObject({ code: "content_encoding" });
    expect(server.arrivals).toHaveLength(2);
  });

  test("aborting closes the socket, while waiting for headers and while reading", async () => {
    const closed: Promise<unknown>[] = [];
    const arrived = vi.fn<(response: { flushHeaders(): void }) => void>();
    await using server = await recordingServer(({ target }, response) => {
      closed.push(once(response, "close"));
      if (target === "/stream") response.write("data: 1\n\n");
      arrived(response);
    });
    const fetch = createOciFetch(options(server.url));
    const waiting = new AbortController();
    const headers = fetch(`${server.url}/headers`, { signal: waiting.signal });
    await vi.waitFor(() => expect(arrived).toHaveBeenCalledTimes(1));
    waiting.abort();
    await expect(headers).rejects.toMatchObject({ name: "AbortError" });

    const reading = new AbortController();
    const body = (await fetch(`${server.url}/stream`, { signal: reading.signal })).body?.getReader();
    await body?.read();
    reading.abort();
    await expect(body?.read()).rejects.toMatchObject({ name: "AbortError" });
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
    await expect(fetch(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  test("timeoutMs is fetch's own limit too, in a process whose first request this is", async () => {
    await using server = await recordingServer(() => undefined);
    const script = `
      import { createOciFetch } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const fetch = createOciFetch(${JSON.stringify(options(server.url, { timeoutMs: 300 }))});
      await fetch(${JSON.stringify(server.url)}).catch((error) => process.stdout.write(String(error.cause?.code)));
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    expect(output).toBe("UND_ERR_HEADERS_TIMEOUT");
  });
});
