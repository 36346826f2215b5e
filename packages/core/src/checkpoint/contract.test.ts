import fc from "fast-check";
import { expect, it } from "vitest";
import { compareThreadIds, selectThreadIds } from "./contract.ts";

const ids = fc.string({ unit: "binary" });

it("orders thread ids as their UTF-8 bytes do, as a database with a binary collation would", () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      expect(Math.sign(compareThreadIds(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2_000 },
  );
});

it("gives every thread once, page by page, in either order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1 })),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom("asc" as const, "desc" as const),
      (all, limit, order) => {
        const seen: string[] = [];
        for (let page = selectThreadIds(all, { order }); page.length > 0; ) {
          seen.push(...page.slice(0, limit));
          page = selectThreadIds(all, { order, after: seen.at(-1) ?? "" });
        }
        expect(seen).toEqual(selectThreadIds(all, { order }));
      },
    ),
  );
});
