/** Waiting for vector stores to be made, and for the files in them to be taken in. */
import { ConfigurationError, ServerStateLostError, TimeoutError } from "@locus-sdk/core";
import type OpenAI from "openai";
import type { VectorStoreFile } from "openai/resources/vector-stores/files";
import type { VectorStore } from "openai/resources/vector-stores/vector-stores";
import { type Patience, poll } from "./polling.ts";
import { asked, isMissing, listed, type Told, within } from "./service-error.ts";

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

const PAGE = 100;
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
  { vectorStoreId, ...patience }: Patience & { readonly vectorStoreId: string },
): Promise<VectorStore> {
  const { signal } = patience;
  const told = { what: `vector store ${vectorStoreId}`, signal };
  const ready = await poll(async () => {
    const store = await asked(told, () => client.vectorStores.retrieve(vectorStoreId, within(signal)));
    // A store that takes files in is in progress too, and can be given more.
    return store.status === "in_progress" && store.file_counts.total === 0 ? undefined : store;
  }, patience);
  if (ready === undefined) {
    throw new TimeoutError(`vector store ${vectorStoreId} is still being made`, {
      hint: "Wait longer (`timeoutMs`), or create another one.",
    });
  }
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
  if (options.batchId !== undefined && options.fileIds !== undefined) {
    throw new ConfigurationError("waitForIngestion: give `fileIds` or `batchId`, not both");
  }
  const { vectorStoreId, batchId, fileIds, pollMs, timeoutMs, signal } = options;
  await waitForVectorStore(client, { vectorStoreId, pollMs, timeoutMs, signal });
  const done =
    batchId === undefined
      ? await followFiles(client, { ...options, wanted: fileIds })
      : await followBatch(client, { ...options, batchId });
  if (done.pending === 0) return done.files;
  throw new TimeoutError(`${done.pending} files are still being taken in by vector store ${vectorStoreId}`, {
    hint: "Wait longer (`timeoutMs`), or again.",
  });
}

/** What is known when waiting has ended, however it ended. */
export interface Followed {
  readonly files: readonly IngestedFile[];
  readonly pending: number;
}

interface Following extends Patience {
  readonly vectorStoreId: string;
  readonly wanted: readonly string[] | undefined;
  readonly onProgress?: ((progress: IngestionProgress) => void) | undefined;
  /** Told of each file whenever its status was read. */
  readonly onFile?: ((file: IngestedFile) => void) | undefined;
}

/** Follows files until none of them is in progress, or time runs out. */
export async function followFiles(client: VectorStoreClient, following: Following): Promise<Followed> {
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
  return { files: files.filter((file) => file !== undefined), pending: pending?.size ?? 0 };
}

async function followBatch(
  client: VectorStoreClient,
  options: IngestionOptions & { readonly batchId: string },
): Promise<Followed> {
  const { vectorStoreId, batchId, onProgress, signal } = options;
  const { fileBatches } = client.vectorStores;
  const told = { what: `file batch ${batchId} of vector store ${vectorStoreId}`, signal };
  const params = { vector_store_id: vectorStoreId };
  let pending = 0;
  const ended = await poll(async () => {
    const batch = await asked(told, () => fileBatches.retrieve(batchId, params, within(signal)));
    const { total, in_progress } = batch.file_counts;
    pending = in_progress;
    onProgress?.({ done: total - in_progress, total });
    return batch.status === "in_progress" ? undefined : batch;
  }, options);
  if (ended === undefined) return { files: [], pending };
  const files: IngestedFile[] = [];
  const list = listed(told, () => fileBatches.listFiles(batchId, { ...params, limit: PAGE }, within(signal)));
  for await (const file of list) files.push(describe(file));
  return { files, pending: 0 };
}

interface Asked {
  readonly vectorStoreId: string;
  /** By default all files. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly signal: AbortSignal | undefined;
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
  const pages = (): AsyncIterable<VectorStoreFile> =>
    files.list(vectorStoreId, { limit: PAGE, order: "desc" }, within(signal));
  for await (const file of listed(about(where), pages)) yield describe(file);
}

async function oneFile(client: VectorStoreClient, where: Where, fileId: string): Promise<IngestedFile> {
  const params = { vector_store_id: where.vectorStoreId };
  const { files } = client.vectorStores;
  try {
    return describe(await asked(about(where), () => files.retrieve(fileId, params, within(where.signal))));
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
