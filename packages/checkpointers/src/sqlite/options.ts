/** The options of whatever keeps something in a SQLite file. */
import { resolve } from "node:path";
import { ConfigurationError } from "@locus-sdk/core";
import { requireWhole } from "../shared/options.ts";
import { SqliteDatabase } from "./database.ts";
import { IN_MEMORY, type Synchronous } from "./open.ts";

export interface SqliteFileOptions {
  /**
   * The file, on a local disk; made where it does not exist, as are its directories, for its owner only. Or `":memory:"`: gone
   * with the process.
   */
  readonly path: string;
  /** Milliseconds to wait while another process is writing; 0 not to. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /**
   * What a write waits for. `"full"`, the default: the disk has it, and it survives a power cut. `"normal"`: the operating
   * system has it, and it survives any death of the process; a power cut may take the last writes, whole ones, and damages
   * nothing.
   */
  readonly synchronous?: Synchronous;
}

/** The names of these options, for `checkKeys`. */
export const FILE_OPTION_NAMES = ["path", "busyTimeoutMs", "synchronous"] as const;

const LONGEST_MS = 2 ** 31 - 1;

/**
 * The database of `owner`. Nothing is opened yet.
 *
 * @throws ConfigurationError for a path, a time or a mode that is none.
 */
export function databaseOf(owner: string, options: SqliteFileOptions): SqliteDatabase {
  const { path, busyTimeoutMs = 5_000, synchronous = "full" } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new ConfigurationError(`${owner} needs the path of the file to keep its data in`, {
      hint: `For data that lives as long as the process: path: "${IN_MEMORY}".`,
    });
  }
  requireWhole(`${owner}: busyTimeoutMs`, busyTimeoutMs, 0, LONGEST_MS);
  if (synchronous !== "full" && synchronous !== "normal") {
    throw new ConfigurationError(`${owner}: synchronous must be "full" or "normal"`);
  }
  return new SqliteDatabase({
    path: path === IN_MEMORY ? path : resolve(path),
    busyTimeoutMs,
    synchronous,
  });
}
