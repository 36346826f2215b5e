// What becomes of a file in a vector store: its state, its chunks, and the counts it is part of.
import type { StoredFile } from "../files/store.ts";
import { type Chunking, chunksOf, textOf } from "./chunks.ts";
import type { Attributes } from "./filters.ts";

export type FileStatus = "in_progress" | "completed" | "failed" | "cancelled";

interface LastError {
  readonly code: "server_error" | "unsupported_file" | "invalid_file";
  readonly message: string;
}

/** How many files are in which state. */
export type Tally = Record<FileStatus, number>;

export const emptyTally = (): Tally => ({ in_progress: 0, completed: 0, failed: 0, cancelled: 0 });

export const totalOf = (tally: Tally): number =>
  tally.in_progress + tally.completed + tally.failed + tally.cancelled;

/** A piece of a file; search results are chunks. */
export interface Chunk {
  readonly file: StoreFile;
  readonly text: string;
}

export interface NewStoreFile {
  readonly source: StoredFile;
  readonly attributes: Attributes;
  readonly chunking: Chunking;
}

/** A file in a vector store. */
export interface StoreFile extends Omit<NewStoreFile, "attributes"> {
  /** The id of the file itself. */
  readonly id: string;
  readonly createdMs: number;
  /** In progress until then. */
  readonly readyMs: number;
  /** Counts to keep right: the store's, and those of its batches. */
  readonly tallies: Set<Tally>;
  attributes: Attributes;
  status: FileStatus;
  lastError: LastError | null;
  /** Empty unless completed. */
  chunks: readonly Chunk[];
}

/** Moves a file to another state, here and in all counts. */
export function setStatus(file: StoreFile, status: FileStatus): void {
  for (const tally of file.tallies) {
    tally[file.status] -= 1;
    tally[status] += 1;
  }
  file.status = status;
}

/** Starts or stops counting a file. */
export function count(file: StoreFile, tally: Tally): void {
  if (file.tallies.has(tally)) return;
  file.tallies.add(tally);
  tally[file.status] += 1;
}

export function uncount(file: StoreFile): void {
  for (const tally of file.tallies) tally[file.status] -= 1;
  file.tallies.clear();
}

/** Cuts a file into chunks, or says why that cannot be done. */
export function ingest(file: StoreFile, fails: (filename: string) => boolean): void {
  const result = chunkTexts(file, fails);
  if ("texts" in result) {
    file.chunks = result.texts.map((text) => ({ file, text }));
    setStatus(file, "completed");
  } else {
    file.lastError = result;
    setStatus(file, "failed");
  }
}

function chunkTexts(
  { source: { filename, bytes }, chunking }: StoreFile,
  fails: (filename: string) => boolean,
): { readonly texts: readonly string[] } | LastError {
  if (fails(filename)) return { code: "server_error", message: `The ingestion of ${filename} failed.` };
  const text = textOf(bytes);
  if (text === undefined) return { code: "unsupported_file", message: `${filename} is no text in UTF-8.` };
  const texts = chunksOf(text, chunking);
  if (texts.length === 0) return { code: "invalid_file", message: `${filename} holds no words.` };
  return { texts };
}
