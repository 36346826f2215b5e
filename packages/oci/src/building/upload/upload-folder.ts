/** Uploads a folder into a vector store: any number of times, interrupted anywhere, each file is in it once. */
import { realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigurationError, isRecord, messageOf } from "@locus-sdk/core";
import type { FilePurpose } from "openai/resources/files";
import pMap from "p-map";
import { z } from "zod";
import { checked, sent } from "../../control/fields.ts";
import { read, storeFacts } from "../answers.ts";
import { waitForVectorStore } from "../ingestion.ts";
import { callback, patience, signalOption } from "../options.ts";
import { type Patience, TIMEOUT_MS } from "../polling.ts";
import { throwIfAborted } from "../service-error.ts";
import { filesOf, type IngestedFile } from "../store-files.ts";
import { finishIngestion } from "./finish.ts";
import { type FolderEntry, listFolder } from "./list-folder.ts";
import { Manifest, placeOfManifest } from "./manifest.ts";
import { settle, takeOver } from "./remote.ts";
import { removeMissing, removeReplaced } from "./removal.ts";
import {
  type FileAttributes,
  type FileOutcome,
  reportOf,
  UploadCancelledError,
  type UploadClient,
  type UploadFolderOptions,
  type UploadProgress,
  type UploadReport,
} from "./types.ts";
import { byIdentity, type Run, uploadEntry } from "./upload-entry.ts";

/** How the names of manifests begin that have none of their own. */
const MANIFEST = ".locus-upload.";
const globs = z.union([z.string().min(1), z.array(z.string().min(1))], {
  error: "expected a glob, or a list of globs",
});
const optionsSchema = sent.object<UploadFolderOptions>({
  vectorStoreId: sent.id,
  directory: sent.id,
  include: globs.optional(),
  exclude: globs.optional(),
  purpose: z.custom<FilePurpose>((value) => typeof value === "string" && value !== "").optional(),
  attributes: callback<(path: string) => FileAttributes>(),
  concurrency: z.int().min(1).optional(),
  manifest: sent.id.optional(),
  waitForIngestion: z
    .custom<NonNullable<UploadFolderOptions["waitForIngestion"]>>(
      (value) => typeof value === "boolean" || isRecord(value),
      "expected true, false or { pollMs, timeoutMs }",
    )
    .optional(),
  retryFailed: sent.flag.optional(),
  removeMissing: sent.flag.optional(),
  onProgress: callback<(progress: UploadProgress) => void>(),
  signal: signalOption,
});
const patienceSchema = sent.object<Omit<Patience, "signal">>(patience);

/**
 * Uploads the files of a folder into a vector store, and goes on where an earlier call with the same manifest ended,
 * even if that one was killed: files that are in the store as they are now are skipped, changed ones replace their old
 * version once the new one is known to be taken in. A file that fails does not stop the others; its outcome holds the
 * error, and so does that of a folder in it that cannot be read.
 *
 * Hidden files, links and empty files are left out, and files of more than 50 MiB fail: the service refuses them. On
 * the service a file has its path and a token as name (`pathOfUpload` reads it), and `path` and `sha256` as attributes.
 * Two uploads with one manifest at the same time are refused.
 *
 * @throws UploadCancelledError when the signal aborts; ConfigurationError for options, a folder or a manifest that
 *   cannot be used; a typed error where the store cannot be had.
 * @example
 * ```ts
 * import { createOciGenAI, uploadFolder } from "@locus-sdk/oci";
 *
 * const report = await uploadFolder(createOciGenAI(), {
 *   vectorStoreId: "vs_1",
 *   directory: "handbook",
 *   include: ["*.md", "chapters/*.md"],
 *   onProgress: ({ phase, doneFiles, totalFiles }) => process.stderr.write(`${phase} ${doneFiles}/${totalFiles}\n`),
 * });
 * for (const file of report.files) if (file.status === "failed") process.stderr.write(`${file.path}: ${file.error}\n`);
 * ```
 */
export async function uploadFolder(
  client: UploadClient,
  options: UploadFolderOptions,
): Promise<UploadReport> {
  checked("uploadFolder", optionsSchema, options);
  const { vectorStoreId, waitForIngestion: waiting, signal } = options;
  if (typeof waiting === "object") checked("uploadFolder: waitForIngestion", patienceSchema, waiting);
  const none = { bytes: 0, unmatched: [] };
  if (signal?.aborted === true) throw new UploadCancelledError(reportOf([], none), signal.reason);
  const root = await folderAt(options.directory);
  const manifestPath = await placeOfManifest(
    options.manifest ?? join(root, `${MANIFEST}${encodeURIComponent(vectorStoreId)}.jsonl`),
  );
  const { entries, unmatched } = await listFolder(root, {
    include: options.include === undefined ? undefined : [options.include].flat(),
    exclude: [options.exclude ?? []].flat(),
    never: (absolute) =>
      absolute === manifestPath ||
      absolute.startsWith(`${manifestPath}.lock`) ||
      basename(absolute).startsWith(MANIFEST),
  });
  await using manifest = await Manifest.open(manifestPath, { vectorStoreId, directory: root });
  const outcomes = new Map<string, FileOutcome>();
  const sum = { bytes: 0 };
  const report = (): UploadReport => reportOf(outcomes.values(), { ...sum, unmatched });
  try {
    await upload({ client, options, root, entries, manifest, outcomes, sent: sum });
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new UploadCancelledError(report(), options.signal.reason);
  }
  return report();
}

