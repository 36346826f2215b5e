/** Memories in PostgreSQL, found by words through tsvector. No extension is needed. */
import { ConfigurationError, checkKeys } from "@locus-sdk/core";
import { BackedMemoryStore, type MemoryStoreOptions } from "@locus-sdk/core/memory";
import { requireWhole } from "../shared/options.ts";
import { Database } from "./database.ts";
import { openPool, type PostgresPool } from "./driver.ts";
import { tablesIn } from "./layout.ts";
import { PostgresRows } from "./memory-backend.ts";
import { MEMORY_LAYOUT } from "./memory-layout.ts";

export interface PostgresMemoryStoreOptions extends MemoryStoreOptions {
  /** `postgres://user:password@host:5432/database`. Either this or `pool`. */
  readonly connectionString?: string;
  /** A pool of `pg`, which is its owner's to close. */
  readonly pool?: PostgresPool;
  /** The schema for the table, made where it does not exist; that of threads will do. Default `"locus"`. */
  readonly schema?: string;
  /** Connections open at a time, at most; a whole number from 1. Not for a `pool`, which has its own. Default 10. */
  readonly maxConnections?: number;
}

const OPTION_NAMES = ["connectionString", "pool", "schema", "maxConnections", "embeddings"];

/**
 * Keeps memories in PostgreSQL 12 or later, through the package `pg`. The table is made on first use. Vectors are compared in
 * this process, one after the other: tens of thousands of a namespace are fine.
 *
 * @throws ConfigurationError for options that do not fit.
 * @example
 * ```ts
 * import { PostgresMemoryStore } from "@locus-sdk/checkpointers/postgres";
 *
 * const store = new PostgresMemoryStore({
 *   connectionString: process.env.DATABASE_URL ?? "postgres://localhost/locus",
 * });
 * ```
 */
export class PostgresMemoryStore extends BackedMemoryStore {
  constructor(options: PostgresMemoryStoreOptions) {
    checkKeys("PostgresMemoryStore", options, OPTION_NAMES);
    const { connectionString, pool, maxConnections = 10, schema = "locus", embeddings } = options;
    if ((connectionString === undefined || connectionString === "") === (pool === undefined)) {
      throw new ConfigurationError("PostgresMemoryStore needs either a connectionString or a pool", {
        hint: 'For example: new PostgresMemoryStore({ connectionString: "postgres://localhost/locus" })',
      });
    }
    if (pool !== undefined && options.maxConnections !== undefined) {
      throw new ConfigurationError(
        "PostgresMemoryStore: maxConnections is for connectionString; a pool has its own",
      );
    }
    requireWhole("PostgresMemoryStore: maxConnections", maxConnections, 1);
    const database = new Database({
      tables: tablesIn(schema, "PostgresMemoryStore"),
      layout: MEMORY_LAYOUT,
      owner: "PostgresMemoryStore",
      isOwn: pool === undefined,
      pool: async () =>
        pool ?? (await openPool(connectionString ?? "", maxConnections, "PostgresMemoryStore")),
    });
    super(new PostgresRows(database), { embeddings });
  }
}
