/** Part of the memory suite: search by words, over a small corpus with planted answers. */
import type { MemoryStore } from "../memory/types.ts";
import type { SuiteMemory } from "./memory-store-fixture.ts";
import { expect, it } from "./vitest.ts";

const CORPUS: Readonly<Record<string, string>> = {
  boat: "The user keeps a small boat in the harbour of Bergen.",
  coffee: "The user drinks coffee without milk, and never after noon.",
  dog: "The user has a dog called Rex, who is afraid of thunder.",
  job: "The user works as a nurse at night.",
  music: "The user plays the cello in an amateur orchestra, and the cello is from 1790.",
  street: "Der Nutzer wohnt in der Straße am Café Übersee.",
  sushi: "\u7528\u6237\u559c\u6b22\u5403\u5bff\u53f8\u548c\u62c9\u9762",
  tea: "The user likes tea.",
};

async function filled(store: MemoryStore): Promise<MemoryStore> {
  for (const [key, text] of Object.entries(CORPUS)) await store.put(["u", "ada"], key, { text });
  return store;
}

export function itSearchesByWords({ open }: SuiteMemory): void {
  const found = async (query: string): Promise<readonly string[]> =>
    (await (await filled(await open())).search(["u"], { query })).map(({ item }) => item.key);

  it.each([
    ["What is the name of my dog?", "dog"],
    ["cello", "music"],
    ["THUNDER!", "dog"],
    ["boats or a boat, in BERGEN", "boat"],
    ["cafe ubersee", "street"],
    ["1790", "music"],
    ["\u5bff\u53f8", "sushi"],
    ["does the user work at night", "job"],
  ])("finds the planted answer to %j first", async (query, key) => {
    expect((await found(query))[0]).toBe(key);
  });

  it("finds nothing where no word is the same, and takes no operators", async () => {
    const store = await filled(await open());
    for (const query of [
      "submarine",
      "",
      "   ",
      "?!",
      "\u{1f600}",
      '"',
      "'",
      "te*",
      "NOT tea:",
      "(",
      "\u0000",
    ]) {
      const matches = await store.search([], { query });
      expect([query, matches.filter(({ item }) => item.key !== "tea")]).toEqual([query, []]);
    }
  });

  it("tells how well a text matches: rare words weigh more, and more of them more", async () => {
    const store = await filled(await open());
    const matches = await store.search([], { query: "the user likes tea" });
    expect(matches[0]?.item.key).toBe("tea");
    expect(matches.length).toBeGreaterThan(3);
    for (const [index, { score, matched }] of matches.entries()) {
      expect(matched).toEqual({ text: score });
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(index === 0 ? 1 : (matches[index - 1]?.score ?? 0));
    }
    const strong = await store.search([], { query: "the user likes tea", minScore: { text: 0.6 } });
    expect(strong.map(({ item }) => item.key)).toEqual(["tea"]);
  });

  it("searches a namespace and below, by metadata, so many at most", async () => {
    const store = await open();
    for (const user of ["ada", "bob"]) {
      for (const n of [1, 2, 3])
        await store.put(["u", user], `n${n}`, `tea number ${n}`, { metadata: { n } });
    }
    await store.put(["u", "ada", "old"], "n4", "tea");
    const keys = async (query: object, prefix = ["u", "ada"]): Promise<readonly string[]> =>
      (await store.search(prefix, { query: "tea", ...query }))
        .map(({ item }) => item.namespace.slice(1).join("/") + item.key)
        .sort();
    expect(await keys({})).toEqual(["ada/oldn4", "adan1", "adan2", "adan3"]);
    expect(await keys({ deep: false })).toEqual(["adan1", "adan2", "adan3"]);
    expect(await keys({ metadata: { n: 2 } })).toEqual(["adan2"]);
    expect(await keys({ limit: 2 }, ["u"])).toHaveLength(2);
    expect(await keys({}, ["u", "a"])).toEqual([]);
  });

  it("weighs words by the namespace that is searched, not by others", async () => {
    const store = await open();
    await store.put(["ada"], "a", "green tea");
    await store.put(["ada"], "b", "green coffee");
    const before = await store.search(["ada"], { query: "green tea" });
    for (let n = 0; n < 30; n++) await store.put(["bob"], `n${n}`, "tea");
    expect(await store.search(["ada"], { query: "green tea" })).toEqual(before);
  });

  it("forgets the words of a value that was replaced or deleted", async () => {
    const store = await open();
    await store.put(["u"], "k", "submarine");
    await store.put(["u"], "k", { deep: ["zeppelin", 4711] });
    expect(await store.search(["u"], { query: "submarine" })).toEqual([]);
    expect(await store.search(["u"], { query: "4711" })).toHaveLength(1);
    await store.delete(["u"], "k");
    expect(await store.search(["u"], { query: "zeppelin" })).toEqual([]);
  });

  it("searches values of a hundred thousand words' characters, by a query as long", async () => {
    const store = await open();
    const long = Array.from({ length: 15_000 }, (_, index) => `w${index}`).join(" ");
    await store.put(["u"], "long", long);
    expect(await store.search(["u"], { query: long })).toHaveLength(1);
    expect(await store.search(["u"], { query: "w14000" })).toHaveLength(1);
  });
}
