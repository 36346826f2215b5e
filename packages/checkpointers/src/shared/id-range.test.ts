/** The range of bytes leaves what the rules for queries leave, for any ids. */
import { compareThreadIds, selectThreadIds } from "@locus-sdk/core/checkpoint";
import fc from "fast-check";
import { expect, it } from "vitest";
import { idRange } from "./id-range.ts";

const letter = fc.constantFrom(
  "a",
  "b",
  "\u0000",
  "é",
  "\u007f",
  "\ud7ff",
  "\uffff",
  "😀",
  "😁",
  "\u{10ffff}",
);
const id = fc.array(letter, { minLength: 1, maxLength: 4 }).map((letters) => letters.join(""));

it("leaves the ids that prefix, cursor and order leave", () => {
  const query = fc.record(
    { prefix: id, after: id, order: fc.constantFrom("asc" as const, "desc" as const) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 30 }), query, (ids, asked) => {
      const { from, before } = idRange(asked);
      const left = ids.filter((each) => {
        const bytes = Buffer.from(each, "utf8");
        return Buffer.compare(bytes, from) >= 0 && Buffer.compare(bytes, before) < 0;
      });
      expect(left.toSorted(compareThreadIds)).toEqual(selectThreadIds(ids, asked).toSorted(compareThreadIds));
    }),
    { numRuns: 500 },
  );
});

it("is wider where a prefix ends with half a character, never narrower", () => {
  const { from, before } = idRange({ prefix: "a\ud83d" });
  for (const text of ["a😀", "a😁"]) {
    expect(Buffer.compare(Buffer.from(text), from)).toBeGreaterThanOrEqual(0);
    expect(Buffer.compare(Buffer.from(text), before)).toBeLessThan(0);
  }
});
