import { describe, expect, it, vi } from "vitest";
import { type FactShelf, factText, removeFact, saveFact, touchFacts, trimFacts } from "./facts.ts";
import { InMemoryStore } from "./in-memory.ts";

const FROM = { threadId: "t", runId: "r" };

function shelf(own: Partial<FactShelf> = {}): FactShelf {
  return { store: new InMemoryStore(), namespace: ["users", "ada"], ttlMs: undefined, maxItems: 10, ...own };
}

describe("facts, while somebody else writes", () => {
  it("are not put back by a touch that has seen an older one", async () => {
    const own = shelf();
    const { id } = await saveFact(own, { text: "Lives in Oslo.", ...FROM });
    const seen = await own.store.get(own.namespace, id);
    await saveFact(own, { text: "Lives in Rome.", replaces: id, ...FROM });
    vi.spyOn(own.store, "get").mockResolvedValueOnce(seen);
    await touchFacts(own, [id]);
    const now = await own.store.get(own.namespace, id);
    expect(now && factText(now)).toBe("Lives in Rome.");
  });

  it("are not brought back by a touch once they were forgotten", async () => {
    const own = shelf();
    const { id } = await saveFact(own, { text: "Lives in Oslo.", ...FROM });
    const seen = await own.store.get(own.namespace, id);
    await removeFact(own, id);
    vi.spyOn(own.store, "get").mockResolvedValueOnce(seen);
    await touchFacts(own, [id]);
    expect(await own.store.get(own.namespace, id)).toBeUndefined();
  });

  it("are not trimmed when they were written since they were listed", async () => {
    const own = shelf({ maxItems: 1 });
    const { id } = await saveFact(own, { text: "Has a dog.", ...FROM });
    await saveFact(own, { text: "Has a boat.", ...FROM });
    const list = own.store.list.bind(own.store);
    vi.spyOn(own.store, "list").mockImplementation(async function* (...args) {
      yield* list(...args);
      await own.store.put(own.namespace, id, { text: "Has two dogs." }, { metadata: { kind: "fact" } });
    });
    await trimFacts(own);
    expect(await own.store.get(own.namespace, id)).toMatchObject({ value: { text: "Has two dogs." } });
  });
});

it("a fact that replaces another and is known already leaves one of them", async () => {
  const own = shelf();
  const old = await saveFact(own, { text: "Lives in Oslo.", ...FROM });
  const known = await saveFact(own, { text: "Lives in Rome.", ...FROM });
  expect(await saveFact(own, { text: "lives in ROME", replaces: old.id, ...FROM })).toEqual({
    id: known.id,
    status: "known",
  });
  expect(await own.store.get(own.namespace, old.id)).toBeUndefined();
});

it("a fact lives on for its time when it is touched or learned again", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const own = shelf({ ttlMs: 1000 });
    const { id } = await saveFact(own, { text: "Likes tea.", ...FROM });
    for (const renew of [() => touchFacts(own, [id]), () => saveFact(own, { text: "likes tea", ...FROM })]) {
      vi.setSystemTime(Date.now() + 900);
      await renew();
    }
    vi.setSystemTime(Date.now() + 999);
    expect(await own.store.get(own.namespace, id)).toBeDefined();
    vi.setSystemTime(Date.now() + 1);
    expect(await own.store.get(own.namespace, id)).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

describe("a fact that replaces another", () => {
  const textsOf = async ({ store, namespace }: FactShelf): Promise<readonly string[]> => {
    const texts: string[] = [];
    for await (const item of store.list(namespace)) texts.push(factText(item));
    return texts.sort();
  };

  it("is kept however close to it the other one's meaning is", async () => {
    // Vectors that hardly tell the two apart.
    const embeddings = {
      modelId: "close",
      embed: async (texts: readonly string[]) => texts.map((text) => [1, text.includes("13") ? 0.2 : 0]),
    };
    const own = shelf({ store: new InMemoryStore({ embeddings }) });
    const { id } = await saveFact(own, { text: "The flight is on 12 May.", ...FROM });
    const saved = await saveFact(own, { text: "The flight is on 13 May.", replaces: id, ...FROM });
    expect(saved).toEqual({ id, status: "updated" });
    expect(await textsOf(own)).toEqual(["The flight is on 13 May."]);
  });

  it("is not known already where its numbers are others, whatever its vector is", async () => {
    const embeddings = { modelId: "flat", embed: async (texts: readonly string[]) => texts.map(() => [1]) };
    const own = shelf({ store: new InMemoryStore({ embeddings }) });
    await saveFact(own, { text: "The flight is on 12 May.", ...FROM });
    await saveFact(own, { text: "The flight is on 13 May.", ...FROM });
    expect(await textsOf(own)).toHaveLength(2);
  });

  it("is written also where only case and punctuation are others", async () => {
    const own = shelf();
    const { id } = await saveFact(own, { text: "lives in rome", ...FROM });
    const saved = await saveFact(own, { text: "Lives in Rome.", replaces: id, ...FROM });
    expect(saved).toEqual({ id, status: "updated" });
    expect(await textsOf(own)).toEqual(["Lives in Rome."]);
  });

  it("is not overwritten when the replaced one is learned again", async () => {
    const own = shelf();
    const { id } = await saveFact(own, { text: "Has a dog.", ...FROM });
    await saveFact(own, { text: "Has two cats.", replaces: id, ...FROM });
    const again = await saveFact(own, { text: "Has a dog.", ...FROM });
    expect(again).toEqual({ id: expect.not.stringMatching(id), status: "new" });
    expect(await saveFact(own, { text: "has a dog", ...FROM })).toEqual({ id: again.id, status: "known" });
    expect(await textsOf(own)).toEqual(["Has a dog.", "Has two cats."]);
  });

  it("does not take the place of an item that is no note", async () => {
    const own = shelf();
    const { id } = await saveFact(own, { text: "Has a dog.", ...FROM });
    await own.store.put(own.namespace, id, { text: "a document" });
    await saveFact(own, { text: "Has a dog.", ...FROM });
    expect(await textsOf(own)).toEqual(["Has a dog.", "a document"]);
  });
});

describe("the same fact", () => {
  const saved = async (texts: readonly string[]): Promise<readonly string[]> => {
    const own = shelf();
    const statuses: string[] = [];
    for (const text of texts) statuses.push((await saveFact(own, { text, ...FROM })).status);
    return statuses;
  };

  it.each([
    [["The user programs in C++.", "The user programs in C#.", "The user programs in C."]],
    [["The balance is 5", "The balance is -5", "The balance is +5"]],
    [["Version 1.5", "Version 1 5", "Version 15"]],
    [["Emoji is 🍎", "Emoji is 🍌"]],
    [["Det är ett får", "Det är ett far"]],
    [["Uses .NET", "Uses net"]],
    [["Is 6' tall", 'Is 6" tall']],
    [["The room has 5 m²", "The room has 5 m2"]],
  ])("is not another one: %j", async (texts) => {
    expect(await saved(texts)).toEqual(texts.map(() => "new"));
  });

  it.each([
    ["The user is vegetarian.", "the USER is vegetarian!"],
    ["Likes tea", "  likes \n tea ... "],
    ['The boat is called "Aino".', "The boat is called \u201cAino\u201d"],
    ["The user's boat (a small one)", "the user\u2019s boat, a small one"],
    ["Cafe\u0301", "caf\u00e9"],
  ])("is known with other case, spaces and punctuation around its words: %j, %j", async (...texts) => {
    expect(await saved(texts)).toEqual(["new", "known"]);
  });
});
