// Vector stores, their files and batches as they go over the wire.
import type { JsonObject } from "../json.ts";
import { type StoreFile, type Tally, totalOf } from "./store-files.ts";
import type { Batch, VectorStore } from "./vector-store.ts";

const seconds = (ms: number): number => Math.floor(ms / 1000);

const countsOf = (tally: Tally): JsonObject => ({ ...tally, total: totalOf(tally) });

export function storeObject(store: VectorStore, nowMs: number): JsonObject {
  const { name, description, metadata, expiresAfterDays } = store.details;
  const expires =
    expiresAfterDays === undefined
      ? {}
      : { expires_after: { anchor: "last_active_at", days: expiresAfterDays } };
  return {
    id: store.id,
    object: "vector_store",
    created_at: seconds(store.createdMs),
    name,
    description,
    usage_bytes: store.usageBytes,
    file_counts: countsOf(store.tally),
    status: store.statusAt(nowMs),
    ...expires,
    expires_at: store.expiresMs === undefined ? null : seconds(store.expiresMs),
    last_active_at: seconds(store.lastActiveMs),
    metadata,
  };
}

export const fileObject = (file: StoreFile, store: VectorStore): JsonObject => ({
  id: file.id,
  object: "vector_store.file",
  created_at: seconds(file.createdMs),
  vector_store_id: store.id,
  status: file.status,
  last_error: file.lastError === null ? null : { ...file.lastError },
  usage_bytes: file.status === "completed" ? file.source.bytes.byteLength : 0,
  attributes: file.attributes,
  chunking_strategy: {
    type: "static",
    static: {
      max_chunk_size_tokens: file.chunking.maxTokens,
      chunk_overlap_tokens: file.chunking.overlapTokens,
    },
  },
});

export function batchObject(batch: Batch, store: VectorStore): JsonObject {
  const status = batch.tally.in_progress > 0 ? "in_progress" : batch.cancelled ? "cancelled" : "completed";
  return {
    id: batch.id,
    object: "vector_store.files_batch",
    created_at: seconds(batch.createdMs),
    vector_store_id: store.id,
    status,
    file_counts: countsOf(batch.tally),
  };
}
