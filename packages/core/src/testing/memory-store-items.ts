/** Part of the memory suite: putting, getting, deleting, and two who do it at once. */
import { ConfigurationError, MemoryConflictError, MemoryError } from "../errors/errors.ts";
import type { JsonValue } from "../json/json.ts";
import type { SuiteMemory } from "./memory-store-fixture.ts";
import { expect, it } from "./vitest.ts";

const ADA = ["users", "ada"];

export function itKeepsItems({ open }: SuiteMemory): void {
  it("hands out what was put, with its version and times", async () => {
    const store = await open();
    const put = await store.put(ADA, "diet", { text: "vegetarian" }, { metadata: { source: "chat" } });
    expect(put).toMatchObject({
      namespace: ADA,
      key: "diet",
      value: { text: "vegetarian" },
      metadata: { source: "chat" },
      version: 1,
    });
    expect(put).not.toHaveProperty("expiresAt");
    expect(Date.parse(put.createdAt)).toBe(Date.parse(put.updatedAt));
    expect(await store.get(ADA, "diet")).toEqual(put);
    expect(Object.isFrozen(put.value)).toBe(true);
  });

  it("has nothing where nothing was put", async () => {
    const store = await open();
    expect(await store.get(ADA, "diet")).toBeUndefined();
    expect(await store.delete(ADA, "diet")).toBe(false);
  });

  it.each<[string, JsonValue]>([
    ["null", null],
    ["an empty text", ""],
    ["text with U+0000, quotes and a lone surrogate", { a: '\u0000"\\\ud800' }],
    ["nested lists", [[1, 2.5, -0.1], [], { b: [true, false, null] }]],
    ["a member called __proto__", JSON.parse('{"__proto__":{"a":1}}') as JsonValue],
    ["a long text", "x".repeat(200_000)],
  ])("keeps %s as it is", async (_name, value) => {
    const store = await open();
    await store.put(ADA, "value", value);
    expect((await store.get(ADA, "value"))?.value).toEqual(value);
  });

  it("keeps a copy: what is changed afterwards is not changed in the store", async () => {
    const store = await open();
    const value = { list: [1] };
    await store.put(ADA, "copy", value);
    value.list.push(2);
    expect((await store.get(ADA, "copy"))?.value).toEqual({ list: [1] });
  });

  it("replaces value, metadata and lifetime, and remembers when the item was created", async () => {
    const store = await open();
    const first = await store.put(ADA, "diet", "vegetarian", { metadata: { sure: true }, ttlMs: 60_000 });
    const second = await store.put(ADA, "diet", "vegan");
    expect(second).toMatchObject({ value: "vegan", metadata: {}, version: 2, createdAt: first.createdAt });
    expect(second).not.toHaveProperty("expiresAt");
  });

  it("deletes, and begins at version 1 again", async () => {
    const store = await open();
    await store.put(ADA, "diet", "vegetarian");
    await store.put(ADA, "diet", "vegan");
    expect(await store.delete(ADA, "diet")).toBe(true);
    expect(await store.get(ADA, "diet")).toBeUndefined();
    expect((await store.put(ADA, "diet", "omnivore")).version).toBe(1);
  });

  it("shows another instance what was put", async () => {
    const store = await open();
    const put = await store.put(ADA, "diet", "vegetarian");
    expect(await (await open()).get(ADA, "diet")).toEqual(put);
  });

  it("refuses what it could not give back or does not know", async () => {
    const store = await open();
    const bad = JSON.parse("[1]") as JsonValue;
    await expect(store.put(ADA, "x", { f: new Date() as unknown as string })).rejects.toThrow(
      ConfigurationError,
    );
    for (const ttlMs of [0, 0.5, 100_000.5, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      await expect(store.put(ADA, "x", bad, { ttlMs })).rejects.toThrow(/ttlMs must be a whole number/);
    }
    await expect(store.put(ADA, "x", bad, { ifVersion: -1 })).rejects.toThrow(/ifVersion must be/);
    await expect(store.put(ADA, "x", bad, { ttl: 5 } as object)).rejects.toThrow(/did you mean "ttlMs"/i);
    expect(await store.get(ADA, "x")).toBeUndefined();
  });

  it("rejects calls once it is closed", async () => {
    const store = await open();
    await store.put(ADA, "diet", "vegetarian");
    await store.close?.();
    await store.close?.();
    if (store.close !== undefined) await expect(store.get(ADA, "diet")).rejects.toThrow(MemoryError);
  });
}

export function itSettlesMemoryRaces({ open }: SuiteMemory): void {
  it("writes with ifVersion only if the item has that version", async () => {
    const store = await open();
    await expect(store.put(ADA, "diet", "vegan", { ifVersion: 1 })).rejects.toThrow(MemoryConflictError);
    const { version } = await store.put(ADA, "diet", "vegetarian", { ifVersion: 0 });
    await expect(store.put(ADA, "diet", "vegan", { ifVersion: 0 })).rejects.toThrow(
      /at version 1, expected to be new/,
    );
    expect((await store.put(ADA, "diet", "vegan", { ifVersion: version })).version).toBe(2);
    await expect(store.put(ADA, "diet", "fish", { ifVersion: version })).rejects.toThrow(/at version 2/);
    expect((await store.get(ADA, "diet"))?.value).toBe("vegan");
  });

  it("deletes with ifVersion only if the item has that version", async () => {
    const store = await open();
    await store.put(ADA, "diet", "vegetarian");
    await store.put(ADA, "diet", "vegan");
    await expect(store.delete(ADA, "diet", { ifVersion: 1 })).rejects.toThrow(MemoryConflictError);
    expect(await store.delete(ADA, "diet", { ifVersion: 2 })).toBe(true);
    await expect(store.delete(ADA, "diet", { ifVersion: 2 })).rejects.toThrow(/is not there/);
    expect(await store.delete(ADA, "diet", { ifVersion: 0 })).toBe(false);
  });

  it.each([0, 1])("lets one of many writers with ifVersion %i win, across instances", async (ifVersion) => {
    const stores = [await open(), await open()];
    if (ifVersion === 1) await stores[0]?.put(ADA, "race", "before");
    const writers = Array.from({ length: 10 }, async (_, index) => {
      try {
        await stores[index % 2]?.put(ADA, "race", index, { ifVersion });
        return index;
      } catch (error) {
        expect(error).toBeInstanceOf(MemoryConflictError);
        return undefined;
      }
    });
    const winners = (await Promise.all(writers)).filter((index) => index !== undefined);
    expect(winners).toHaveLength(1);
    expect((await stores[1]?.get(ADA, "race"))?.value).toBe(winners[0]);
  });

  it("loses no write of those that compare and swap until they succeed", async () => {
    const stores = [await open(), await open()];
    const addOne = async (index: number): Promise<void> => {
      const store = stores[index % 2];
      for (;;) {
        const item = await store?.get(ADA, "count");
        const count = typeof item?.value === "number" ? item.value : 0;
        try {
          await store?.put(ADA, "count", count + 1, { ifVersion: item?.version ?? 0 });
          return;
        } catch (error) {
          if (!(error instanceof MemoryConflictError)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => addOne(index)));
    expect(await stores[0]?.get(ADA, "count")).toMatchObject({ value: 8, version: 8 });
  });
}
