/** The file system as the file checkpointer needs it: exclusive creation, one-piece appends, lines with positions. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CheckpointError, LocusError, messageOf } from "../../errors/errors.ts";

const CHUNK_BYTES = 64 * 1024;
const NEW_LINE = 0x0a;
const TEMPORARY = /^\.[0-9a-f]{16}\.tmp$/;
/** A temporary file this old was left by a process that died. */
const TEMPORARY_MAX_AGE_MS = 3_600_000;

/** One line of a file and where it is. The last one may still be under way. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Offset of the byte after it, its new-line character not counted. */
  readonly end: number;
}

/** Which file this is, and how long: a deleted and newly made one of the same name is another. */
export interface FileState {
  readonly identity: string;
  readonly size: number;
  /** Being replaced, or replaced already: what is appended to it may not count. */
  readonly isRetired: boolean;
}

/** Set on a file that is being replaced, or was: to execute it would mean nothing. */
const RETIRED = 0o100;

/** A random name that nobody else picks. */
export const nonce = (): string => randomBytes(8).toString("hex");

/** Opens a file that exists; `undefined` where there is none. */
export async function openExisting(path: string, mode: "read" | "append"): Promise<FileHandle | undefined> {
  const flags = mode === "read" ? constants.O_RDONLY : constants.O_RDWR | constants.O_APPEND;
  return await onDisk(path, "open", async () => {
    try {
      return await open(path, flags);
    } catch (error) {
      if (isCode(error, "ENOENT")) return undefined;
      throw error;
    }
  });
}

/** Opens a file to append to, and makes it, for its owner only, where there is none. */
export async function openOrCreate(path: string): Promise<FileHandle> {
  return await onDisk(path, "open", async () => await open(path, "a", 0o600));
}

/** What is at a place of the file; less where it ends before. */
export async function bytesAt(path: string, handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await onDisk(path, "read", async () => {
    return await handle.read(Buffer.alloc(length), 0, length, at);
  });
  return buffer.subarray(0, bytesRead);
}

export async function stateOf(path: string, handle: FileHandle): Promise<FileState> {
  const stats = await onDisk(path, "stat", async () => await handle.stat({ bigint: true }));
  return {
    identity: `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`,
    size: Number(stats.size),
    isRetired: (Number(stats.mode) & RETIRED) !== 0,
  };
}

/**
 * The lines from a line's beginning, or its end, to the end of the file. `from.number` is the line there. Split
 * at `\n` alone, on bytes: readers of text also split at U+2028, which JSON may hold as it is.
 */
export async function* linesOf(
  path: string,
  handle: FileHandle,
  from: Pick<Line, "number" | "end">,
): AsyncGenerator<Line, void, undefined> {
  let { number } = from;
  let position = from.end;
  let parts: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const at = position;
    const { bytesRead } = await onDisk(path, "read", async () => {
      return await handle.read(chunk, 0, CHUNK_BYTES, at);
    });
    if (bytesRead === 0) break;
    let start = 0;
    for (;;) {
      const newLine = chunk.subarray(0, bytesRead).indexOf(NEW_LINE, start);
      if (newLine < 0) break;
      parts.push(chunk.subarray(start, newLine));
      yield { text: Buffer.concat(parts).toString("utf8"), number, end: position + newLine };
      parts = [];
      number += 1;
      start = newLine + 1;
    }
    parts.push(chunk.subarray(start, bytesRead));
    position += bytesRead;
  }
  yield { text: Buffer.concat(parts).toString("utf8"), number, end: position };
}

/** Appends in a single write, so that what other writers append comes before or after it, never in between. */
export async function appendOnce(path: string, handle: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text, "utf8");
  const { bytesWritten } = await onDisk(path, "append to", async () => {
    return await handle.write(bytes, 0, bytes.length, null);
  });
  if (bytesWritten === bytes.length) return bytes.length;
  throw new CheckpointError(`only ${bytesWritten} of ${bytes.length} bytes could be appended to ${path}`, {
    hint: "The disk may be full. Nothing of this batch counts.",
  });
}

export async function syncFile(path: string, handle: FileHandle): Promise<void> {
  await onDisk(path, "fsync", async () => await handle.datasync());
}

/** Texts of a file, one after the other. */
export type Texts = Iterable<string> | AsyncIterable<string>;

/**
 * Makes a file appear under `path` with all of its text, or not at all: written elsewhere, then linked, which
 * fails where the name is taken.
 *
 * @returns `false` where the file exists.
 */
export async function createWhole(path: string, texts: Texts, fsync: boolean): Promise<boolean> {
  return await viaTemporary(path, texts, fsync, async (temporary) => await linkNew(temporary, path));
}

/** Puts a file with all of the text under `path`, in one step, whatever was there before. */
export async function replaceWhole(path: string, texts: Texts, fsync: boolean): Promise<void> {
  await viaTemporary(path, texts, fsync, async (temporary) => {
    await rename(temporary, path);
    return true;
  });
}

async function viaTemporary(
  path: string,
  texts: Texts,
  fsync: boolean,
  place: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  const directory = dirname(path);
  const temporary = join(directory, `.${nonce()}.tmp`);
  try {
    const handle = await onDisk(temporary, "create", async () => await open(temporary, "wx", 0o600));
    try {
      for await (const text of texts)
        await onDisk(temporary, "write", async () => await handle.appendFile(text));
      if (fsync) await syncFile(temporary, handle);
    } finally {
      await handle.close();
    }
    const isPlaced = await onDisk(path, "create", async () => await place(temporary));
    if (isPlaced && fsync) await syncDirectory(directory);
    return isPlaced;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** @returns Whether the file was there. */
export async function removeFile(path: string, fsync: boolean): Promise<boolean> {
  return await onDisk(path, "delete", async () => {
    try {
      await unlink(path);
    } catch (error) {
      if (isCode(error, "ENOENT")) return false;
      throw error;
    }
    if (fsync) await syncDirectory(dirname(path));
    return true;
  });
}

/** Makes the directory, for its owner only, and clears away what dead processes left half made in it. */
export async function ensureDirectory(directory: string, fsync: boolean): Promise<void> {
  await onDisk(directory, "create", async () => {
    const first = await mkdir(directory, { recursive: true, mode: 0o700 });
    if (first !== undefined && fsync) {
      for (let made = directory; made.length >= first.length; made = dirname(made)) {
        await syncDirectory(dirname(made));
      }
    }
    for (const name of await readdir(directory)) {
      if (!TEMPORARY.test(name)) continue;
      const path = join(directory, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > TEMPORARY_MAX_AGE_MS) await unlink(path).catch(() => undefined);
    }
  });
}

/** The names in a directory; none where it does not exist. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  return await onDisk(directory, "list", async () => {
    try {
      return await readdir(directory);
    } catch (error) {
      if (isCode(error, "ENOENT")) return [];
      throw error;
    }
  });
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Makes names durable. Windows has no such call on directories, and needs none. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The result of `work`, or a CheckpointError that says what could not be done to which file. */
export async function onDisk<T>(path: string, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LocusError) throw error;
    throw new CheckpointError(`cannot ${action} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
