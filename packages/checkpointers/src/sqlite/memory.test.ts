/** SQLite keeps the contract of memory stores, finds what core's own store finds, and shares its file with threads. */
import { randomBytes } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  Agent,
  ConfigurationError,
  type Embeddings,
  InMemoryStore,
  MemoryError,
  type MemoryStore,
  memory,
  messageText,
} from "@locus-sdk/core";
import { describeMemoryStore, ScriptedModel } from "@locus-sdk/core/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SqliteCheckpointer, SqliteMemoryStore } from "./index.ts";
import { LAYOUTS } from "./layout.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-sqlite-memory-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});
const newPath = (): string => join(root, `${randomBytes(6).toString("hex")}.db`);

describeMemoryStore("SqliteMemoryStore", () => {
  const path = newPath();
  return { open: (options) => new SqliteMemoryStore({ path, synchronous: "normal", ...options }) };
});

const word = fc.constantFrom("tea", "coffee", "milk", "dog", "caf\u00e9", "\u5bff\u53f8", "2nd", "the", "a");
const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));

describe("SqliteMemoryStore", () => {
  it("finds what InMemoryStore finds, with the same scores", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 12 }), text, async (texts, query) => {
        const stores: readonly MemoryStore[] = [
          new InMemoryStore(),
          new SqliteMemoryStore({ path: ":memory:" }),
        ];
        const found = await Promise.all(
          stores.map(async (store) => {
            for (const [index, each] of texts.entries()) {
              await store.put(index % 3 === 0 ? ["u", "b"] : ["u", "a"], `k${index}`, each);
            }
            const matches = await store.search(["u", "a"], { query, limit: 5 });
            await store.close?.();
            return matches.map(({ item, score }) => [item.key, score]);
          }),
        );
        expect(found[1]).toEqual(found[0]);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps what an agent has learned for the next process, in the file of its threads", async () => {
    const path = newPath();
    const user = { metadata: { userId: "ada" } };
    const fact = JSON.stringify({
      facts: [{ text: "Ada has a dog called Rex.", replaces: null, standing: false }],
      forget: [],
    });
    const run = async (input: string, taken: string): Promise<ScriptedModel> => {
      const store = new SqliteMemoryStore({ path });
      const checkpointer = new SqliteCheckpointer({ path });
      const model = new ScriptedModel(["Noted."]);
      const agent = new Agent({
        model,
        auxiliaryModel: new ScriptedModel([taken]),
        checkpointer,
        plugins: [memory({ store })],
      });
      await agent.run(input, user);
      await agent.close();
      await store.close();
      await checkpointer.close();
      return model;
    };
    await run("My dog is called Rex.", fact);
    const model = await run("What is my dog called?", '{"facts":[],"forget":[]}');
    expect(model.requests[0]?.messages.map(messageText).join("\n")).toContain("Ada has a dog called Rex.");
  });

  it("leaves nothing of what was deleted in the file", async () => {
    const path = newPath();
    const store = new SqliteMemoryStore({ path });
    await store.put(["u"], "k", "zeppelinworkshop");
    await store.put(["u"], "other", "tea");
    await store.delete(["u"], "k");
    await store.close();
    expect(readFileSync(path).includes("zeppelinworkshop")).toBe(false);
  });

  it("keeps loading what an earlier version wrote: items, words and vectors", async () => {
    const path = newPath();
    copyFileSync(new URL("./museum/layout-2.db", import.meta.url), path);
    // Vectors that are there are not made again: only the query's is asked for.
    const kinds: string[] = [];
    const embeddings: Embeddings = {
      modelId: "museum:1",
      embed: async (texts, { kind }) => {
        kinds.push(kind);
        return texts.map(() => [1, 0, 0.5]);
      },
    };
    const store = new SqliteMemoryStore({ path, embeddings });
    const items: unknown[] = [];
    for await (const { namespace, key, value, version } of store.list([]))
      items.push([namespace, key, value, version]);
    expect(items).toEqual([
      [["users", "ada"], "dog", { text: "Ada has a dog called Rex. \u{1f415}" }, 1],
      [["users", "ada"], "tea", { text: "Ada likes green tea." }, 2],
      [["users", "w\u00f6rter \u{1f600}\u0000\u0001"], "k\u0000", ["\u0000", 1.5, null], 1],
    ]);
    const byMeaning = await store.search(["users", "ada"], { query: "pet", mode: "semantic" });
    expect(byMeaning[0]?.item).toMatchObject({ key: "dog", metadata: { standing: true } });
    expect(byMeaning[0]?.score).toBeCloseTo(1);
    expect(kinds).toEqual(["query"]);
    const byWords = await store.search(["users"], {
      query: "green",
      mode: "text",
      metadata: { kind: "fact" },
    });
    expect(byWords.map(({ item }) => item.key)).toEqual(["tea"]);
    await store.close();
  });

  it("brings a file of threads alone up to date", async () => {
    const path = newPath();
    const old = new DatabaseSync(path);
    old.exec(`${LAYOUTS[0]}; PRAGMA application_id = ${0x4c6f6375}; PRAGMA user_version = 1`);
    old.close();
    const store = new SqliteMemoryStore({ path });
    expect((await store.put(["u"], "k", 1)).version).toBe(1);
    await store.close();
  });

  it("reads on beside an item whose time ends beyond all dates", async () => {
    const path = newPath();
    const store = new SqliteMemoryStore({ path });
    await store.put(["u"], "far", "green tea", { ttlMs: 1000 });
    await store.put(["u"], "near", "black tea");
    const raw = new DatabaseSync(path);
    raw.exec("UPDATE memories SET expires_at = 9007201047000000 WHERE key = 'far'");
    raw.close();
    expect(await store.get(["u"], "far")).toMatchObject({ expiresAt: "+275760-09-13T00:00:00.000Z" });
    expect((await store.search(["u"], { query: "tea" })).map(({ item }) => item.key)).toHaveLength(2);
    expect((await store.put(["u"], "far", "white tea")).version).toBe(2);
    await store.close();
  });

  it("says what is wrong with options and files", async () => {
    expect(() => new SqliteMemoryStore({ path: "" })).toThrow(/SqliteMemoryStore needs the path/);
    expect(() => new SqliteMemoryStore({ path: "x", snapshotEvery: 1 } as never)).toThrow(ConfigurationError);
    const store = new SqliteMemoryStore({ path: root });
    await expect(store.get(["u"], "k")).rejects.toThrow(MemoryError);
    await store.close();
  });
});
