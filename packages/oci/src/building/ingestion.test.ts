/** Waiting for stores and files, on a service whose time passes when it has been asked often enough. */
import { ConfigurationError, type JsonValue, ServerStateLostError, TimeoutError } from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../test/emulator.ts";
import { createOciOpenAI } from "../client.ts";
import { waitForIngestion, waitForVectorStore } from "./ingestion.ts";
import type { IngestionProgress } from "./store-files.ts";

const SLOW_MS = 60_000;
const pollMs = 1;
let cloud: Cloud;
let client: OpenAI;
let onRequest: (() => void) | undefined;
beforeAll(async () => {
  const vectorStores = { createMs: SLOW_MS, ingestMs: SLOW_MS, fail: (name: string) => name === "bad.md" };
  cloud = await startCloud({ vectorStores, onRequest: () => onRequest?.() });
  client = createOciOpenAI({ ...cloud.options, project: cloud.config.projectId });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  onRequest = undefined;
  cloud.emulator.reset();
});

/** The service's time passes when it has answered so many requests more. */
function readyAfter(requests: number): void {
  let left = requests;
  onRequest = () => {
    left -= 1;
    if (left === 0) cloud.emulator.clock.advance(SLOW_MS);
  };
}

async function storeWith(...names: readonly string[]) {
  const { id } = await client.vectorStores.create({ name: "store" });
  cloud.emulator.clock.advance(SLOW_MS);
  const put = async (name: string): Promise<string> => {
    const file = await client.files.create({
      file: new File([`Text of ${name}.`], name),
      purpose: "assistants",
    });
    await client.vectorStores.files.create(id, { file_id: file.id });
    return file.id;
  };
  const fileIds = await Promise.all(names.map(put));
  return { vectorStoreId: id, fileIds };
}

const asked = (path: RegExp): number =>
  cloud.emulator.requests.filter((request) => request.method === "GET" && path.test(request.path)).length;

describe("a store", () => {
  it("is waited for until it is made", async () => {
    const { id } = await client.vectorStores.create({ name: "store" });
    readyAfter(3);
    expect(await waitForVectorStore(client, { vectorStoreId: id, pollMs })).toMatchObject({
      status: "completed",
    });
    expect(asked(/vector_stores/)).toBe(4);
  });

  it("that has expired is said to be gone", async () => {
    const expires_after = { anchor: "last_active_at", days: 1 } as const;
    const { id } = await client.vectorStores.create({ name: "store", expires_after });
    const expired = { ...(await client.vectorStores.retrieve(id)), status: "expired" };
    cloud.emulator.fault({ path: /vector_stores/, body: JSON.parse(JSON.stringify(expired)) });
    const error = await waitForVectorStore(client, { vectorStoreId: id }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerStateLostError);
    expect(error).toMatchObject({ code: "vector_store_expired" });
  });
});

describe("files", () => {
  it("are waited for; what failed is told with its reason, and what is not there as missing", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md", "bad.md");
    const [good = "", bad = ""] = fileIds;
    const told: IngestionProgress[] = [];
    readyAfter(5);
    const options = { vectorStoreId, fileIds: [bad, "file-none", good], pollMs };
    const files = await waitForIngestion(client, {
      ...options,
      onProgress: (progress) => told.push(progress),
    });
    expect(files).toMatchObject([
      { fileId: bad, status: "failed", lastError: { code: "server_error" } },
      { fileId: "file-none", status: "missing" },
      { fileId: good, status: "completed" },
    ]);
    expect(told[0]).toEqual({ done: 1, total: 3 });
    expect(told.at(-1)).toEqual({ done: 3, total: 3 });
  });

  it("are asked for by pages of the store's list when they are many", async () => {
    const names = Array.from({ length: 120 }, (_, n) => `${n}.md`);
    const { vectorStoreId, fileIds } = await storeWith(...names);
    readyAfter(4);
    const files = await waitForIngestion(client, { vectorStoreId, fileIds, pollMs });
    expect(files.map(({ fileId }) => fileId)).toEqual(fileIds);
    expect(files.every(({ status }) => status === "completed")).toBe(true);
    expect(asked(/\/files$/)).toBeLessThan(10);
    expect(asked(/\/files\/./)).toBe(0);
  });

  it("of the whole store, or of a batch, are waited for as well", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md", "b.md");
    readyAfter(3);
    expect(await waitForIngestion(client, { vectorStoreId, pollMs })).toHaveLength(2);
    const batch = await client.vectorStores.fileBatches.create(vectorStoreId, { file_ids: [...fileIds] });
    const files = await waitForIngestion(client, { vectorStoreId, batchId: batch.id, pollMs });
    expect(files.map(({ fileId }) => fileId).sort()).toEqual([...fileIds].sort());
  });

  it("that take too long are told in numbers", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md");
    const error = await waitForIngestion(client, { vectorStoreId, fileIds, pollMs, timeoutMs: 500 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^1 file/) });
  });

  it("are waited for no longer than wanted, and no timer is left", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md");
    const controller = new AbortController();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const onProgress = (): void => {
      setImmediate(() => controller.abort());
    };
    const { signal } = controller;
    const waiting = waitForIngestion(client, { vectorStoreId, fileIds, pollMs: 60_000, signal, onProgress });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe("a time limit", () => {
  const slow = { method: "GET", delayMs: 60_000 } as const;
  const failure = (waiting: Promise<unknown>): Promise<unknown> =>
    waiting.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  it("holds while an answer is late, of the store and of the files", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md");
    cloud.emulator.fault({ ...slow, path: /vector_stores\/[^/]+$/ });
    const store = failure(waitForVectorStore(client, { vectorStoreId, timeoutMs: 100 }));
    expect(await store).toBeInstanceOf(TimeoutError);
    cloud.emulator.fault({ ...slow, path: /vector_stores\/[^/]+\/files/ });
    const files = failure(waitForIngestion(client, { vectorStoreId, fileIds, timeoutMs: 500 }));
    expect(await files).toBeInstanceOf(TimeoutError);
  });
});

