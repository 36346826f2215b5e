// The distance of two words, and what must hold of any distance.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance } from "./edit-distance.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["tempreature", "temperature", 2],
    ["flaw", "lawn", 2],
  ])("from %j to %j takes %i", (from, to, expected) => {
    expect(editDistance(from, to)).toBe(expected);
  });

  it("is the same in both directions, 0 for the same word alone, and never longer by a way round", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});
