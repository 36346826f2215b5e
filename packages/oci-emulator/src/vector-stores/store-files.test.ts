// Files in vector stores through the vendor's client: ingestion and its failures, batches, lists, deletion.
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, keyFetch, openaiClient, started, testConfig } from "../../test/support/client.ts";
import type { OciEmulator } from "../index.ts";

const config = await testConfig();
const {
  emulator,
  client: signed,
  ...session
} = await started(config, {
  vectorStores: { fail: (filename) => filename.startsWith("bad") },
});
const slow = await started(config, { vectorStores: { ingestMs: 60_000 } });
afterEach(() => {
  emulator.reset();
  slow.emulator.reset();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await slow[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const dated = "/20231130/openai/v1";
const keyClient = (of: OciEmulator, base = dated): OpenAI =>
  openaiClient(of, config, { base, fetch: keyFetch(config) });
const byKey = keyClient(emulator);
const slowly = keyClient(slow.emulator);
const missing = { status: 404 };

const file = (name: string, content: string | Uint8Array = "Hello"): Promise<File> =>
  toFile(typeof content === "string" ? Buffer.from(content) : content, name);
const put = async (name: string, content?: string | Uint8Array, by = byKey): Promise<string> =>
  (await by.files.create({ file: await file(name, content), purpose: "assistants" })).id;
const newStore = async (by = byKey): Promise<string> => (await by.vectorStores.create({})).id;

describe("a file in a vector store", () => {
  it.each([
    ["signed", () => signed],
    ["with an API key", () => keyClient(emulator, "/openai/v1")],
    ["with an API key on the dated base", () => byKey],
  ])("is added, retrieved, changed and removed, %s", async (_, clientOf) => {
    const { files } = clientOf().vectorStores;
    const store = await newStore();
    const id = await put("a.txt", "Herons wade.", clientOf());
    const added = await files.createAndPoll(store, { file_id: id, attributes: { year: 2026 } });
    expect(added).toMatchObject({
      id,
      object: "vector_store.file",
      vector_store_id: store,
      status: "completed",
      last_error: null,
      usage_bytes: 12,
      attributes: { year: 2026 },
      chunking_strategy: {
        type: "static",
        static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
      },
    });
    const at = { vector_store_id: store };
    expect(await files.retrieve(id, at)).toEqual(added);
    expect(await files.update(id, { ...at, attributes: { draft: true } })).toEqual({
      ...added,
      attributes: { draft: true },
    });
    expect(await collect(files.content(id, at))).toEqual([{ type: "text", text: "Herons wade." }]);
    expect(await files.delete(id, at)).toEqual({ id, object: "vector_store.file.deleted", deleted: true });
    await expect(files.retrieve(id, at)).rejects.toMatchObject(missing);
    expect(await clientOf().files.retrieve(id)).toMatchObject({ id });
  });

  it("is uploaded and polled in one go", async () => {
    const store = await newStore();
    const made = await signed.vectorStores.files.uploadAndPoll(store, await file("a.txt"));
    expect(made).toMatchObject({ status: "completed", vector_store_id: store });
    expect(emulator.stored.vectorStores).toMatchObject([
      { id: store, files: [{ id: made.id, filename: "a.txt", status: "completed" }] },
    ]);
  });

  it("counts in its store, and is there once however often it is added", async () => {
    const id = await put("a.txt", "Hello");
    const { id: store } = await byKey.vectorStores.create({ file_ids: [id] });
    const first = await byKey.vectorStores.files.retrieve(id, { vector_store_id: store });
    expect(await byKey.vectorStores.files.create(store, { file_id: id })).toEqual(first);
    expect(await byKey.vectorStores.retrieve(store)).toMatchObject({
      usage_bytes: 5,
      file_counts: { completed: 1, total: 1 },
    });
    await byKey.vectorStores.files.delete(id, { vector_store_id: store });
    expect(await byKey.vectorStores.retrieve(store)).toMatchObject({
      usage_bytes: 0,
      file_counts: { completed: 0, total: 0 },
    });
  });

  it("is taken in when its time has come", async () => {
    const store = await newStore(slowly);
    const id = await put("a.txt", "Hello", slowly);
    const at = { vector_store_id: store };
    expect(await slowly.vectorStores.files.create(store, { file_id: id })).toMatchObject({
      status: "in_progress",
      usage_bytes: 0,
    });
    await expect(collect(slowly.vectorStores.files.content(id, at))).rejects.toMatchObject({ status: 400 });
    expect((await slowly.vectorStores.search(store, { query: "hello" })).data).toEqual([]);
    expect(await slowly.vectorStores.retrieve(store)).toMatchObject({ file_counts: { in_progress: 1 } });
    slow.emulator.clock.advance(60_000);
    expect(await slowly.vectorStores.files.retrieve(id, at)).toMatchObject({ status: "completed" });
    expect((await slowly.vectorStores.search(store, { query: "hello" })).data).toHaveLength(1);
  });

  it.each([
    ["is no text", "a.pdf", Uint8Array.of(0x25, 0x50, 0xff, 0xfe), "unsupported_file"],
    ["holds binary zeros", "a.bin", "a\0b", "unsupported_file"],
    ["holds no words", "a.txt", " \n ", "invalid_file"],
    ["is asked to fail", "bad.txt", "Hello", "server_error"],
  ])("fails when it %s, and is not searched", async (_, name, content, code) => {
    const store = await newStore();
    const id = await put(name, content);
    expect(await byKey.vectorStores.files.createAndPoll(store, { file_id: id })).toMatchObject({
      status: "failed",
      last_error: { code, message: expect.stringContaining(name) },
      usage_bytes: 0,
    });
    expect((await byKey.vectorStores.search(store, { query: "hello a b" })).data).toEqual([]);
    expect(await byKey.vectorStores.retrieve(store)).toMatchObject({ file_counts: { failed: 1, total: 1 } });
  });

  it("takes text out of a PDF only if it is text", async () => {
    const store = await newStore();
    const id = await put("a.pdf", "%PDF herons");
    expect(await byKey.vectorStores.files.createAndPoll(store, { file_id: id })).toMatchObject({
      status: "completed",
    });
  });

  it("goes when the file itself is deleted or expires", async () => {
    const store = await newStore();
    const deleted = await put("a.txt", "heron");
    const life = { anchor: "created_at", seconds: 3600 } as const;
    const expiring = await byKey.files.create({
      file: await file("b.txt", "heron"),
      purpose: "assistants",
      expires_after: life,
    });
    const batch = await byKey.vectorStores.fileBatches.createAndPoll(store, {
      file_ids: [deleted, expiring.id],
    });
    const found = async (): Promise<number> =>
      (await byKey.vectorStores.search(store, { query: "heron" })).data.length;
    expect(await found()).toBe(2);
    await byKey.files.delete(deleted);
    expect(await found()).toBe(1);
    emulator.clock.advance(3_600_000);
    expect(await found()).toBe(0);
    expect(await byKey.vectorStores.retrieve(store)).toMatchObject({
      usage_bytes: 0,
      file_counts: { total: 0 },
    });
    const at = { vector_store_id: store };
    expect(await collect(byKey.vectorStores.fileBatches.listFiles(batch.id, at))).toEqual([]);
  });

  it("must be a file of the project that asks, and signed requests must name one", async () => {
    const store = await newStore();
    const id = await put("a.txt");
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    await expect(other.vectorStores.files.create(store, { file_id: id })).rejects.toMatchObject(missing);
    const nobody = openaiClient(emulator, config, { project: null });
    await expect(nobody.vectorStores.files.list(store)).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/project/i),
    });
    await expect(byKey.vectorStores.create({ file_ids: ["file-0"] })).rejects.toMatchObject(missing);
    expect(emulator.stored.vectorStores).toHaveLength(1);
  });
});

