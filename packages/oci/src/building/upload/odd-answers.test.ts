/** Uploads to a service whose answers lack things, are late or are none: nothing is lost, doubled or believed. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../test/emulator.ts";
import {
  type Answer,
  type Arrival,
  type RecordingServer,
  recordingServer,
} from "../../../test/recording-server.ts";
import { createOciOpenAI } from "../../client.ts";
import { uploadFolder } from "./upload-folder.ts";

let cloud: Cloud;
let client: OpenAI;
let directory: string;
let vectorStoreId: string;
/** Changes what the service answers, before anybody reads it. */
let changed: (path: string, answer: JsonObject) => JsonValue;
let between: RecordingServer;
beforeAll(async () => {
  cloud = await startCloud();
  between = await recordingServer(passOn);
  const [apiKey] = cloud.config.apiKey.secrets;
  // A key: what is signed is signed for the host that it goes to.
  const options = { ...cloud.options, endpoint: between.url, authType: "genai_api_key", apiKey } as const;
  client = createOciOpenAI({ ...options, project: cloud.config.projectId, maxRetries: 0 });
});
afterAll(async () => {
  await between[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

async function passOn(
  { method, target, headers, body }: Arrival,
  response: Parameters<Answer>[1],
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    const {
      authorization = "",
      "content-type": type = "application/json",
      "openai-project": project,
    } = headers;
    const answer = await fetch(`${cloud.options.endpoint}${target}`, {
      method,
      headers: { authorization, "content-type": type, "openai-project": String(project) },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      signal: gone.signal,
    });
    const text = await answer.text();
    const json = answer.ok ? parseJson(text) : undefined;
    const path = new URL(target, between.url).pathname;
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(isJsonObject(json) ? JSON.stringify(changed(path, json)) : text);
  } catch {
    response.destroy();
  }
}
beforeEach(async () => {
  cloud.emulator.reset();
  changed = (_, answer) => answer;
  directory = await mkdtemp(join(tmpdir(), "locus-odd-"));
  vectorStoreId = (await client.vectorStores.create({ name: "folder" })).id;
  await writeFile(join(directory, "a.md"), "one");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const upload = () => uploadFolder(client, { vectorStoreId, directory, waitForIngestion: { pollMs: 1 } });
const manifest = () => readFile(join(directory, `.locus-upload.${vectorStoreId}.jsonl`), "utf8");
const files = (): number => cloud.emulator.stored.files.length;
const creation = { path: /v1\/files$/, method: "POST" } as const;
const isFile = (path: string): boolean => /v1\/files(?:\/[^/]+)?$/.test(path);
const isStore = (path: string): boolean => /vector_stores\/[^/]+$/.test(path);

/** Every answer, and the files of a list in it. */
const inEach = (answer: JsonObject, change: (file: JsonObject) => JsonObject): JsonObject =>
  Array.isArray(answer.data)
    ? { ...answer, data: answer.data.map((file) => (isJsonObject(file) ? change(file) : file)) }
    : change(answer);

describe("times", () => {
  it.each<[string, JsonValue]>([
    ["missing", null],
    ["in words", "2026-01-01T00:00:00Z"],
  ])("that are %s do no harm: not to the manifest, nor to what is looked for", async (_, created_at) => {
    changed = (path, answer) =>
      isFile(path) || isStore(path) ? inEach(answer, (one) => ({ ...one, created_at })) : answer;
    cloud.emulator.fault({ ...creation, reset: true, afterEffect: true });
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(await upload()).toMatchObject({ uploaded: 0, skipped: 1 });
    expect(files()).toBe(1);
    expect(await manifest()).not.toContain("null");
  });
});

describe("sizes", () => {
  it("that are not told are no other sizes: a file whose answer was lost is known by its token", async () => {
    changed = (path, answer) => {
      if (!isFile(path)) return answer;
      return inEach(answer, ({ bytes: _bytes, ...file }) => file);
    };
    cloud.emulator.fault({ ...creation, reset: true, afterEffect: true });
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(files()).toBe(1);
  });
});

describe("answers to an upload that are none", () => {
  it.each<[string, JsonValue]>([
    ["a page to sign in", "<html>Sign in</html>"],
    ["nothing", "null"],
    ["without an id", { object: "file", filename: "a.md" }],
  ])("fail the file, and the next call sends it: %s", async (_, body) => {
    cloud.emulator.fault({ ...creation, body, headers: { "content-type": "application/json" } });
    const report = await upload();
    expect(report.files).toMatchObject([{ path: "a.md", status: "failed", error: { name: "ServerError" } }]);
    expect(JSON.stringify(report)).toMatch(/the service answered with something/);
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(files()).toBe(1);
  });

  it("leave nothing there twice, where it was done all the same", async () => {
    cloud.emulator.fault({ ...creation, body: "<html>Sign in</html>", afterEffect: true });
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(files()).toBe(1);
  });

  it("are told where the store, its list or a deletion is meant", async () => {
    cloud.emulator.fault({ path: /vector_stores\/[^/]+$/, body: "<html></html>" });
    await expect(upload()).rejects.toMatchObject({ code: "unexpected_answer" });
    cloud.emulator.fault({ path: /vector_stores\/[^/]+\/files$/, method: "GET", body: "<html></html>" });
    await expect(upload()).rejects.toMatchObject({ code: "unexpected_answer" });
    await upload();
    await writeFile(join(directory, "a.md"), "two");
    cloud.emulator.fault({ path: /files\//, method: "DELETE", body: "<html></html>" });
    expect(await upload()).toMatchObject({ failed: 1 });
    expect(files()).toBe(2);
    expect(await upload()).toMatchObject({ failed: 0, skipped: 1 });
    expect(files()).toBe(1);
  });
});

describe("lists", () => {
  it("that repeat a page are not read for ever, and nothing is sent again for want of them", async () => {
    const page = { object: "list", data: [{ id: "file-x", filename: "x" }], has_more: true };
    cloud.emulator.fault({ ...creation, reset: true, afterEffect: true });
    cloud.emulator.fault({ path: /v1\/files$/, method: "GET", body: page, times: 2 });
    expect(await upload()).toMatchObject({ failed: 1 });
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(files()).toBe(1);
  });
});

describe("late answers", () => {
  it("are waited for no longer than `timeoutMs`, for store and files together", async () => {
    const late = { path: /vector_stores\/[^/]+\/files\/./, method: "GET", delayMs: 60_000 } as const;
    cloud.emulator.fault(late);
    const report = await uploadFolder(client, {
      vectorStoreId,
      directory,
      waitForIngestion: { pollMs: 1, timeoutMs: 1000 },
    });
    expect(report.files).toMatchObject([{ status: "failed", error: { code: "timeout" } }]);
    expect(await upload()).toMatchObject({ skipped: 1, bytes: 0 });
  });
});
