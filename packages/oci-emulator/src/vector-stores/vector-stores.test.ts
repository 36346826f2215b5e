// Vector stores through the vendor's client: which plane has what, life, listing, and whose they are.
import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, keyFetch, openaiClient, started, testConfig } from "../../test/support/client.ts";

const config = await testConfig();
const { emulator, client: data, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const dated = "/20231130/openai/v1";
const control = openaiClient({ ...emulator, url: emulator.controlUrl }, config, { base: dated });
const byKey = openaiClient(emulator, config, { base: dated, fetch: keyFetch(config) });
const missing = { status: 404 };
const dayMs = 24 * 3_600_000;

describe("a vector store", () => {
  it.each([
    ["on the control plane with a signature", control],
    ["on the data plane with an API key", byKey],
  ])("is created, retrieved, changed and deleted %s", async (_, client) => {
    const made = await client.vectorStores.create({
      name: "handbook",
      description: "What we know.",
      metadata: { team: "a" },
      expires_after: { anchor: "last_active_at", days: 2 },
    });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^vs_/),
      object: "vector_store",
      name: "handbook",
      description: "What we know.",
      status: "completed",
      usage_bytes: 0,
      file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
      metadata: { team: "a" },
      expires_after: { anchor: "last_active_at", days: 2 },
      last_active_at: made.created_at,
      expires_at: made.created_at + (2 * dayMs) / 1000,
    });
    expect(await client.vectorStores.retrieve(made.id)).toEqual(made);
    const changed = await client.vectorStores.update(made.id, { name: "other", expires_after: null });
    expect(changed).toMatchObject({ name: "other", metadata: { team: "a" }, expires_at: null });
    expect(changed).not.toHaveProperty("expires_after");
    expect(await client.vectorStores.delete(made.id)).toEqual({
      id: made.id,
      object: "vector_store.deleted",
      deleted: true,
    });
    await expect(client.vectorStores.retrieve(made.id)).rejects.toMatchObject(missing);
  });

  it("is one and the same on both planes", async () => {
    const { id } = await control.vectorStores.create({ name: "shared" });
    expect(await byKey.vectorStores.retrieve(id)).toMatchObject({ id, name: "shared" });
  });

  it("is not there under the base that only fills and searches it", async () => {
    const { id } = await control.vectorStores.create({});
    const keyed = openaiClient(emulator, config, { fetch: keyFetch(config) });
    for (const client of [data, keyed]) {
      await expect(client.vectorStores.create({})).rejects.toMatchObject(missing);
      await expect(client.vectorStores.retrieve(id)).rejects.toMatchObject(missing);
      await expect(client.vectorStores.list()).rejects.toMatchObject(missing);
      await expect(client.vectorStores.delete(id)).rejects.toMatchObject(missing);
      expect(emulator.requests.at(-1)?.refusal).toContain("on the control plane");
      expect(await collect(client.vectorStores.files.list(id))).toEqual([]);
    }
    expect(await control.vectorStores.retrieve(id)).toMatchObject({ id });
  });

  it("takes on each plane only that plane's credential", async () => {
    const keyOnControl = openaiClient({ ...emulator, url: emulator.controlUrl }, config, {
      base: dated,
      fetch: keyFetch(config),
    });
    const signedOnData = openaiClient(emulator, config, { base: dated });
    for (const client of [keyOnControl, signedOnData]) {
      await expect(client.vectorStores.create({})).rejects.toMatchObject({ status: 401 });
    }
  });

  it("belongs to its compartment, and needs no project", async () => {
    const nobody = openaiClient({ ...emulator, url: emulator.controlUrl }, config, {
      base: dated,
      project: null,
    });
    const { id } = await nobody.vectorStores.create({});
    expect(await control.vectorStores.retrieve(id)).toMatchObject({ id });
    const key = emulator.createApiKey({ compartmentId: "ocid1.compartment.oc1..other" });
    const other = openaiClient(emulator, config, {
      base: dated,
      fetch: (url, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", `Bearer ${key.secrets[0]}`);
        return fetch(url, { ...init, headers });
      },
    });
    await expect(other.vectorStores.retrieve(id)).rejects.toMatchObject(missing);
    await expect(other.vectorStores.delete(id)).rejects.toMatchObject(missing);
    expect(await collect(other.vectorStores.list())).toEqual([]);
  });

  it.each([
    [
      "seventeen pairs of metadata",
      { metadata: Object.fromEntries(Array.from("abcdefghijklmnopq", (key) => [key, ""])) },
    ],
    ["a life of no days", { expires_after: { anchor: "last_active_at", days: 0 } }],
    ["a life of more than a year", { expires_after: { anchor: "last_active_at", days: 366 } }],
    [
      "chunks too small",
      {
        chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 } },
      },
    ],
    [
      "chunks that overlap too much",
      {
        chunking_strategy: {
          type: "static",
          static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 },
        },
      },
    ],
    ["a field nobody knows", { color: "red" }],
  ])("cannot have %s", async (_, body) => {
    await expect(control.post("/vector_stores", { body })).rejects.toMatchObject({ status: 400 });
    expect(await collect(control.vectorStores.list())).toEqual([]);
  });

  it("is listed page by page, forwards and backwards", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) ids.push((await control.vectorStores.create({ name })).id);
    const listed = async (query: OpenAI.VectorStoreListParams): Promise<readonly string[]> =>
      (await collect(control.vectorStores.list(query))).map(({ id }) => id);
    expect(await listed({ limit: 2 })).toEqual(ids.toReversed());
    expect(await listed({ limit: 3, order: "asc" })).toEqual(ids);
    const before = await control.vectorStores.list({ limit: 2, order: "asc", before: ids[3] ?? "" });
    expect(before.data.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
    expect(before.has_more).toBe(true);
    await expect(listed({ limit: 101 })).rejects.toMatchObject({ status: 400, param: "limit" });
    await expect(listed({ before: "vs_0" })).rejects.toMatchObject({ status: 404, param: "before" });
  });

  it("is in progress until its time has come, and takes nothing in before", async () => {
    await using slow = await started(config, { vectorStores: { createMs: 60_000 } });
    const base = { base: dated, fetch: keyFetch(config) };
    const client = openaiClient(slow.emulator, config, base);
    const { id } = await client.vectorStores.create({});
    const soon = { status: 400, message: expect.stringContaining("in_progress") };
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ status: "in_progress" });
    await expect(client.vectorStores.search(id, { query: "a" })).rejects.toMatchObject(soon);
    await expect(client.vectorStores.files.create(id, { file_id: "file-0" })).rejects.toMatchObject(soon);
    slow.emulator.clock.advance(60_000);
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ status: "completed" });
    expect(await client.vectorStores.search(id, { query: "a" })).toMatchObject({ data: [] });
    slow.emulator.clock.advance(-60_000);
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ status: "completed" });
  });

  it("expires when nobody has searched it for its days", async () => {
    const { id } = await byKey.vectorStores.create({
      expires_after: { anchor: "last_active_at", days: 1 },
    });
    emulator.clock.advance(dayMs - 60_000);
    await byKey.vectorStores.search(id, { query: "a" });
    emulator.clock.advance(dayMs - 60_000);
    expect(await byKey.vectorStores.retrieve(id)).toMatchObject({ status: "completed" });
    emulator.clock.advance(120_000);
    expect(await byKey.vectorStores.retrieve(id)).toMatchObject({ status: "expired" });
    await expect(byKey.vectorStores.search(id, { query: "a" })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("expired"),
    });
  });
});
