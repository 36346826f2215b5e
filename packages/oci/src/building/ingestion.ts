/** Waiting for vector stores to be made, and for the files in them to be taken in. */
import { ConfigurationError, ServerStateLostError, TimeoutError } from "@locus-sdk/core";
import type { VectorStore } from "openai/resources/vector-stores/vector-stores";
import { z } from "zod";
import { checked, sent } from "../control/fields.ts";
import { inTime } from "../waiting.ts";
import { read, storeFacts, vectorStore } from "./answers.ts";
import { callback, patience, signalOption } from "./options.ts";
import { type Patience, poll, TIMEOUT_MS } from "./polling.ts";
import { asked } from "./service-error.ts";
import {
  followBatch,
  followFiles,
  type IngestedFile,
  type IngestionProgress,
  type Looking,
  type VectorStoreClient,
} from "./store-files.ts";

/** What to wait for, and how patiently. */
export interface IngestionOptions extends Patience {
  readonly vectorStoreId: string;
  /** Wait for these files; by default for all that are in the store. */
  readonly fileIds?: readonly string[] | undefined;
  /** Wait for the files of this batch; not together with `fileIds`. */
  readonly batchId?: string | undefined;
  readonly onProgress?: ((progress: IngestionProgress) => void) | undefined;
}

const storeOptions = sent.object<Patience & { readonly vectorStoreId: string }>({
  vectorStoreId: sent.id,
  ...patience,
  signal: signalOption,
});
const ingestionOptions = sent.object<IngestionOptions>({
  vectorStoreId: sent.id,
  fileIds: z.array(z.string()).optional(),
  batchId: sent.id.optional(),
  onProgress: callback<(progress: IngestionProgress) => void>(),
  ...patience,
  signal: signalOption,
});

/**
 * Waits until a new store can take files in: until it is no longer `in_progress`, or has files of its own already.
 *
 * @throws ServerStateLostError where it has expired, TimeoutError where it takes longer than `timeoutMs`, and typed
 *   errors where the service refuses.
 * @example
 * ```ts
 * import { createOciGenAI, waitForVectorStore } from "@locus-sdk/oci";
 *
 * const genai = createOciGenAI();
 * const { id } = await genai.vectorStores.create({ name: "handbook" });
 * await waitForVectorStore(genai, { vectorStoreId: id });
 * ```
 */
export async function waitForVectorStore(
  client: VectorStoreClient,
  options: Patience & { readonly vectorStoreId: string },
): Promise<VectorStore> {
  checked("waitForVectorStore", storeOptions, options);
  const { vectorStoreId, timeoutMs = TIMEOUT_MS, signal } = options;
  const late = (): TimeoutError => notReady(vectorStoreId, timeoutMs);
  return inTime({ timeoutMs, signal, late }, (limit) =>
    readyStore(client, { vectorStoreId, pollMs: options.pollMs, signal: limit }),
  );
}

const notReady = (vectorStoreId: string, timeoutMs: number): TimeoutError =>
  new TimeoutError(`vector store ${vectorStoreId} was not ready within ${timeoutMs} ms`, {
    hint: "Wait longer (`timeoutMs`), or create another one.",
  });

async function readyStore(client: VectorStoreClient, looking: Looking): Promise<VectorStore> {
  const { vectorStoreId, signal } = looking;
  const told = { what: `vector store ${vectorStoreId}`, signal };
  const ready = await poll(async () => {
    const store = await asked(told, () => client.vectorStores.retrieve(vectorStoreId, { signal }));
    const { status } = read(told.what, vectorStore, store);
    const { file_counts } = read(told.what, storeFacts, store);
    // A store that takes files in is in progress too, and can be given more.
    return status === "in_progress" && (file_counts?.total ?? 0) === 0 ? undefined : store;
  }, looking);
  if (ready.status === "expired") {
    throw new ServerStateLostError(`vector store ${vectorStoreId} has expired`, {
      code: "vector_store_expired",
      hint: "Create another one and upload the files again; `expires_after` says how long one lives.",
    });
  }
  return ready;
}

/**
 * Waits until files are taken in, and tells what became of each: a file that failed rejects nothing, its status and
 * `lastError` say so. Asks for the store's list in pages, not for file after file.
 *
 * @throws TimeoutError when `timeoutMs` have passed; CancelledError when the signal aborts; typed errors where the
 *   service refuses.
 * @example
 * ```ts
 * import { createOciGenAI, waitForIngestion } from "@locus-sdk/oci";
 *
 * const files = await waitForIngestion(createOciGenAI(), { vectorStoreId: "vs_1", fileIds: ["file-1", "file-2"] });
 * for (const { fileId, status, lastError } of files) {
 *   if (status !== "completed") process.stderr.write(`${fileId}: ${lastError?.message ?? status}\n`);
 * }
 * ```
 */
export async function waitForIngestion(
  client: VectorStoreClient,
  options: IngestionOptions,
): Promise<readonly IngestedFile[]> {
  checked("waitForIngestion", ingestionOptions, options);
  if (options.batchId !== undefined && options.fileIds !== undefined) {
    throw new ConfigurationError("waitForIngestion: give `fileIds` or `batchId`, not both");
  }
  const { vectorStoreId, batchId, fileIds, pollMs, timeoutMs = TIMEOUT_MS } = options;
  let isReady = false;
  let left: number | undefined;
  const onProgress = (progress: IngestionProgress): void => {
    left = progress.total - progress.done;
    options.onProgress?.(progress);
  };
  const late = (): TimeoutError =>
    isReady
      ? new TimeoutError(
          `${left ?? "some"} files are still being taken in by vector store ${vectorStoreId}`,
          {
            hint: "Wait longer (`timeoutMs`), or again.",
          },
        )
      : notReady(vectorStoreId, timeoutMs);
  return inTime({ timeoutMs, signal: options.signal, late }, async (signal) => {
    const looking = { vectorStoreId, pollMs, signal };
    await readyStore(client, looking);
    isReady = true;
    return batchId === undefined
      ? await followFiles(client, { ...looking, wanted: fileIds, onProgress })
      : await followBatch(client, { ...looking, batchId, onProgress });
  });
}
