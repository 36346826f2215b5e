/** What uploading a folder takes, and what it tells. */
import { CancelledError, type LocusError } from "@locus-sdk/core";
import type OpenAI from "openai";
import type { FilePurpose } from "openai/resources/files";
import type { Patience } from "../polling.ts";

/** What an upload asks: the client of `createOciOpenAI()` has it, and so has `createOciGenAI()`. */
export type UploadClient = Pick<OpenAI, "files" | "vectorStores">;

/** What the service keeps with a file in a vector store, to filter searches by. */
export type FileAttributes = Readonly<Record<string, string | number | boolean>>;

/** Which files go where, and how. */
export interface UploadFolderOptions {
  readonly vectorStoreId: string;
  readonly directory: string;
  /**
   * Globs of the files to upload, relative to `directory` and with `/` (`docs/*.md`). Default: all that are not hidden.
   * Hidden files and folders are left out unless a glob names them by their dot. Globs that no file fits are told in
   * the report, as `unmatched`.
   */
  readonly include?: string | readonly string[] | undefined;
  /** Globs of files and folders to leave out. */
  readonly exclude?: string | readonly string[] | undefined;
  /** Default `assistants`. */
  readonly purpose?: FilePurpose | undefined;
  /** Attributes of a file in the store, by its path; `path` and `sha256` are always added, and taken. */
  readonly attributes?: ((path: string) => FileAttributes) | undefined;
  /** How many files are read and sent at once. Default 8; each is held in memory while it is sent. */
  readonly concurrency?: number | undefined;
  /**
   * Where is noted what has been done. Default: `.locus-upload.<store>.jsonl` in the folder. Keep it: without it,
   * what was uploaded is found again, but changed files are not replaced.
   */
  readonly manifest?: string | undefined;
  /**
   * Whether to wait until the store has taken the files in, and how patiently; `timeoutMs` is for all of the waiting.
   * Default `true`. With `false`, what was put into the store is `pending`, and the old versions of changed files stay:
   * a later call finds the new ones taken in, and deletes the old ones.
   */
  readonly waitForIngestion?: boolean | Omit<Patience, "signal"> | undefined;
  /** Has files taken in once more whose ingestion failed before. Default `false`: they are reported as failed. */
  readonly retryFailed?: boolean | undefined;
  /**
   * Takes files out of the store, and deletes them, that were uploaded from here and are in the folder no longer.
   * Default `false`: they stay.
   */
  readonly removeMissing?: boolean | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far an upload is. */
export interface UploadProgress {
  readonly phase: "uploading" | "ingesting";
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** The file that was done last, relative to the folder. */
  readonly path: string;
}

interface Outcome {
  /** Relative to the folder, with `/`. */
  readonly path: string;
}

/** What became of one file. */
export type FileOutcome =
  | (Outcome & { readonly status: "completed"; readonly fileId: string })
  /** Put into the store, and not known to be taken in: nobody waited (`waitForIngestion: false`). */
  | (Outcome & { readonly status: "pending"; readonly fileId: string })
  /** In the store already as it is, under other `attributes`: now it has these. */
  | (Outcome & { readonly status: "updated"; readonly fileId: string })
  /** In the store already as it is; or nothing the service takes: empty, or a link or device. */
  | (Outcome & {
      readonly status: "skipped";
      readonly reason: "unchanged" | "empty" | "not_a_file";
      readonly fileId?: string;
    })
  | (Outcome & { readonly status: "failed"; readonly error: LocusError; readonly fileId?: string })
  /** No longer in the folder, and taken out of the store (`removeMissing`). */
  | (Outcome & { readonly status: "removed"; readonly fileId: string });

/** What an upload did. */
export interface UploadReport {
  /** By path. */
  readonly files: readonly FileOutcome[];
  /** How many are `completed`. */
  readonly uploaded: number;
  readonly pending: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  readonly removed: number;
  /** Sent by this call. */
  readonly bytes: number;
  /** Globs of `include` that no file fits: often misspelt. */
  readonly unmatched: readonly string[];
}

/** The upload was cancelled; the next call with the same manifest goes on from there. */
export class UploadCancelledError extends CancelledError {
  /** What was done until then. */
  readonly report: UploadReport;

  constructor(report: UploadReport, cause: unknown) {
    super(`the upload was cancelled with ${report.uploaded + report.updated + report.skipped} files done`, {
      cause,
      hint: "Call it again with the same manifest: it goes on from there.",
    });
    this.report = report;
  }
}

/** The report of these outcomes. */
export function reportOf(
  outcomes: Iterable<FileOutcome>,
  told: Pick<UploadReport, "bytes" | "unmatched">,
): UploadReport {
  const files = [...outcomes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const count = (wanted: FileOutcome["status"]): number =>
    files.filter(({ status }) => status === wanted).length;
  return {
    files,
    uploaded: count("completed"),
    pending: count("pending"),
    updated: count("updated"),
    skipped: count("skipped"),
    failed: count("failed"),
    removed: count("removed"),
    ...told,
  };
}
