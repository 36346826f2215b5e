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
