/** What SQLite's errors mean to whoever keeps threads in it. */
import { CheckpointError, LocusError, messageOf } from "@locus-sdk/core";

interface Failure {
  readonly code: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** By SQLite's primary result code. */
const FAILURES: Readonly<Record<number, Failure>> = {
  3: { code: "sqlite_permission", hint: "The process may not access the file: check its owner and mode." },
  5: {
    code: "sqlite_busy",
    retryable: true,
    hint: "Another process holds the database: look for a long transaction or a backup, or raise busyTimeoutMs.",
  },
  6: { code: "sqlite_busy", retryable: true, hint: "Another connection holds the table: try again." },
  8: {
    code: "sqlite_readonly",
    hint: "The process may not write the file or its directory, where SQLite keeps the -wal and -shm files beside it.",
  },
  10: {
    code: "sqlite_io",
    hint: "The disk failed, or the file is not on a local one: SQLite needs a local file system.",
  },
  11: {
    code: "sqlite_corrupt",
    hint: 'Restore the file from a backup, or save what can be read with: sqlite3 FILE ".recover".',
  },
  13: { code: "sqlite_full", hint: "The disk is full. Nothing of this was stored." },
  14: {
    code: "sqlite_cannot_open",
    hint: "The path must be a file, not a directory, that the process may read and write.",
  },
  18: { code: "sqlite_too_big", hint: "One event may have up to a billion bytes." },
  26: { code: "sqlite_corrupt", hint: "The file is no SQLite database: give the store a path of its own." },
};

const NO_ACCESS: Failure = {
  code: "sqlite_permission",
  hint: "The process may not make or access the file there: check the owner and mode of its directories.",
};
const NO_DIRECTORY: Failure = {
  code: "sqlite_cannot_open",
  hint: "A part of the path before its last is a file, not a directory.",
};

/** By the file system's code, where the file or its directories could not be made. */
const FILE_FAILURES: Readonly<Record<string, Failure>> = {
  EACCES: NO_ACCESS,
  EPERM: NO_ACCESS,
  EROFS: { code: "sqlite_readonly", hint: "The file system is mounted read-only." },
  ENOSPC: { code: "sqlite_full", hint: "The disk is full. Nothing of this was stored." },
  EEXIST: NO_DIRECTORY,
  ENOTDIR: NO_DIRECTORY,
};

const BUSY = 5;

/** Whether trying again may help, since somebody else is at work. */
export function isBusy(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === BUSY || code === BUSY + 1;
}

/** What was thrown while doing `action` with the database at `path`, as an error of ours. */
export function storeFailure(error: unknown, action: string, path: string): LocusError {
  if (error instanceof LocusError) return error;
  const { code, hint, retryable }: Partial<Failure> =
    FAILURES[resultCodeOf(error) ?? -1] ?? FILE_FAILURES[fileCodeOf(error) ?? ""] ?? {};
  return new CheckpointError(`cannot ${action} in ${path}: ${messageOf(error)}`, {
    cause: error,
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
    ...(retryable === undefined ? {} : { retryable }),
  });
}

export function closedError(action: string, path: string): CheckpointError {
  return new CheckpointError(`cannot ${action} in ${path}: the store is closed`, {
    code: "store_closed",
    hint: "Close a store only when no agent uses it any more.",
  });
}

/** Extended codes have their primary one in the lowest byte. */
function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

function fileCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
