import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyOf, linesOf } from "./ndjson.ts";
import { isLong, isPathOf, targetOf, threadPath } from "./paths.ts";

const id = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc.constantFrom(".", "..", "/", "a/../b", "%2e%2e", "?", "#", "\0", "\ufeff"),
  fc.integer({ min: 500, max: 9_000 }).map((length) => "é".repeat(length)),
);
const resource = fc.constantFrom("", "events", "forks", "leases");

describe("a thread's path", () => {
  it("comes through an address as it is, and names the thread or its hash", () => {
    fc.assert(
      fc.property(id, resource, (threadId, of) => {
        const { pathname, search, hash } = new URL(`http://localhost/base${threadPath(threadId, of)}`);
        expect([search, hash]).toEqual(["", ""]);
        const path = pathname.slice("/base".length);
        const named = isLong(threadId) ? {} : { threadId };
        expect(targetOf(path)).toEqual({ kind: "thread", resource: of, ...named });
        expect(isPathOf(path, threadId, of)).toBe(true);
        expect(isPathOf(path, `${threadId}!`, of)).toBe(false);
        expect(path.length).toBeLessThan(1_100);
      }),
    );
  });
});

describe("lines of JSON", () => {
  it("come out as they went in, however the body is cut up", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (values, size) => {
          async function* given(): AsyncGenerator<unknown, void, undefined> {
            yield* values;
          }
          async function* cut(): AsyncGenerator<Uint8Array, void, undefined> {
            const bytes = await new Response(bodyOf(given())).bytes();
            for (let start = 0; start < bytes.length; start += size)
              yield bytes.subarray(start, start + size);
          }
          const lines: unknown[] = [];
          for await (const line of linesOf(cut())) lines.push(line);
          expect(JSON.stringify(lines)).toBe(JSON.stringify(values));
        },
      ),
    );
  });

  it("do not count a last line without its end", async () => {
    async function* cut(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from('{"event":1}\n{"event":2}');
    }
    const lines: unknown[] = [];
    for await (const line of linesOf(cut())) lines.push(line);
    expect(lines).toEqual([{ event: 1 }]);
  });
});
