import { compareThreadIds } from "@locus-sdk/core/checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOf, keyRange, longGroupOf } from "./key.ts";
import { parsePartName, partName } from "./names.ts";
import { NONE, type PartRef } from "./types.ts";

const id = fc.string({ unit: "grapheme", minLength: 1 });
const longId = fc
  .tuple(fc.constantFrom("é", "x", "😀"), fc.integer({ min: 90, max: 400 }), id)
  .map(([of, length, end]) => of.repeat(length) + end);
const anyId = fc.oneof(id, longId);

describe("a thread's key", () => {
  it("is of bounded length, and different for different ids", () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(keyOf(a)).toMatch(/^[0-9a-g]{2,465}$/);
        expect(keyOf(a) === keyOf(b)).toBe(a === b);
      }),
    );
  });

  it("has the order of the ids, but for long ones that begin alike", () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        const group = longGroupOf(keyOf(a));
        if (group !== undefined && group === longGroupOf(keyOf(b))) return;
        expect(Math.sign(Buffer.compare(Buffer.from(keyOf(a)), Buffer.from(keyOf(b))))).toBe(
          Math.sign(compareThreadIds(a, b)),
        );
      }),
    );
  });

  it("is in the range of every query that concerns its thread", () => {
    fc.assert(
      fc.property(
        anyId,
        anyId,
        fc.nat(),
        fc.constantFrom("asc", "desc"),
        (threadId, after, length, order) => {
          const prefix = threadId.slice(0, length % (threadId.length + 1));
          const isAfter =
            order === "asc" ? compareThreadIds(threadId, after) > 0 : compareThreadIds(threadId, after) < 0;
          for (const query of [{ prefix }, ...(isAfter ? [{ prefix, after, order }] : [])]) {
            const { from, before } = keyRange(query);
            expect(
              from <= keyOf(threadId) && keyOf(threadId) < before,
              JSON.stringify({ from, before }),
            ).toBe(true);
          }
        },
      ),
    );
  });
});

describe("a part's name", () => {
  const nonce = fc.stringMatching(/^[0-9a-f]{16}$/);
  const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const part: fc.Arbitrary<PartRef> = fc.record({
    key: fc.constant("74"),
    generation: fc.stringMatching(/^[0-9a-f]{24}$/),
    kind: fc.constantFrom("events", "snapshot"),
    last: sequence,
    first: sequence,
    nonce,
    previous: fc.oneof(nonce, fc.constant(NONE)),
  });

  it("tells all of it again, and nothing of other names", () => {
    fc.assert(
      fc.property(part, (one) => {
        expect({ ...parsePartName(partName(one), "74") }).toEqual({ ...one });
      }),
    );
    for (const name of ["", "a/b", "notes.txt", `${"0".repeat(24)}/e/1.1.a.0`])
      expect(parsePartName(name, "74")).toBeUndefined();
  });

  it("has the order of the last sequence", () => {
    fc.assert(
      fc.property(part, sequence, (one, last) => {
        if (last === one.last) return;
        expect(partName(one) < partName({ ...one, last })).toBe(one.last < last);
      }),
    );
  });
});
