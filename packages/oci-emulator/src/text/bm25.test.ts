// BM25: what ranks before what, and an index that was changed is the one that would have been built anew.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bm25Index } from "./bm25.ts";

describe("BM25", () => {
  it("ranks rare words over common ones, and short texts over long ones", () => {
    const index = new Bm25Index<string>();
    index.add("rare", "the heron");
    index.add("common", "the duck");
    index.add("long", "the heron and the duck and the goose and the swan");
    const scores = index.scores("the HERON!");
    expect([...scores].toSorted(([, left], [, right]) => right - left).map(([key]) => key)).toEqual([
      "rare",
      "long",
      "common",
    ]);
    expect(index.scores("stork").size).toBe(0);
  });

  it("gives what a new index would give, whatever came and went", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 6 })
      .map((found) => found.join(" "));
    fc.assert(
      fc.property(fc.array(text), fc.array(text), text, (kept, gone, query) => {
        const changed = new Bm25Index<string>();
        for (const [at, content] of gone.entries()) changed.add(`gone ${at}`, content);
        for (const [at, content] of kept.entries()) changed.add(`kept ${at}`, content);
        for (const [at, content] of gone.entries()) changed.remove(`gone ${at}`, content);
        const fresh = new Bm25Index<string>();
        for (const [at, content] of kept.entries()) fresh.add(`kept ${at}`, content);
        expect(new Map(changed.scores(query))).toEqual(new Map(fresh.scores(query)));
        for (const score of fresh.scores(query).values()) expect(score > 0 && score < 1).toBe(true);
      }),
    );
  });
});
