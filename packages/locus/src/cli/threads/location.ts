/** Where threads are kept: what a person writes down for a store, and what it means. */
import { type Stats, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve, sep } from "node:path";
import { UsageError } from "../options.ts";

/** A place for threads: nowhere, a file, or a directory with a file each. */
export type StoreLocation =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite" | "files"; readonly path: string; readonly exists: boolean };

const NOWHERE: readonly string[] = ["none", "memory"];
const SQLITE_FILE = /\.(?:db|sqlite3?)$/i;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
const EXPECTED = "expected a file that ends with .db or .sqlite, a directory, or none";

/** @throws UsageError for what cannot be a store. */
export function locateStore(text: string): StoreLocation {
  if (NOWHERE.includes(text)) return { kind: "memory" };
  if (text === "" || URL_LIKE.test(text)) {
    throw new UsageError(`${JSON.stringify(text)} is no place for threads: ${EXPECTED}`);
  }
  const path = resolve(text);
  const found = statOf(path);
  const exists = found !== undefined;
  if (found?.isDirectory() ?? !SQLITE_FILE.test(path)) return { kind: "files", path, exists };
  if (SQLITE_FILE.test(path)) return { kind: "sqlite", path, exists };
  throw new UsageError(`${path} is a file whose name says nothing about SQLite: ${EXPECTED}`);
}

/** As a person writes it down. */
export function shortPath(path: string): string {
  const home = homedir() + sep;
  return path.startsWith(home) ? join("~", path.slice(home.length)) : path;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new UsageError(`${path} cannot be a store: ${messageOf(error)}`);
  }
}
