/** Part of the memory suite: names of any kind, lists and their pages. */
import { MemoryError } from "../errors/errors.ts";
import type { MemoryNamespace } from "../memory/types.ts";
import { collect, keysOf, type SuiteMemory } from "./memory-store-fixture.ts";
import { expect, it } from "./vitest.ts";

/** In code point order. U+FF61 is before U+1F600 there, and behind it where UTF-16 units are compared. */
const HOSTILE = [
  "\u0000",
  "\u0000\u0000",
  "\u0001",
  "\u0001\u0001",
  "\u0002",
  "\u0002\u0002",
  "\u0003",
  "\n",
  " ",
  " a",
  "%",
  "'; DROP TABLE memories; --",
  "*",
  "..",
  "/",
  "A",
  "\\",
  "__proto__",
  "a",
  "a\u0000b",
  "a\u0001b",
  "a ",
  "a%",
  "a/b",
  "a_",
  "b",
  "e\u0301",
  "\u00e9",
  "\uff61",
  "\u{1f600}",
  "\u{10ffff}",
  "\u{10ffff}\u{10ffff}",
];

const PAIRS: readonly (readonly [MemoryNamespace, MemoryNamespace])[] = [
  [
    ["a", "b/c"],
    ["a/b", "c"],
  ],
  [["a\u0001b"], ["a", "b"]],
  [
    ["a\u0002", "b"],
    ["a", "\u0002b"],
  ],
  [["a"], ["a", "a"]],
  [
    ["users", "bob"],
    ["users", "bob:x"],
  ],
  [["A"], ["a"]],
  [["\u00e9"], ["e\u0301"]],
];

export function itKeepsNamesApart({ open }: SuiteMemory): void {
  it("keeps apart namespaces that look alike once they are joined", async () => {
    const store = await open();
    for (const pair of PAIRS) for (const each of pair) await store.put(each, "k", each.join("|"));
    for (const pair of PAIRS) {
      for (const each of pair)
        expect(await store.get(each, "k")).toMatchObject({ namespace: each, value: each.join("|") });
    }
  });

  it("keeps keys and namespaces of any characters, and lists them in code point order", async () => {
    const store = await open();
    for (const name of HOSTILE.toReversed()) await store.put(["hostile"], name, name);
    for (const name of HOSTILE.toReversed()) await store.put(["hostile", name], "k", name);
    expect(await keysOf(store.list(["hostile"], { deep: false }))).toEqual(HOSTILE);
    const below = await collect(store.list(["hostile"], { prefix: "k" }));
    expect(below.map(({ namespace }) => namespace)).toEqual(HOSTILE.map((name) => ["hostile", name]));
    expect(await collect(store.namespaces(["hostile"]))).toEqual([
      ["hostile"],
      ...HOSTILE.map((name) => ["hostile", name]),
    ]);
    for (const name of HOSTILE) {
      expect((await store.get(["hostile", name], "k"))?.value).toBe(name);
      expect(await store.delete(["hostile"], name)).toBe(true);
    }
    expect(await keysOf(store.list(["hostile"], { deep: false }))).toEqual([]);
  });

  it("takes key prefixes as they are, not as patterns", async () => {
    const store = await open();
    for (const name of HOSTILE) await store.put(["keys"], name, 1);
    for (const prefix of HOSTILE) {
      expect(await keysOf(store.list(["keys"], { prefix }))).toEqual(
        HOSTILE.filter((name) => name.startsWith(prefix)),
      );
    }
  });

  it.each<[string, MemoryNamespace, string]>([
    ["no namespace", [], "k"],
    ["an empty name", ["users", ""], "k"],
    ["half of a character in a name", ["\ud83d"], "k"],
    ["an empty key", ["users"], ""],
    ["half of a character in a key", ["users"], "a\udc00"],
    ["a name that is no text", [42 as unknown as string], "k"],
    ["names of more than 2,000 bytes", ["u".repeat(1500)], "k".repeat(600)],
  ])("refuses %s", async (_name, namespace, key) => {
    const store = await open();
    await expect(store.put(namespace, key, 1)).rejects.toThrow(MemoryError);
    await expect(store.get(namespace, key)).rejects.toThrow(MemoryError);
    await expect(store.delete(namespace, key)).rejects.toThrow(MemoryError);
  });

  it("takes names of 2,000 bytes", async () => {
    const store = await open();
    const key = "\u00e9".repeat(990);
    await store.put(["u"], key, "long");
    expect((await store.get(["u"], key))?.value).toBe("long");
  });
}

