/** Threads in PostgreSQL, through the package `pg`. */
export type { PostgresClient, PostgresPool } from "./driver.ts";
export { PostgresCheckpointer, type PostgresCheckpointerOptions } from "./postgres.ts";
