import { beforeEach, describe, expect, it, vi } from "vitest";
import { InMemoryStore } from "./in-memory.ts";

const NOTES = [
  "is allergic to peanuts",
  "has a boat called Aino",
  "lives in Oslo",
  "works as a nurse",
  "has two children",
  "plays the cello",
  "drives an old Volvo",
  "is learning Finnish",
  "prefers tea to coffee",
  "has a brother in Chicago",
  "runs marathons",
  "reads crime novels",
  "owns a summer house in Turku",
  "is afraid of flying",
  "has a cat called Misu",
];

describe("among a few notes about a user, a search by words", () => {
  let store: InMemoryStore;
  beforeEach(async () => {
    store = new InMemoryStore();
    for (const [index, note] of NOTES.entries()) await store.put(["ada"], `n${index}`, `The user ${note}.`);
  });
  const found = async (query: string, minScore = 0.1): Promise<readonly string[]> => {
    const matches = await store.search(["ada"], { query, minScore: { text: minScore } });
    return matches.map(({ item }) => String(item.value).slice("The user ".length, -1));
  };

  it.each([
    ["Tell me about the history of the Roman empire.", []],
    ["What is the user manual for a Volvo?", ["drives an old Volvo"]],
    ["Plan a trip to Chicago for me.", ["has a brother in Chicago"]],
    ["Is there a good novel by a nurse?", ["works as a nurse", "reads crime novels"]],
    ["What is the capital of Peru?", []],
    ["Wo ist der Hafen?", []],
  ])("shows what fits and nothing else: %s", async (query, notes) => {
    expect([...(await found(query))].sort()).toEqual([...notes].sort());
  });

  it("puts first what shares the word that matters, in either number", async () => {
    expect((await found("Is a peanut a nut?"))[0]).toBe("is allergic to peanuts");
    expect((await found("boats"))[0]).toBe("has a boat called Aino");
  });

  it("finds by a word that all of them have where there is no other", async () => {
    expect(await found("the user")).toHaveLength(10);
  });

  it("still finds what shares common words alone, far behind", async () => {
    expect(await found("What is the user manual for a Volvo?", 0)).toHaveLength(10);
  });
});

describe("a search by a text of megabytes", () => {
  it("looks at its beginning alone", async () => {
    const store = new InMemoryStore();
    await store.put(["ada"], "k", "漢字 submarine");
    const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
    try {
      const matches = await store.search(["ada"], {
        query: `${"漢字仮名交じり文".repeat(250_000)} submarine`,
      });
      expect(matches).toHaveLength(1);
      const looked = segment.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
      expect(looked).toBeLessThanOrEqual(10_000);
    } finally {
      segment.mockRestore();
    }
  });
});
