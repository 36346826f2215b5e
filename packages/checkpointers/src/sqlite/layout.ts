/** The tables, and the steps by which a file of an earlier layout becomes one of today's. */
import type { DatabaseSync } from "node:sqlite";
import { CheckpointError, SchemaVersionError } from "@locus-sdk/core";
import { MEMORY_LAYOUT } from "./memory-layout.ts";

/** Says in the file's header whose it is: "Locu". */
const APPLICATION_ID = 0x4c6f6375;

/**
 * Each makes a file of the layout before it one of the next; the first begins with an empty file. What was released is never
 * changed, only added to.
 *
 * Ids are bytes, so that they are compared as such and may hold anything. A thread's key is never given to another thread:
 * who reads page by page notices a thread that was deleted and begun anew. So is the fence of a lease.
 */
export const LAYOUTS: readonly string[] = [
  `
  CREATE TABLE threads (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    touched_at INTEGER NOT NULL,
    facts TEXT NOT NULL
  ) STRICT;
  CREATE TABLE events (
    thread INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (thread, sequence)
  ) STRICT;
  CREATE TABLE snapshots (
    thread INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    base INTEGER,
    payload TEXT NOT NULL,
    PRIMARY KEY (thread, version)
  ) STRICT;
  CREATE TABLE leases (
    fence INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    lease_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  `,
  MEMORY_LAYOUT,
];

/**
 * The layout of a file, 0 for an empty one.
 *
 * @throws SchemaVersionError for a layout newer than these.
 * @throws CheckpointError for a database of somebody else.
 */
export function layoutOf(database: DatabaseSync, path: string, layouts: readonly string[] = LAYOUTS): number {
  const applicationId = pragma(database, "application_id");
  const layout = pragma(database, "user_version");
  if (applicationId !== APPLICATION_ID) {
    const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
    if (applicationId === 0 && layout === 0 && tables === 0) return 0;
    throw new CheckpointError(`${path} is a database of another application`, {
      hint: "Give the store a file of its own.",
    });
  }
  if (layout <= layouts.length) return layout;
  throw new SchemaVersionError(
    `${path} has table layout ${layout}; this version of Locus knows up to ${layouts.length}`,
    { hint: "Update @locus-sdk/checkpointers to the version that wrote the file, or a later one." },
  );
}

/** Brings a file to the latest layout, whole or not at all. */
export function migrate(database: DatabaseSync, path: string, layouts: readonly string[] = LAYOUTS): void {
  if (layoutOf(database, path, layouts) === layouts.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have done it in the meantime.
    for (const step of layouts.slice(layoutOf(database, path, layouts))) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${layouts.length}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
