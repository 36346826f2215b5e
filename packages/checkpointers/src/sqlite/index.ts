/** SQLite: threads in a file, through `node:sqlite`. */
export { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./checkpointer.ts";
export type { Synchronous } from "./open.ts";
export type { SqliteFileOptions } from "./options.ts";
