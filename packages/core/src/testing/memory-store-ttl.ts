/** Part of the memory suite: items that live for a while. */
import { clockOf, collect, keysOf, type SuiteMemory, TopicEmbeddings } from "./memory-store-fixture.ts";
import { afterEach, beforeEach, expect, it, vi } from "./vitest.ts";

const ADA = ["users", "ada"];

export function itForgetsItems({ open }: SuiteMemory): void {
  let clock: ReturnType<typeof clockOf>;
  beforeEach(() => {
    clock = clockOf(vi);
  });
  afterEach(() => {
    clock.stop();
  });

  it("shows an item until its time is over, and then nowhere", async () => {
    const store = await open({ embeddings: new TopicEmbeddings() });
    const item = await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    expect(item.expiresAt).toBe(new Date(Date.now() + 1000).toISOString());
    clock.pass(999);
    expect(await store.get(ADA, "pet")).toEqual(item);
    clock.pass(1);
    expect(await store.get(ADA, "pet")).toBeUndefined();
    expect(await keysOf(store.list(ADA))).toEqual([]);
    expect(await collect(store.namespaces([]))).toEqual([]);
    expect(await store.search(ADA, { query: "dog" })).toEqual([]);
    expect(await store.delete(ADA, "pet")).toBe(false);
  });

  it("takes an item whose time is over for none when it is written", async () => {
    const store = await open();
    const first = await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    clock.pass(2000);
    await expect(store.put(ADA, "pet", "a cat", { ifVersion: 2 })).rejects.toThrow(/is not there/);
    const second = await store.put(ADA, "pet", "a cat", { ifVersion: 0 });
    expect(second).toMatchObject({ version: 1, value: "a cat" });
    expect(second.createdAt > first.createdAt).toBe(true);
  });

  it("lets an item live on that is put again in time", async () => {
    const store = await open();
    await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    clock.pass(900);
    await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    clock.pass(900);
    expect((await store.get(ADA, "pet"))?.version).toBe(2);
  });

  it("clears away what has expired and nothing else", async () => {
    const store = await open();
    await store.put(ADA, "pet", "a dog", { ttlMs: 1000 });
    await store.put(ADA, "diet", "vegetarian");
    await store.put(ADA, "trip", "to Oslo", { ttlMs: 5000 });
    clock.pass(2000);
    expect(await store.vacuum?.()).toBe(store.vacuum === undefined ? undefined : 1);
    expect(await keysOf(store.list(ADA))).toEqual(["diet", "trip"]);
  });
}
