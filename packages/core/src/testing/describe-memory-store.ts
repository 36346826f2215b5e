/** The conformance suite of the memory store contract: what every store must do, as tests that anyone can run. */
import type { MemoryStore } from "../memory/types.ts";
import type { DescribeMemoryStoreOptions, MemoryStoreFixture, SuiteMemory } from "./memory-store-fixture.ts";
import { itKeepsItems, itSettlesMemoryRaces } from "./memory-store-items.ts";
import { itKeepsNamesApart, itListsItems } from "./memory-store-list.ts";
import { itSearchesByMeaning } from "./memory-store-meaning.ts";
import { itForgetsItems } from "./memory-store-ttl.ts";
import { itSearchesByWords } from "./memory-store-words.ts";
import { afterEach, beforeEach, describe } from "./vitest.ts";

/**
 * Describes `name` with every guarantee of `MemoryStore`. `factory` makes an empty storage, which its `open` opens
 * any number of times; it is called for each test.
 *
 * @example
 * ```ts
 * import { rm } from "node:fs/promises";
 * import { SqliteMemoryStore } from "@locus-sdk/checkpointers/sqlite";
 * import { describeMemoryStore } from "@locus-sdk/core/testing";
 *
 * let count = 0;
 * describeMemoryStore("SqliteMemoryStore", () => {
 *   const path = `test-${++count}.db`;
 *   return { open: (options) => new SqliteMemoryStore({ path, ...options }), dispose: () => rm(path) };
 * });
 * ```
 */
export function describeMemoryStore(
  name: string,
  factory: () => MemoryStoreFixture | Promise<MemoryStoreFixture>,
  options: DescribeMemoryStoreOptions = {},
): void {
  describe(`${name} keeps the memory store contract`, { timeout: options.timeoutMs ?? 30_000 }, () => {
    let fixture: MemoryStoreFixture;
    let opened: MemoryStore[];

    beforeEach(async () => {
      fixture = await factory();
      opened = [];
    });
    afterEach(async () => {
      for (const store of opened) await store.close?.();
      await fixture.dispose?.();
    });
    const suite: SuiteMemory = {
      open: async (own = {}) => {
        const store = await fixture.open(own);
        opened.push(store);
        return store;
      },
    };

    describe("items", () => itKeepsItems(suite));
    describe("writers at the same time", () => itSettlesMemoryRaces(suite));
    describe("names", () => itKeepsNamesApart(suite));
    describe("lists", () => itListsItems(suite));
    describe("time to live", () => itForgetsItems(suite));
    describe("search by words", () => itSearchesByWords(suite));
    describe("search by meaning", () => itSearchesByMeaning(suite));
  });
}