export function itListsItems({ open }: SuiteMemory): void {
  it("lists a namespace and all below it, and no neighbour", async () => {
    const store = await open();
    for (const namespace of [["u"], ["u", "a"], ["u", "a", "x"], ["u", "ab"], ["ua"], ["v"]])
      await store.put(namespace, "k", 1);
    const listed = async (prefix: MemoryNamespace, deep = true): Promise<readonly string[]> =>
      (await collect(store.list(prefix, { deep }))).map(({ namespace }) => namespace.join("."));
    expect(await listed(["u", "a"])).toEqual(["u.a", "u.a.x"]);
    expect(await listed(["u", "a"], false)).toEqual(["u.a"]);
    expect(await listed(["u"])).toEqual(["u", "u.a", "u.a.x", "u.ab"]);
    expect(await listed([])).toEqual(["u", "u.a", "u.a.x", "u.ab", "ua", "v"]);
    expect(await collect(store.namespaces(["u", "a"]))).toEqual([
      ["u", "a"],
      ["u", "a", "x"],
    ]);
    expect(await collect(store.namespaces([], { after: ["u", "a"], limit: 2 }))).toEqual([
      ["u", "a", "x"],
      ["u", "ab"],
    ]);
  });

  it("chooses by metadata, exactly", async () => {
    const store = await open();
    await store.put(["m"], "a", 1, { metadata: { kind: "fact", n: 1, "x\ny": "]\n" } });
    await store.put(["m"], "b", 1, { metadata: { kind: "fact", n: "1" } });
    await store.put(["m"], "c", 1, { metadata: { kind: 'fact"]\n["n",1' } });
    await store.put(["m"], "d", 1, { metadata: { kind: { n: 1 }, none: null } });
    const having = (metadata: Record<string, string | number | null>): Promise<readonly string[]> =>
      keysOf(store.list(["m"], { metadata }));
    expect(await having({ kind: "fact" })).toEqual(["a", "b"]);
    expect(await having({ kind: "fact", n: 1 })).toEqual(["a"]);
    expect(await having({ n: "1" })).toEqual(["b"]);
    expect(await having({ "x\ny": "]\n" })).toEqual(["a"]);
    expect(await having({ none: null })).toEqual(["d"]);
    expect(await having({ missing: null })).toEqual([]);
  });

  it("goes on behind the last item of a page, across namespaces, also where it is gone", async () => {
    const store = await open();
    for (const key of ["a", "b", "c"]) for (const user of ["1", "2"]) await store.put(["p", user], key, 1);
    const first = await collect(store.list(["p"], { limit: 4 }));
    expect(first.map(({ namespace, key }) => namespace[1] + key)).toEqual(["1a", "1b", "1c", "2a"]);
    const last = first.at(-1);
    await store.delete(["p", "2"], "a");
    const second = await collect(store.list(["p"], { after: last }));
    expect(second.map(({ namespace, key }) => namespace[1] + key)).toEqual(["2b", "2c"]);
    expect(await keysOf(store.list(["p"], { after: { namespace: ["a"], key: "z" } }))).toHaveLength(5);
    expect(await keysOf(store.list(["p"], { after: { namespace: ["q"], key: "a" } }))).toEqual([]);
  });

  it("shows every item that stays, once, while others come and go", async () => {
    const store = await open();
    const keys = Array.from({ length: 1200 }, (_, index) => `k${String(index).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => store.put(["many"], key, 1)));
    const seen: string[] = [];
    for await (const { key } of store.list(["many"])) {
      seen.push(key);
      if (seen.length % 200 === 1) {
        await store.delete(["many"], `k${String(seen.length).padStart(4, "0")}`);
        await store.put(["many"], `a${seen.length}`, 1);
        await store.put(["many"], "k0000", "again");
      }
    }
    const stayed = keys.filter((_, index) => index === 0 || index % 200 !== 1);
    expect(seen.filter((key) => stayed.includes(key))).toEqual(stayed);
    expect(new Set(seen).size).toBe(seen.length);
  });
}
