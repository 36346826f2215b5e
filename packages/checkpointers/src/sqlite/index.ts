/** SQLite: threads and memories in a file, through `node:sqlite`. */
export { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./checkpointer.ts";
export { SqliteMemoryStore, type SqliteMemoryStoreOptions } from "./memory.ts";
export type { Synchronous } from "./open.ts";
export type { SqliteFileOptions } from "./options.ts";
