/** The part of the checkpointer suite about `list` under strain: threads that come and go, metadata of every kind. */
import type { JsonPrimitive } from "../json/json.ts";
import { collect, noteEvent, startEvent, threadIdsOf } from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

/** Metadata that a store may bend: by its query language, its column types, its ways with white space and case. */
const HOSTILE_VALUES: readonly JsonPrimitive[] = [
  [
    "",
    " ",
    "1 ",
    " 1",
    "1",
    "1.0",
    "01",
    "1e0",
    "true",
    "false",
    "null",
    "undefined",
    "a",
    "A",
    "a ",
    "%",
    "*",
  ],
  [
    "caf\u00e9",
    "cafe\u0301",
    "'",
    '"',
    "\\",
    "a\u0000b",
    "a\nb",
    "$ne",
    "{}",
    "[1]",
    "😀",
    "x".repeat(5_000),
  ],
  [0, 1, -1, 10, 0.1, 1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1],
  [true, false, null],
].flat();
const HOSTILE_KEYS: readonly string[] = [
  [
    "",
    " ",
    "a.b",
    "a",
    "b",
    "a b",
    "A",
    "$where",
    "$.a",
    "@",
    "'",
    '"',
    "`",
    "\\",
    "\\u0041",
    "a[0]",
    "[0]",
    "0",
  ],
  ["a'b", 'a"b', "a\\b", "a:b", "a/b", "a\nb", "caf\u00e9", "cafe\u0301", "😀", "k".repeat(300), "threadId"],
  [
    "version",
    "constructor",
    "toString",
    "length",
    "metadata",
    "NULL",
    "--",
    "; DROP",
    "%",
    "_",
    "*",
    "?",
    "{}",
  ],
].flat();

/** Order, pages and filters while threads come and go, and for whatever metadata. */
export function itPages({ store: current }: SuiteStore): void {
  const fill = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) await current().append(id, 0, [noteEvent(id, 1, "x")]);
  };

  for (const order of ["asc", "desc"] as const) {
    it(`shows a reader of pages every thread that stays, once, while others come and go (${order})`, async () => {
      const staying = ["b1", "d1", "f1", "h1", "j1", "l1", "n1"];
      const going = ["c1", "g1", "k1", "m1"];
      await fill([...staying, ...going]);
      const seen: string[] = [];
      for (let page = 0, after: string | undefined; page < 20; page += 1) {
        const cursor = after === undefined ? {} : { after };
        const ids = await threadIdsOf(current(), { limit: 2, order, ...cursor });
        if (ids.length === 0) break;
        seen.push(...ids);
        after = ids.at(-1);
        const gone = going.pop();
        if (gone !== undefined) await current().delete(gone);
        if (page < 3) await fill([`a${page}`, `e${page}`, `z${page}`]);
      }
      expect(seen.filter((id) => staying.includes(id))).toEqual(
        order === "asc" ? staying : staying.toReversed(),
      );
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(order === "asc" ? seen.toSorted() : seen.toSorted().toReversed());
    });
  }

  it("lets each thread be deleted as it comes", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `thread ${String.fromCharCode(97 + index)}`);
    await fill(ids);
    const seen: string[] = [];
    for await (const { threadId } of current().list()) {
      seen.push(threadId);
      expect(await current().delete(threadId)).toBe(true);
    }
    expect(seen).toEqual(ids);
    expect(await threadIdsOf(current())).toEqual([]);
  });

  it("may be left early, and asked for more than there is", async () => {
    await fill(["a", "b", "c"]);
    for await (const { threadId } of current().list()) if (threadId === "b") break;
    expect(await threadIdsOf(current(), { limit: 1_000_000 })).toEqual(["a", "b", "c"]);
    expect(await threadIdsOf(current(), { prefix: "", limit: 3 })).toEqual(["a", "b", "c"]);
    expect(await threadIdsOf(current(), { after: "\u{10ffff}" })).toEqual([]);
    expect(await threadIdsOf(current(), { after: "\u0000" })).toEqual(["a", "b", "c"]);
  });

  it("filters by the very value, whatever it is", async () => {
    const idOf = (index: number): string => `v${String(index).padStart(2, "0")}`;
    for (const [index, value] of HOSTILE_VALUES.entries()) {
      const id = idOf(index);
      await current().append(id, 0, [startEvent(id, 1, { metadata: { value } })]);
    }
    await fill(["without"]);
    for (const [index, value] of HOSTILE_VALUES.entries()) {
      const what = JSON.stringify(value).slice(0, 40);
      expect(await threadIdsOf(current(), { metadata: { value } }), what).toEqual([idOf(index)]);
    }
  });

  it("filters by the very key, whatever it is", async () => {
    const idOf = (index: number): string => `k${String(index).padStart(2, "0")}`;
    for (const [index, key] of HOSTILE_KEYS.entries()) {
      const id = idOf(index);
      await current().append(id, 0, [startEvent(id, 1, { metadata: { [key]: "here" } })]);
    }
    for (const [index, key] of HOSTILE_KEYS.entries()) {
      const what = JSON.stringify(key).slice(0, 40);
      const found = await collect(current().list({ metadata: { [key]: "here" } }));
      expect(found, what).toMatchObject([{ threadId: idOf(index), metadata: { [key]: "here" } }]);
    }
  });
}