describe("the files of a vector store", () => {
  it("are listed page by page, by status, in either direction", async () => {
    const store = await newStore();
    const ids: string[] = [];
    for (const name of ["a", "bad", "c", "bad too", "e"]) {
      const id = await put(`${name}.txt`);
      ids.push(id);
      await byKey.vectorStores.files.create(store, { file_id: id });
    }
    const listed = async (query: OpenAI.VectorStores.FileListParams): Promise<readonly string[]> =>
      (await collect(byKey.vectorStores.files.list(store, query))).map(({ id }) => id);
    expect(await listed({ limit: 2 })).toEqual(ids.toReversed());
    expect(await listed({ limit: 1, filter: "failed", order: "asc" })).toEqual([ids[1], ids[3]]);
    expect(await listed({ filter: "cancelled" })).toEqual([]);
    const page = await byKey.vectorStores.files.list(store, { before: ids[2] ?? "", limit: 1 });
    expect(page.data.map(({ id }) => id)).toEqual([ids[3]]);
    const odd = byKey.get(`/vector_stores/${store}/files`, { query: { filter: "lost" } });
    await expect(odd).rejects.toMatchObject({ status: 400, param: "filter" });
  });
});

describe("a file batch", () => {
  it("uploads, adds and polls files of all kinds", async () => {
    const store = await newStore();
    const known = await put("known.txt");
    const files = await Promise.all([file("a.txt"), file("bad.txt"), file("c.txt")]);
    const batch = await signed.vectorStores.fileBatches.uploadAndPoll(store, { files, fileIds: [known] });
    expect(batch).toMatchObject({
      object: "vector_store.files_batch",
      vector_store_id: store,
      status: "completed",
      file_counts: { completed: 3, failed: 1, in_progress: 0, cancelled: 0, total: 4 },
    });
    const at = { vector_store_id: store };
    const failed = await collect(
      signed.vectorStores.fileBatches.listFiles(batch.id, { ...at, filter: "failed" }),
    );
    expect(failed).toMatchObject([{ status: "failed", last_error: { code: "server_error" } }]);
    expect(await signed.vectorStores.fileBatches.retrieve(batch.id, at)).toEqual(batch);
  });

  it("gives each file its own attributes, or all of them the same", async () => {
    const store = await newStore();
    const [first, second] = [await put("a.txt"), await put("b.txt")];
    const small = {
      type: "static",
      static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 50 },
    } as const;
    await byKey.vectorStores.fileBatches.create(store, {
      files: [{ file_id: first, attributes: { n: 1 }, chunking_strategy: small }, { file_id: second }],
    });
    const third = await put("c.txt");
    await byKey.vectorStores.fileBatches.create(store, { file_ids: [third, third], attributes: { n: 3 } });
    const listed = await collect(byKey.vectorStores.files.list(store, { order: "asc" }));
    expect(listed.map(({ attributes }) => attributes)).toEqual([{ n: 1 }, {}, { n: 3 }]);
    expect(listed[0]?.chunking_strategy).toEqual(small);
  });

  it("stops what is in progress when it is cancelled, for good", async () => {
    const store = await newStore(slowly);
    const done = await put("done.txt", "heron", slowly);
    await slowly.vectorStores.files.create(store, { file_id: done });
    slow.emulator.clock.advance(60_000);
    const file_ids = [done, await put("a.txt", "heron", slowly)];
    const { id, ...made } = await slowly.vectorStores.fileBatches.create(store, { file_ids });
    expect(made).toMatchObject({ status: "in_progress", file_counts: { completed: 1, in_progress: 1 } });
    const at = { vector_store_id: store };
    const cancelled = await slowly.vectorStores.fileBatches.cancel(id, at);
    expect(cancelled).toMatchObject({ status: "cancelled", file_counts: { completed: 1, cancelled: 1 } });
    slow.emulator.clock.advance(60_000);
    expect(await slowly.vectorStores.fileBatches.retrieve(id, at)).toEqual(cancelled);
    expect((await slowly.vectorStores.search(store, { query: "heron" })).data).toHaveLength(1);
  });

  it.each([
    ["nothing", {}],
    ["no files", { file_ids: [] }],
    ["files in two ways", { file_ids: ["file-0"], files: [{ file_id: "file-0" }] }],
    ["more than 2,000 files", { file_ids: Array.from({ length: 2001 }, (_, at) => `file-${at}`) }],
    [
      "seventeen attributes",
      {
        file_ids: ["file-0"],
        attributes: Object.fromEntries(Array.from("abcdefghijklmnopq", (key) => [key, 1])),
      },
    ],
  ])("cannot have %s", async (_, body) => {
    const store = await newStore();
    const sent = byKey.post(`/vector_stores/${store}/file_batches`, { body });
    await expect(sent).rejects.toMatchObject({ status: 400 });
  });

  it("with a file that does not exist adds none", async () => {
    const store = await newStore();
    const sent = byKey.vectorStores.fileBatches.create(store, { file_ids: [await put("a.txt"), "file-0"] });
    await expect(sent).rejects.toMatchObject({ status: 404, message: expect.stringContaining("file-0") });
    expect(emulator.stored.vectorStores[0]?.files).toEqual([]);
  });

  it("takes more files than a page of their list holds, and counts and finds all of them", async () => {
    const store = await newStore();
    const file_ids = await Promise.all(
      Array.from({ length: 230 }, (_, at) => put(`${at}.txt`, `number ${at}`)),
    );
    const batch = await byKey.vectorStores.fileBatches.createAndPoll(store, { file_ids });
    expect(batch.file_counts).toMatchObject({ completed: 230, total: 230 });
    const listed = await collect(byKey.vectorStores.files.list(store, { limit: 100, order: "asc" }));
    expect(listed.map(({ id }) => id)).toEqual(file_ids);
    const at = { vector_store_id: store, limit: 100 };
    expect(await collect(byKey.vectorStores.fileBatches.listFiles(batch.id, at))).toHaveLength(230);
    const { data } = await byKey.vectorStores.search(store, { query: "123", max_num_results: 50 });
    expect(data.map(({ filename }) => filename)).toEqual(["123.txt"]);
  });

  it("may have 2,000 files", async () => {
    const store = await newStore();
    const file_ids = Array.from({ length: 2000 }, (_, at) => `file-${at}`);
    const sent = byKey.vectorStores.fileBatches.create(store, { file_ids });
    await expect(sent).rejects.toMatchObject({ status: 404, message: expect.stringContaining("file-0") });
  });
});
