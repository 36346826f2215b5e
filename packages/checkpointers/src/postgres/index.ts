/** Threads and memories in PostgreSQL, through the package `pg`. */
export type { PostgresClient, PostgresPool } from "./driver.ts";
export { PostgresMemoryStore, type PostgresMemoryStoreOptions } from "./memory.ts";
export { PostgresCheckpointer, type PostgresCheckpointerOptions } from "./postgres.ts";
