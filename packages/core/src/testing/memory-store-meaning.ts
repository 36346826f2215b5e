/** Part of the memory suite: search by meaning, and by both. */
import { ConfigurationError } from "../errors/errors.ts";
import type { Embeddings } from "../memory/embeddings.ts";
import type { MemoryStore } from "../memory/types.ts";
import { type SuiteMemory, TopicEmbeddings } from "./memory-store-fixture.ts";
import { expect, it } from "./vitest.ts";

const ADA = ["users", "ada"];

async function filled(store: MemoryStore): Promise<MemoryStore> {
  await store.put(ADA, "dog", { text: "Ada walks her puppy on a leash." });
  await store.put(ADA, "food", { text: "Ada is vegetarian." });
  await store.put(ADA, "rail", { text: "Ada goes by train." });
  await store.put(ADA, "smile", { mood: "\u{1f600}" });
  return store;
}

export function itSearchesByMeaning({ open }: SuiteMemory): void {
  it("finds what means the same in other words, and nothing by words alone", async () => {
    const embeddings = new TopicEmbeddings();
    const store = await filled(await open({ embeddings }));
    const query = "Which restaurant for dinner?";
    expect(await store.search(ADA, { query, mode: "text" })).toEqual([]);
    const matches = await store.search(ADA, { query, mode: "semantic", minScore: { semantic: 0.5 } });
    expect(matches.map(({ item }) => item.key)).toEqual(["food"]);
    expect(matches[0]?.matched.semantic).toBeCloseTo(matches[0]?.score ?? 0);
    expect(matches[0]?.score).toBeGreaterThan(0.9);
    expect(embeddings.count("query")).toBe(1);
  });

  it("puts first what both ways of searching have near their top, and tells how each found it", async () => {
    const store = await open({ embeddings: new TopicEmbeddings() });
    await store.put(ADA, "both", "the dog needs a new leash");
    await store.put(ADA, "words", "a new needs assessment for the office");
    await store.put(ADA, "meaning", "puppy");
    const matches = await store.search(ADA, { query: "what the dog needs", minScore: { semantic: 0.5 } });
    expect(matches[0]?.item.key).toBe("both");
    expect(matches[0]?.matched).toEqual({ text: expect.any(Number), semantic: expect.any(Number) });
    expect(matches[0]?.score).toBeGreaterThan(matches[1]?.score ?? 1);
    const by = new Map(matches.map(({ item, matched }) => [item.key, Object.keys(matched)]));
    expect(by.get("words")).toEqual(["text"]);
    expect(by.get("meaning")).toEqual(["semantic"]);
  });

  it("embeds an item once, and again only when its value changes", async () => {
    const embeddings = new TopicEmbeddings();
    const store = await filled(await open({ embeddings }));
    expect(embeddings.count("document")).toBe(3);
    await store.put(ADA, "food", { text: "Ada is vegetarian." }, { metadata: { used: 2 } });
    await store.search(ADA, { query: "meat" });
    expect(embeddings.count("document")).toBe(3);
    await store.put(ADA, "food", { text: "Ada programs in typescript." });
    expect(embeddings.count("document")).toBe(4);
    const matches = await store.search(ADA, {
      query: "compiler",
      mode: "semantic",
      minScore: { semantic: 0.5 },
    });
    expect(matches.map(({ item }) => item.key)).toEqual(["food"]);
  });

  it.each([
    ["another model", new TopicEmbeddings("topics-2")],
    ["the same model with vectors of another length", new TopicEmbeddings("topics-1", 3)],
  ])("makes vectors anew for %s, and never compares with the old ones", async (_name, other) => {
    const first = new TopicEmbeddings();
    await filled(await open({ embeddings: first }));
    const store = await open({ embeddings: other });
    const query = { query: "a pet", mode: "semantic", minScore: { semantic: 0.5 } } as const;
    expect((await store.search(ADA, query)).map(({ item }) => item.key)).toEqual(["dog"]);
    expect(other.count("document")).toBe(3);
    await store.search(ADA, query);
    expect(other.count("document")).toBe(3);
  });

  it("embeds only what the search may find", async () => {
    await filled(await open());
    const embeddings = new TopicEmbeddings();
    const store = await open({ embeddings });
    await store.put(["users", "bob"], "dog", "a dog", { metadata: { kind: "fact" } });
    await store.search(["users", "bob"], { query: "puppy" });
    await store.search(["users"], { query: "puppy", metadata: { kind: "fact" } });
    expect(embeddings.count("document")).toBe(1);
  });

  it("keeps an item whose vector cannot be had, and makes it when it is searched for", async () => {
    const embeddings = new TopicEmbeddings();
    const store = await open({ embeddings });
    embeddings.error = new Error("no embeddings today");
    await store.put(ADA, "food", { text: "Ada is vegetarian." });
    await expect(store.search(ADA, { query: "dinner" })).rejects.toThrow("no embeddings today");
    expect(await store.search(ADA, { query: "vegetarian", mode: "text" })).toHaveLength(1);
    embeddings.error = undefined;
    expect(await store.search(ADA, { query: "dinner" })).toHaveLength(1);
  });

  it("refuses a search by meaning where there are no embeddings", async () => {
    const store = await filled(await open());
    await expect(store.search(ADA, { query: "dog", mode: "semantic" })).rejects.toThrow(ConfigurationError);
    await expect(store.search(ADA, { query: "dog", mode: "hybrid" })).rejects.toThrow(/embeddings/);
  });

  it("refuses vectors that are none", async () => {
    const bad = (
      vectors: readonly (readonly number[])[],
    ): { modelId: string; embed: () => Promise<typeof vectors> } => ({
      modelId: "bad",
      embed: async () => vectors,
    });
    for (const vectors of [[], [[]], [[Number.NaN]], [[1], [2]]]) {
      const store = await open({ embeddings: bad(vectors) });
      await expect(store.search(ADA, { query: "dog" })).rejects.toThrow(/expected 1 vectors/);
    }
  });

  it("refuses vectors of documents that cannot be compared with those of queries", async () => {
    const uneven: Embeddings = {
      modelId: "uneven",
      embed: async (texts, { kind }) => texts.map(() => (kind === "query" ? [1, 0] : [1])),
    };
    const store = await open({ embeddings: uneven });
    await store.put(ADA, "dog", "a dog");
    await expect(store.search(ADA, { query: "dog" })).rejects.toThrow(
      /2 numbers for queries and of 1 for documents/,
    );
  });

  it("ends with its signal", async () => {
    const never = { modelId: "never", embed: () => new Promise<never>(() => undefined) };
    const store = await open({ embeddings: never });
    const controller = new AbortController();
    const search = store.search(ADA, { query: "dog", signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(search).rejects.toThrow("enough");
  });

  it("finds what is planted among a thousand items", async () => {
    const store = await open({ embeddings: new TopicEmbeddings() });
    await Promise.all(
      Array.from({ length: 1100 }, (_, index) =>
        store.put(["many"], `k${index}`, `typescript code, part ${index}`),
      ),
    );
    await store.put(["many"], "planted", "a journey by railway");
    const matches = await store.search(["many"], { query: "train ticket", minScore: { semantic: 0.5 } });
    expect(matches.map(({ item }) => item.key)).toEqual(["planted"]);
  });
}
