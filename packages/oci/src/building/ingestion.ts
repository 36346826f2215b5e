/** Waiting for vector stores to be made, and for the files in them to be taken in. */
import { ConfigurationError, ServerStateLostError, TimeoutError } from "@locus-sdk/core";
import type OpenAI from "openai";
import type { VectorStoreFile } from "openai/resources/vector-stores/files";
import type { VectorStore } from "openai/resources/vector-stores/vector-stores";
import { z } from "zod";
import { checked, sent } from "../control/fields.ts";
import { inTime } from "../waiting.ts";
import { fileBatch, fileInStore, read, storeFacts, vectorStore } from "./answers.ts";
import { callback, patience, signalOption } from "./options.ts";
import { type Patience, poll, TIMEOUT_MS } from "./polling.ts";
import { answered, asked, isMissing, listed, type Told } from "./service-error.ts";

/** What waiting asks: the client of `createOciOpenAI()` has it, and so has `createOciGenAI()`. */
export type VectorStoreClient = Pick<OpenAI, "vectorStores">;

/** What became of a file in a vector store. */
export interface IngestedFile {
  readonly fileId: string;
  /** `missing`: the store does not hold it. */
  readonly status: VectorStoreFile["status"] | "missing";
  /** Why it failed, as the service tells it. */
  readonly lastError?: { readonly code: string; readonly message: string };
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** How far it is. */
export interface IngestionProgress {
  readonly done: number;
  readonly total: number;
}

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

const PAGE = 100;
/** States in which nothing of a batch goes on. */
const BATCH_ENDS: readonly string[] = ["completed", "failed", "cancelled"];
/** So few files are asked for one by one; more are read from the store's list. */
const FEW = 4;

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

interface Looking {
  readonly vectorStoreId: string;
  readonly pollMs?: number | undefined;
  readonly signal: AbortSignal;
}

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
  let left: number | undefined;
  const onProgress = (progress: IngestionProgress): void => {
    left = progress.total - progress.done;
    options.onProgress?.(progress);
  };
  const late = (): TimeoutError =>
    left === undefined
      ? notReady(vectorStoreId, timeoutMs)
      : new TimeoutError(`${left} files are still being taken in by vector store ${vectorStoreId}`, {
          hint: "Wait longer (`timeoutMs`), or again.",
        });
  return inTime({ timeoutMs, signal: options.signal, late }, async (signal) => {
    const looking = { vectorStoreId, pollMs, signal };
    await readyStore(client, looking);
    return batchId === undefined
      ? await followFiles(client, { ...looking, wanted: fileIds, onProgress })
      : await followBatch(client, { ...looking, batchId, onProgress });
  });
}

interface Following extends Looking {
  readonly wanted: readonly string[] | undefined;
  readonly onProgress?: ((progress: IngestionProgress) => void) | undefined;
  /** Told of each file whenever its status was read. */
  readonly onFile?: ((file: IngestedFile) => void) | undefined;
}

/** Follows files until none of them is in progress, or the signal aborts. */
export async function followFiles(
  client: VectorStoreClient,
  following: Following,
): Promise<readonly IngestedFile[]> {
  const { vectorStoreId, wanted, onProgress, onFile, signal } = following;
  const found = new Map<string, IngestedFile>();
  let pending = wanted === undefined ? undefined : new Set(wanted);
  await poll(async () => {
    const seen = await statusesOf(client, { vectorStoreId, wanted: pending, signal });
    for (const file of seen) {
      found.set(file.fileId, file);
      onFile?.(file);
    }
    pending = new Set(seen.filter(({ status }) => status === "in_progress").map(({ fileId }) => fileId));
    onProgress?.({ done: found.size - pending.size, total: found.size });
    return pending.size === 0 ? true : undefined;
  }, following);
  const files = wanted === undefined ? [...found.values()] : [...new Set(wanted)].map((id) => found.get(id));
  return files.filter((file) => file !== undefined);
}

interface FollowingBatch extends Looking {
  readonly batchId: string;
  readonly onProgress: (progress: IngestionProgress) => void;
}

async function followBatch(
  client: VectorStoreClient,
  following: FollowingBatch,
): Promise<readonly IngestedFile[]> {
  const { vectorStoreId, batchId, onProgress, signal } = following;
  const { fileBatches } = client.vectorStores;
  const told = { what: `file batch ${batchId} of vector store ${vectorStoreId}`, signal };
  const params = { vector_store_id: vectorStoreId };
  await poll(async () => {
    const { status, file_counts } = await answered(told, fileBatch, () =>
      fileBatches.retrieve(batchId, params, { signal }),
    );
    if (file_counts !== undefined) {
      const { total, in_progress } = file_counts;
      onProgress({ done: total - in_progress, total });
    }
    return BATCH_ENDS.includes(status) ? true : undefined;
  }, following);
  const files: IngestedFile[] = [];
  const list = listed(told, fileInStore, (from) =>
    fileBatches.listFiles(batchId, { ...params, ...from, limit: PAGE }, { signal }),
  );
  for await (const file of list) files.push(describe(file));
  return files;
}

interface Asked {
  readonly vectorStoreId: string;
  /** By default all files. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly signal: AbortSignal;
}

/** The present status of each wanted file. */
async function statusesOf(
  client: VectorStoreClient,
  { vectorStoreId, wanted, signal }: Asked,
): Promise<readonly IngestedFile[]> {
  if (wanted !== undefined && wanted.size <= FEW) {
    return Promise.all([...wanted].map((id) => oneFile(client, { vectorStoreId, signal }, id)));
  }
  const left = wanted && new Set(wanted);
  const found: IngestedFile[] = [];
  for await (const file of filesOf(client, { vectorStoreId, signal })) {
    if (left?.delete(file.fileId) ?? true) found.push(file);
    if (left?.size === 0) break;
  }
  // A list may lag behind what was just put in; and each of these is asked for once only, unless it is there.
  for (const id of left ?? []) found.push(await oneFile(client, { vectorStoreId, signal }, id));
  return found;
}

type Where = Pick<Asked, "vectorStoreId" | "signal">;

const about = ({ vectorStoreId, signal }: Where): Told => ({
  what: `files of vector store ${vectorStoreId}`,
  signal,
});

/** The files of a store, the newest first. */
export async function* filesOf(client: VectorStoreClient, where: Where): AsyncGenerator<IngestedFile, void> {
  const { vectorStoreId, signal } = where;
  const { files } = client.vectorStores;
  const list = listed(about(where), fileInStore, (from) =>
    files.list(vectorStoreId, { limit: PAGE, order: "desc", ...from }, { signal }),
  );
  for await (const file of list) yield describe(file);
}

async function oneFile(client: VectorStoreClient, where: Where, fileId: string): Promise<IngestedFile> {
  const params = { vector_store_id: where.vectorStoreId };
  const { files } = client.vectorStores;
  const { signal } = where;
  try {
    const file = await answered(about(where), fileInStore, () => files.retrieve(fileId, params, { signal }));
    return { ...describe(file), fileId };
  } catch (error) {
    if (isMissing(error)) return { fileId, status: "missing" };
    throw error;
  }
}

function describe({ id, status, last_error, attributes }: VectorStoreFile): IngestedFile {
  return {
    fileId: id,
    status,
    ...(last_error ? { lastError: { code: last_error.code, message: last_error.message } } : {}),
    ...(attributes ? { attributes } : {}),
  };
}
