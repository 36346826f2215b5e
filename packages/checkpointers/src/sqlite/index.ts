/** SQLite: threads in a file, through `node:sqlite`. */
export { SqliteCheckpointer, type SqliteCheckpointerOptions } from "./checkpointer.ts";
