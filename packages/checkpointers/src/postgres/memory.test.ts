/** PostgreSQL keeps the contract of memory stores, and finds what core's own store finds. */
import { randomBytes } from "node:crypto";
import { ConfigurationError, InMemoryStore, MemoryError, type MemoryStore } from "@locus-sdk/core";
import { describeMemoryStore } from "@locus-sdk/core/testing";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PostgresCheckpointer, PostgresMemoryStore, type PostgresMemoryStoreOptions } from "./index.ts";

const connectionString = process.env.LOCUS_TEST_POSTGRES_URL;
const newSchema = (): string => `test_${randomBytes(6).toString("hex")}`;

if (connectionString === undefined) {
  describe.skipIf(true)("PostgresMemoryStore, where LOCUS_TEST_POSTGRES_URL names a server", () => {
    it("is not tested: source .ci/services for a server of one's own", () => undefined);
  });
} else {
  let pool: pg.Pool;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString, max: 20 });
  });
  afterAll(async () => {
    await pool.end();
  });
  const dropped = (schema: string): Promise<unknown> =>
    pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);

  describeMemoryStore("PostgresMemoryStore", () => {
    const schema = newSchema();
    return {
      open: (options) => new PostgresMemoryStore({ pool, schema, ...options }),
      dispose: async () => {
        await dropped(schema);
      },
    };
  });

  const word = fc.constantFrom(
    "tea",
    "coffee",
    "milk",
    "dog",
    "caf\u00e9",
    "\u5bff\u53f8",
    "2nd",
    "1e5",
    "the",
    "a",
  );
  const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));

  describe("PostgresMemoryStore", () => {
    it("finds what InMemoryStore finds, with the same scores", async () => {
      const schema = newSchema();
      const store = new PostgresMemoryStore({ pool, schema });
      let user = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 12 }), text, async (texts, query) => {
          const namespace = ["u", `${user++}`];
          const stores: readonly MemoryStore[] = [new InMemoryStore(), store];
          const found = await Promise.all(
            stores.map(async (each) => {
              for (const [index, value] of texts.entries()) await each.put(namespace, `k${index}`, value);
              const matches = await each.search(namespace, { query, limit: 5 });
              return matches.map(({ item, score }) => [item.key, score]);
            }),
          );
          expect(found[1]).toEqual(found[0]);
        }),
        { numRuns: 30 },
      );
      await store.close();
      await dropped(schema);
    });

    it("shares its schema with threads, and a server with any number that begin at once", async () => {
      const schema = newSchema();
      const stores = Array.from({ length: 5 }, () => new PostgresMemoryStore({ pool, schema }));
      const threads = new PostgresCheckpointer({ pool, schema });
      const put = stores.map((store, index) => store.put(["u"], `k${index}`, index));
      await Promise.all([...put, threads.read("none")]);
      expect(await stores[0]?.get(["u"], "k4")).toMatchObject({ value: 4 });
      await Promise.all([...stores.map((store) => store.close()), threads.close()]);
      await dropped(schema);
    });

    it("reads on beside an item whose time ends beyond all dates", async () => {
      const schema = newSchema();
      const store = new PostgresMemoryStore({ pool, schema });
      await store.put(["u"], "far", "green tea", { ttlMs: 1000 });
      await store.put(["u"], "near", "black tea");
      await pool.query(`UPDATE "${schema}".memories SET expires_at = 9007201047000000 WHERE key = 'far'`);
      expect(await store.get(["u"], "far")).toMatchObject({ expiresAt: "+275760-09-13T00:00:00.000Z" });
      expect(await store.search(["u"], { query: "tea" })).toHaveLength(2);
      await store.close();
      await dropped(schema);
    });

    it("names itself when it is closed", async () => {
      const schema = newSchema();
      const store = new PostgresMemoryStore({ pool, schema });
      const putting = store.put(["u"], "k", 1).then(
        () => "",
        (error: unknown) => String(error),
      );
      await store.close();
      expect(await putting).not.toContain("PostgresCheckpointer");
      expect(await putting).toContain("PostgresMemoryStore is closed");
      await dropped(schema);
    });

    it("names itself where its address is none", async () => {
      const store = new PostgresMemoryStore({ connectionString: "postgres://nobody:secret-word@[" });
      const error: unknown = await store.get(["u"], "k").catch((reason: unknown) => reason);
      expect(String(error)).toContain("PostgresMemoryStore");
      expect(String(error)).not.toMatch(/PostgresCheckpointer|secret-word/);
      await store.close();
    });

    it("connects by itself, and tells a server that is not there from an item that is not", async () => {
      const schema = newSchema();
      const own = new PostgresMemoryStore({ connectionString, schema });
      await own.put(["u"], "k", 1);
      await own.close();
      await dropped(schema);
      const none = new PostgresMemoryStore({
        connectionString: "postgres://nobody:secret-word@127.0.0.1:1/none",
      });
      const error: unknown = await none.get(["u"], "k").catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MemoryError);
      expect(error).toMatchObject({ code: "memory_connection", retryable: true });
      expect(String(error)).not.toContain("secret-word");
      await none.close();
    });
  });
}

describe("the options of PostgresMemoryStore", () => {
  it.each<[string, PostgresMemoryStoreOptions]>([
    ["neither connectionString nor pool", {}],
    ["an empty connectionString", { connectionString: "" }],
    ["an empty schema", { connectionString: "postgres://localhost", schema: "" }],
    ["no connections", { connectionString: "postgres://localhost", maxConnections: 0 }],
    ["an unknown one", { connectionString: "postgres://localhost", ttlMs: 5 } as object],
  ])("are refused: %s", (_name, options) => {
    expect(() => new PostgresMemoryStore(options)).toThrow(ConfigurationError);
    expect(() => new PostgresMemoryStore(options)).toThrow(/PostgresMemoryStore/);
  });
});
