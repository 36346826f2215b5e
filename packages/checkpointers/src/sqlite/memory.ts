/** Memories in a SQLite file, beside threads or alone, found by words through FTS5. */
import { checkKeys } from "@locus-sdk/core";
import { BackedMemoryStore, type MemoryStoreOptions } from "@locus-sdk/core/memory";
import { SqliteRows } from "./memory-backend.ts";
import { databaseOf, FILE_OPTION_NAMES, type SqliteFileOptions } from "./options.ts";

export interface SqliteMemoryStoreOptions extends SqliteFileOptions, MemoryStoreOptions {}

/**
 * Keeps memories in one SQLite file, through `node:sqlite`, for any number of processes of one machine. It may be the file of a
 * `SqliteCheckpointer`. Vectors are compared in this process, one after the other: tens of thousands of a namespace are fine.
 *
 * @throws ConfigurationError for options that do not fit.
 * @example
 * ```ts
 * import { SqliteMemoryStore } from "@locus-sdk/checkpointers/sqlite";
 *
 * const store = new SqliteMemoryStore({ path: "locus.db" });
 * await store.put(["users", "ada"], "diet", { text: "Ada is vegetarian." });
 * await store.close();
 * ```
 */
export class SqliteMemoryStore extends BackedMemoryStore {
  constructor(options: SqliteMemoryStoreOptions) {
    checkKeys("SqliteMemoryStore", options, [...FILE_OPTION_NAMES, "embeddings"]);
    const { embeddings, ...file } = options;
    super(new SqliteRows(databaseOf("SqliteMemoryStore", file)), { embeddings });
  }
}