describe("answers that are none", () => {
  const oddly = (path: RegExp, body: JsonValue): void =>
    cloud.emulator.fault({ path, body, method: "GET", headers: { "content-type": "application/json" } });

  it.each<[string, RegExp, JsonValue]>([
    ["a page to sign in", /vector_stores\/[^/]+$/, "<html>Sign in</html>"],
    ["nothing", /vector_stores\/[^/]+$/, "null"],
    ["a list of nothing", /\/files$/, { object: "list", data: [null], has_more: false }],
    ["no list", /\/files$/, { object: "list", data: null }],
  ])("are told as such: %s", async (_, path, body) => {
    const { vectorStoreId } = await storeWith("a.md");
    oddly(path, body);
    await expect(waitForIngestion(client, { vectorStoreId, pollMs })).rejects.toMatchObject({
      name: "ServerError",
      code: "unexpected_answer",
    });
  });

  it("lack counts, and are read for what they tell", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md");
    const batch = await client.vectorStores.fileBatches.create(vectorStoreId, { file_ids: [...fileIds] });
    oddly(/vector_stores\/[^/]+$/, { id: vectorStoreId, status: "completed" });
    oddly(/file_batches\/[^/]+$/, { id: batch.id, status: "in_progress" });
    oddly(/file_batches\/[^/]+$/, { id: batch.id, status: "queued" });
    oddly(/file_batches\/[^/]+$/, { id: batch.id, status: "completed" });
    const files = await waitForIngestion(client, { vectorStoreId, batchId: batch.id, pollMs });
    expect(files.map(({ fileId }) => fileId)).toEqual(fileIds);
  });

  it("tell a state that nobody knows: it is waited for", async () => {
    const { vectorStoreId, fileIds } = await storeWith("a.md");
    cloud.emulator.clock.advance(SLOW_MS);
    oddly(/\/files\/./, { id: fileIds[0] ?? "", status: "queued" });
    expect(await waitForIngestion(client, { vectorStoreId, fileIds, pollMs })).toMatchObject([
      { status: "completed" },
    ]);
    expect(asked(/\/files\/./)).toBe(2);
  });

  it("repeat a page: a list is not read for ever", async () => {
    const { vectorStoreId } = await storeWith("a.md");
    const page = { object: "list", data: [{ id: "file-x", status: "completed" }], has_more: true };
    cloud.emulator.fault({ path: /\/files$/, method: "GET", body: page, times: Number.POSITIVE_INFINITY });
    await expect(waitForIngestion(client, { vectorStoreId, pollMs })).rejects.toMatchObject({
      message: expect.stringMatching(/same page again/),
    });
    expect(asked(/\/files$/)).toBe(2);
  });
});

describe("options", () => {
  it.each([
    [{ fileIds: "file-1" }, /fileIds/],
    [{ fileIDs: ["file-1"] }, /did you mean "fileIds"/],
    [{ pollms: 5 }, /did you mean "pollMs"/],
    [{ pollMs: 0 }, /pollMs/],
    [{ timeoutMs: "5" }, /timeoutMs/],
    [{ vectorStoreId: "" }, /vectorStoreId/],
  ])("that are misspelt or do not fit are told before anything is asked: %j", async (options, message) => {
    const given = { vectorStoreId: "vs_1", ...options };
    // @ts-expect-error They come from JavaScript.
    const error = await waitForIngestion(client, given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(cloud.emulator.requests).toEqual([]);
  });
});
