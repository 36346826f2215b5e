// Searching vector stores through the vendor's client: ranking, chunks, filters and limits.
import fc from "fast-check";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyFetch, openaiClient, started, testConfig } from "../../test/support/client.ts";
import { chunksOf } from "./chunks.ts";

const config = await testConfig();
const { emulator, client: signed, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const byKey = openaiClient(emulator, config, { base: "/20231130/openai/v1", fetch: keyFetch(config) });
type Attributes = Record<string, string | number | boolean>;

let store = "";
beforeEach(async () => {
  store = (await byKey.vectorStores.create({})).id;
});

const put = async (
  name: string,
  content: string,
  options: Omit<OpenAI.VectorStores.FileCreateParams, "file_id"> = {},
): Promise<string> => {
  const file = await toFile(Buffer.from(content), name);
  const { id } = await byKey.files.create({ file, purpose: "assistants" });
  await byKey.vectorStores.files.create(store, { file_id: id, ...options });
  return id;
};

const search = async (
  body: OpenAI.VectorStoreSearchParams,
): Promise<readonly OpenAI.VectorStoreSearchResponse[]> =>
  (await byKey.vectorStores.search(store, body)).data;
const names = async (body: OpenAI.VectorStoreSearchParams): Promise<readonly string[]> =>
  (await search(body)).map(({ filename }) => filename);

describe("a search", () => {
  it("finds the passages that hold the words, best first, and no others", async () => {
    const id = await put("herons.md", "Herons wade in shallow water.", { attributes: { kind: "bird" } });
    await put("ducks.md", "Ducks swim in water, and herons do not.");
    await put("rocks.md", "Rocks lie about.");
    const found = await search({ query: "Do herons wade?" });
    expect(found.map(({ filename }) => filename)).toEqual(["herons.md", "ducks.md"]);
    expect(found[0]).toEqual({
      file_id: id,
      filename: "herons.md",
      score: expect.closeTo(found[0]?.score ?? 0),
      attributes: { kind: "bird" },
      content: [{ type: "text", text: "Herons wade in shallow water." }],
    });
    const [first = 0, second = 1] = found.map(({ score }) => score);
    expect(first).toBeLessThanOrEqual(1);
    expect(first).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(0);
    expect(await search({ query: "volcano" })).toEqual([]);
  });

  it("answers in the shape of a page, signed or not", async () => {
    await put("a.txt", "heron");
    const page = await signed.post(`/vector_stores/${store}/search`, {
      body: { query: ["heron", "duck"], rewrite_query: true, ranking_options: { ranker: "auto" } },
    });
    expect(page).toMatchObject({
      object: "vector_store.search_results.page",
      search_query: ["heron", "duck"],
      data: [{ filename: "a.txt" }],
      has_more: false,
      next_page: null,
    });
  });

  it("takes several queries as one", async () => {
    await put("a.txt", "heron");
    await put("b.txt", "duck");
    expect((await names({ query: ["heron", "duck"] })).toSorted()).toEqual(["a.txt", "b.txt"]);
  });

  it("gives ten results unless told otherwise, and none below the threshold", async () => {
    for (let at = 0; at < 12; at += 1) await put(`${at}.txt`, `heron ${"reed ".repeat(at)}`);
    expect(await search({ query: "heron" })).toHaveLength(10);
    expect(await search({ query: "heron", max_num_results: 11 })).toHaveLength(11);
    const [best] = await search({ query: "heron", max_num_results: 1 });
    const score_threshold = best?.score ?? 1;
    expect(await names({ query: "heron", ranking_options: { score_threshold } })).toEqual(["0.txt"]);
  });

  it("gives chunks of long files, as they were to be cut", async () => {
    const words = Array.from({ length: 250 }, (_, at) => `w${at}`);
    const chunking_strategy = {
      type: "static",
      static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 50 },
    } as const;
    await put("long.txt", words.join("\n"), { chunking_strategy });
    const found = await search({ query: "w60" });
    expect(found.map(({ content }) => content[0]?.text.split("\n").length)).toEqual([100, 100]);
    expect(found.map(({ content }) => content[0]?.text.split("\n")[0]).toSorted()).toEqual(["w0", "w50"]);
    expect(await search({ query: "w249" })).toMatchObject([
      { content: [{ text: expect.stringMatching(/w249$/) }] },
    ]);
  });

  it("counts as activity of the store", async () => {
    const { last_active_at: before } = await byKey.vectorStores.retrieve(store);
    emulator.clock.advance(3_600_000);
    await search({ query: "heron" });
    const { last_active_at: after } = await byKey.vectorStores.retrieve(store);
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(3600);
  });

  it("does not find what was taken out, and finds changed attributes", async () => {
    const gone = await put("gone.txt", "heron");
    const kept = await put("kept.txt", "heron", { attributes: { draft: true } });
    await byKey.vectorStores.files.delete(gone, { vector_store_id: store });
    await byKey.vectorStores.files.update(kept, { vector_store_id: store, attributes: { draft: false } });
    expect(await search({ query: "heron" })).toMatchObject([
      { filename: "kept.txt", attributes: { draft: false } },
    ]);
  });

  it.each<[string, OpenAI.VectorStoreSearchParams["filters"], readonly string[]]>([
    ["eq", { type: "eq", key: "team", value: "a" }, ["a1", "a2"]],
    ["ne, also where there is none", { type: "ne", key: "team", value: "a" }, ["b3", "none"]],
    ["gt", { type: "gt", key: "year", value: 1 }, ["a2", "b3"]],
    ["gte", { type: "gte", key: "year", value: 2 }, ["a2", "b3"]],
    ["lt", { type: "lt", key: "year", value: 2 }, ["a1"]],
    ["lte", { type: "lte", key: "year", value: 2 }, ["a1", "a2"]],
    ["in", { type: "in", key: "year", value: [1, 3] }, ["a1", "b3"]],
    ["nin", { type: "nin", key: "year", value: [1, 3] }, ["a2", "none"]],
    ["no string equal to a number", { type: "eq", key: "year", value: "1" }, []],
    ["no order between types", { type: "gt", key: "year", value: "0" }, []],
    [
      "and within or",
      {
        type: "or",
        filters: [
          {
            type: "and",
            filters: [
              { type: "eq", key: "team", value: "a" },
              { type: "gt", key: "year", value: 1 },
            ],
          },
          { type: "eq", key: "team", value: "b" },
        ],
      },
      ["a2", "b3"],
    ],
  ])("is filtered by attributes: %s", async (_, filters, expected) => {
    const all: readonly [string, Attributes][] = [
      ["a1", { team: "a", year: 1 }],
      ["a2", { team: "a", year: 2 }],
      ["b3", { team: "b", year: 3 }],
      ["none", {}],
    ];
    for (const [name, attributes] of all) await put(name, "heron", { attributes });
    expect((await names({ query: "heron", ...(filters && { filters }) })).toSorted()).toEqual(expected);
  });

  it.each([
    ["no query", {}],
    ["an empty query", { query: "" }],
    ["no queries", { query: [] }],
    ["no results", { query: "a", max_num_results: 0 }],
    ["more than fifty results", { query: "a", max_num_results: 51 }],
    ["a threshold over 1", { query: "a", ranking_options: { score_threshold: 1.1 } }],
    ["a comparison nobody knows", { query: "a", filters: { type: "like", key: "a", value: "b" } }],
    ["an order of booleans", { query: "a", filters: { type: "gt", key: "a", value: true } }],
    ["a field nobody knows", { query: "a", top_k: 3 }],
  ])("cannot be for %s", async (_, body) => {
    const sent = byKey.post(`/vector_stores/${store}/search`, { body });
    await expect(sent).rejects.toMatchObject({ status: 400 });
  });

  it("of a store that does not exist is refused", async () => {
    await expect(signed.vectorStores.search("vs_0", { query: "a" })).rejects.toMatchObject({ status: 404 });
  });
});

describe("chunks", () => {
  it("hold every word of the text, overlap as told, and are no longer than told", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé🌧]{1,9}$/u)),
        fc.integer({ min: 1, max: 9 }),
        (words, maxTokens) => {
          const overlapTokens = Math.floor(maxTokens / 2);
          const chunks = chunksOf(words.join(" "), { maxTokens, overlapTokens }).map((text) =>
            text.split(" "),
          );
          const rebuilt = chunks.flatMap((chunk, at) => (at === 0 ? chunk : chunk.slice(overlapTokens)));
          expect(rebuilt).toEqual(words);
          for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(maxTokens);
        },
      ),
    );
  });
});
