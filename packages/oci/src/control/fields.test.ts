/** Fields, strictly when sent and leniently when received. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checked, received, sent } from "./fields.ts";

interface Thing {
  readonly id: string;
  readonly size?: number | undefined;
  readonly kind?: string | undefined;
  readonly inner?: { readonly on: boolean } | undefined;
}
const thing = (of: typeof sent) =>
  of.object<Thing>({
    id: of.text,
    size: of.maybe(of.number),
    kind: of.variant("ONLY"),
    inner: of.maybe(of.object<{ readonly on: boolean }>({ on: of.flag })),
  });
const json = fc.jsonValue({ maxDepth: 2 });

test("what fits, and every field that nobody knows, is received as it came", () => {
  const known = fc.record({
    id: fc.string(),
    size: fc.double({ noNaN: true, noDefaultInfinity: true }),
    inner: fc.record({ on: fc.boolean(), more: json }),
  });
  const others = fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), json);
  fc.assert(
    fc.property(known, others, (fitting, unknown) => {
      expect(thing(received).parse({ ...unknown, ...fitting })).toEqual({
        ...unknown,
        ...fitting,
      });
    }),
  );
});

test("no value of an optional field keeps the rest from being received", () => {
  fc.assert(
    fc.property(json, json, json, (size, kind, inner) => {
      const read = thing(received).parse({ id: "a", size, kind, inner });
      expect(read.id).toBe("a");
      expect(["number", "undefined"]).toContain(typeof read.size);
      expect(["string", "undefined"]).toContain(typeof read.kind);
    }),
  );
});

test("what is sent is what was given, with the one variant there is; a slip is named where it is", () => {
  const given = { id: "a", inner: { on: true }, size: undefined };
  expect(checked("things.create", thing(sent), given)).toEqual({ ...given, kind: "ONLY" });
  expect(() => checked("things.create", thing(sent), { id: "a", inner: { no: true, on: true } })).toThrow(
    'things.create: inner: unknown option "no"; did you mean "on"? (known: on)',
  );
  expect(() => checked("things.create", thing(sent), { id: 7 })).toThrow(
    "things.create: id: Invalid input: expected string, received number",
  );
});
