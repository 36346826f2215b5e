/** Uploads a folder into a vector store: any number of times, interrupted anywhere, each file is in it once. */
import { realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ConfigurationError, checkKeys, messageOf } from "@locus-sdk/core";
import pMap from "p-map";
import { filesOf, type IngestedFile, waitForVectorStore } from "../ingestion.ts";
import { throwIfAborted } from "../service-error.ts";
import { finishIngestion } from "./finish.ts";
import { type FolderEntry, listFolder } from "./list-folder.ts";
import { Manifest } from "./manifest.ts";
import { settle, takeOver } from "./remote.ts";
import { removeMissing, removeReplaced } from "./removal.ts";
import {
  type FileOutcome,
  reportOf,
  UploadCancelledError,
  type UploadClient,
  type UploadFolderOptions,
  type UploadReport,
} from "./types.ts";
import { byIdentity, type Run, uploadEntry } from "./upload-entry.ts";

/** How the names of manifests begin that have none of their own. */
const MANIFEST = ".locus-upload.";
const KEYS: Readonly<Record<keyof UploadFolderOptions, true>> = {
  vectorStoreId: true,
  directory: true,
  include: true,
  exclude: true,
  purpose: true,
  attributes: true,
  concurrency: true,
  manifest: true,
  waitForIngestion: true,
  retryFailed: true,
  removeMissing: true,
  onProgress: true,
  signal: true,
};

/**
 * Uploads the files of a folder into a vector store, and goes on where an earlier call with the same manifest ended,
 * even if that one was killed: files that are in the store as they are now are skipped, changed ones replace their old
 * version once the new one is in. A file that fails does not stop the others; its outcome holds the error.
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
  check(options);
  throwIfAborted(options.signal);
  const { vectorStoreId } = options;
  const root = await folderAt(options.directory);
  const manifestPath = resolve(
    options.manifest ?? join(root, `${MANIFEST}${encodeURIComponent(vectorStoreId)}.jsonl`),
  );
  const entries = await listFolder(root, {
    include: options.include === undefined ? undefined : [options.include].flat(),
    exclude: [options.exclude ?? []].flat(),
    never: (absolute) =>
      absolute === manifestPath ||
      absolute === `${manifestPath}.lock` ||
      basename(absolute).startsWith(MANIFEST),
  });
  await using manifest = await Manifest.open(manifestPath, vectorStoreId);
  const outcomes = new Map<string, FileOutcome>();
  const sent = { bytes: 0 };
  try {
    await upload({ client, options, root, entries, manifest, outcomes, sent });
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new UploadCancelledError(reportOf(outcomes.values(), sent.bytes), options.signal.reason);
  }
  return reportOf(outcomes.values(), sent.bytes);
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
  const patience = typeof waitForIngestion === "object" ? waitForIngestion : {};
  const store = await waitForVectorStore(client, { vectorStoreId, ...patience, signal });
  const sending = {
    client,
    manifest,
    purpose: options.purpose ?? "assistants",
    signal,
    serviceTime: store.created_at,
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
  else await finishIngestion(run, patience);
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

/** Files that the store has been given count as done. */
function finishWithoutWaiting({ pending, outcomes }: Run): void {
  for (const [path, { fileId }] of pending) outcomes.set(path, { path, status: "completed", fileId });
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

function check(options: UploadFolderOptions): void {
  checkKeys("uploadFolder", options, Object.keys(KEYS));
  const { vectorStoreId, concurrency = 8 } = options;
  if (typeof vectorStoreId !== "string" || vectorStoreId === "") {
    throw new ConfigurationError("uploadFolder: vectorStoreId must be the id of a vector store");
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ConfigurationError(
      `uploadFolder: concurrency must be a whole number from 1, not ${String(concurrency)}`,
    );
  }
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
