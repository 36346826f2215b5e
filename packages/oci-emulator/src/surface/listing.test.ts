// Listings against plain arrays: every page of every query, whatever was deleted before.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Listing } from "./listing.ts";

interface Numbered {
  readonly id: string;
  readonly number: number;
}

describe("a listing", () => {
  it("gives the pages that slicing an array would give", () => {
    const cursor = fc.option(fc.nat(30), { nil: undefined });
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.array(fc.nat(30)),
        fc.record({ after: cursor, before: cursor, limit: fc.integer({ min: 1, max: 8 }) }),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (count, deleted, { after, before, limit }, descending, every) => {
          const listing = new Listing<Numbered>();
          for (let number = 0; number < count; number += 1) listing.add({ id: `i${number}`, number });
          for (const number of deleted) listing.delete(`i${number}`);
          const where = ({ number }: Numbered): boolean => number % every === 0;
          const id = (number: number | undefined): string | undefined =>
            number === undefined ? undefined : `i${number}`;
          const page = listing.page({ after: id(after), before: id(before), limit, descending, where });

          const all = Array.from({ length: count }, (_, number) => number).filter(
            (number) => !deleted.includes(number),
          );
          if (descending) all.reverse();
          const unknown = [["after", after] as const, ["before", before] as const].find(
            ([, number]) => number !== undefined && !all.includes(number),
          )?.[0];
          if (unknown !== undefined) {
            expect(page).toEqual({ unknown });
            return;
          }
          const between = all
            .slice(
              after === undefined ? 0 : all.indexOf(after) + 1,
              before === undefined ? undefined : all.indexOf(before),
            )
            .filter((number) => number % every === 0);
          const backwards = before !== undefined && after === undefined;
          const expected = backwards ? between.slice(-limit) : between.slice(0, limit);
          expect(page).toMatchObject({ hasMore: between.length > limit });
          expect("items" in page ? page.items.map(({ number }) => number) : page).toEqual(expected);
        },
      ),
    );
  });
});
