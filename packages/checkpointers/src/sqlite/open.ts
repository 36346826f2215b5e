/** Opens the file: made for its owner only, in write-ahead mode, in today's layout. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LAYOUTS, layoutOf, migrate } from "./layout.ts";

export const IN_MEMORY = ":memory:";

/** `"full"`: a commit waits until the disk has it. `"normal"`: until the operating system has it. */
export type Synchronous = "full" | "normal";

export interface OpenOptions {
  /** Absolute, or `":memory:"`. */
  readonly path: string;
  readonly synchronous: Synchronous;
  /** Default: those of this version of Locus. */
  readonly layouts?: readonly string[];
}

/** @throws What the file system or SQLite has against it, SchemaVersionError, CheckpointError. */
export function openFile({ path, synchronous, layouts = LAYOUTS }: OpenOptions): DatabaseSync {
  if (path !== IN_MEMORY) createFile(path);
  const database = new DatabaseSync(path);
  try {
    // Looked at before anything is set: a file of somebody else stays as it is.
    const isNew = layoutOf(database, path, layouts) === 0;
    // Pages that were deleted can be given back to the disk. It counts for a new file, and waits for writers in any other.
    if (isNew) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous === "full" ? "FULL" : "NORMAL"}`);
    // macOS alone has a disk cache that takes more than fsync to write.
    if (synchronous === "full") database.exec("PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1");
    // What was deleted, or encrypted anew, cannot be read in the file any more.
    database.exec("PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON");
    migrate(database, path, layouts);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * SQLite gives the files beside it the mode of this one. A file that exists is not even opened here: closing it would give up
 * the locks that other connections of this process hold on it.
 */
function createFile(path: string): void {
  const directory = dirname(path);
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw error;
  }
  for (let made = directory; ; made = dirname(made)) {
    syncDirectory(made);
    if (first === undefined || made.length < first.length) return;
  }
}

/** Makes names durable. Windows has no such call on directories, and needs none. */
function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
