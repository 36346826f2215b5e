/** The files of a vector store: what became of them, asked for until nothing goes on any more. */
import type OpenAI from "openai";
import type { VectorStoreFile } from "openai/resources/vector-stores/files";
import { fileBatch, fileInStore } from "./answers.ts";
import { poll } from "./polling.ts";
import { answered, isMissing, listed, type Told } from "./service-error.ts";

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

/** Which store is looked at, and how. */
export interface Looking {
  readonly vectorStoreId: string;
  readonly pollMs?: number | undefined;
  readonly signal: AbortSignal;
}

const PAGE = 100;
/** States in which nothing of a batch goes on. */
const BATCH_ENDS: readonly string[] = ["completed", "failed", "cancelled"];
/** So few files are asked for one by one; more are read from the store's list. */
const FEW = 4;

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

/** Follows a batch until nothing of it goes on, or the signal aborts. */
export async function followBatch(
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