interface Upload {
  readonly client: UploadClient;
  readonly options: UploadFolderOptions;
  readonly root: string;
  readonly entries: readonly FolderEntry[];
  readonly manifest: Manifest;
  readonly outcomes: Map<string, FileOutcome>;
  readonly sent: { bytes: number };
}

async function upload({ client, options, root, entries, manifest, outcomes, sent }: Upload): Promise<void> {
  const { vectorStoreId, concurrency = 8, waitForIngestion = true } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const { pollMs, timeoutMs = TIMEOUT_MS } = typeof waitForIngestion === "object" ? waitForIngestion : {};
  const began = performance.now();
  const store = await waitForVectorStore(client, { vectorStoreId, pollMs, timeoutMs, signal });
  const left = Math.max(1, timeoutMs - (performance.now() - began));
  const sending = {
    client,
    manifest,
    purpose: options.purpose ?? "assistants",
    signal,
    serviceTime: read(`vector store ${vectorStoreId}`, storeFacts, store).created_at ?? 0,
  };
  const { state } = manifest;
  const inStore = await statusesIn({ client, vectorStoreId, manifest, signal });
  // What an earlier call may have left there is looked for once, and once more at the end.
  const suspects = new Set(state.intents.keys());
  await takeOver(
    sending,
    [...state.intents].filter(([, { known }]) => !known).map(([token]) => token),
  );
  const run: Run = {
    sending,
    options,
    inStore,
    byIdentity: byIdentity(inStore.values()),
    outcomes,
    sent,
    pending: new Map(),
  };

  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let [doneFiles, doneBytes] = [0, 0];
  let failure: unknown;
  await pMap(
    entries,
    async (entry) => {
      if (signal.aborted) return;
      try {
        await uploadEntry(run, entry);
        doneFiles += 1;
        doneBytes += entry.bytes;
        options.onProgress?.({
          phase: "uploading",
          doneFiles,
          totalFiles: entries.length,
          doneBytes,
          totalBytes: total,
          path: entry.path,
        });
      } catch (error) {
        // Not this file's own failure, which is an outcome. All others are let go before this is told.
        failure ??= error;
        stop.abort(error);
      }
    },
    { concurrency },
  );
  if (failure !== undefined) throw failure;
  throwIfAborted(signal);

  if (waitForIngestion === false) finishWithoutWaiting(run);
  else await finishIngestion(run, { pollMs, timeoutMs: left });
  await removeMissing(run, { root, entries, concurrency });
  await removeReplaced(run, concurrency);
  throwIfAborted(signal);

  for (const [token, { sent: times }] of state.intents) if (times > 1) suspects.add(token);
  for (const token of suspects) {
    // One that failed, and may be there, is left to the next call to be taken over.
    const intent = state.intents.get(token);
    if (intent === undefined || (!intent.known && outcomes.get(intent.path)?.status === "failed")) {
      suspects.delete(token);
    }
  }
  if (suspects.size > 0) await settle(sending, suspects);
}

/** What became of files that the store has been given is for a later call to find out. */
function finishWithoutWaiting({ pending, outcomes }: Run): void {
  for (const [path, { fileId }] of pending) outcomes.set(path, { path, status: "pending", fileId });
}

interface Where {
  readonly client: UploadClient;
  readonly vectorStoreId: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
}

/** What the store holds; of one that is known, no more than what was put in from here. */
async function statusesIn(where: Where): Promise<Map<string, IngestedFile>> {
  const known = new Set([...where.manifest.state.kept.values()].map(({ fileId }) => fileId));
  const isNew = known.size === 0;
  const found = new Map<string, IngestedFile>();
  for await (const file of filesOf(where.client, where)) {
    found.set(file.fileId, file);
    if (known.delete(file.fileId) && known.size === 0 && !isNew) break;
  }
  return found;
}

async function folderAt(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    throw new ConfigurationError(`the folder ${directory} cannot be read: ${messageOf(error)}`, {
      code: "folder_unreadable",
      hint: "Check `directory`; it is taken relative to the working directory.",
      cause: error,
    });
  }
}
