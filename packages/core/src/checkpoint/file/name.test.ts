import fc from "fast-check";
import { expect, it } from "vitest";
import { HOSTILE_THREAD_IDS } from "../../testing/checkpointer-events.ts";
import { fileNameOf, threadIdOf } from "./name.ts";

const ids = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: fc.constantFrom("a", "A", "=", "6", "1", "/", "."), minLength: 1 }),
);

it("names a file that every file system can hold, whatever the id", () => {
  for (const id of HOSTILE_THREAD_IDS) {
    expect(fileNameOf(id)).toMatch(/^[th]-[a-z0-9_=-]+\.jsonl$/);
    expect(fileNameOf(id).length).toBeLessThanOrEqual(255);
  }
  fc.assert(fc.property(ids, (id) => /^[th]-[a-z0-9_=-]+\.jsonl$/.test(fileNameOf(id))));
});

it("gives different ids names that differ even where case does not count", () => {
  const names = HOSTILE_THREAD_IDS.map((id) => fileNameOf(id).toLowerCase());
  expect(new Set(names).size).toBe(HOSTILE_THREAD_IDS.length);
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      expect(fileNameOf(a).toLowerCase() === fileNameOf(b).toLowerCase()).toBe(a === b);
    }),
  );
});

it("leads back to the id, or says that the file itself must be asked", () => {
  fc.assert(
    fc.property(ids, (id) => {
      const name = fileNameOf(id);
      expect(threadIdOf(name)).toEqual(name.startsWith("h-") ? "hashed" : { threadId: id });
    }),
  );
});

it("does not take other files for threads", () => {
  for (const name of [
    "notes.txt",
    "t-.jsonl",
    "t-A.jsonl",
    "t-=4.jsonl",
    "t-=61.jsonl",
    "t-=ff.jsonl",
    "h-12.jsonl",
  ]) {
    expect(threadIdOf(name), name).toBeUndefined();
  }
});
