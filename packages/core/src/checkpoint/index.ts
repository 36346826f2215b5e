/** For authors of checkpointers: the rules that every store keeps, as functions. */
export {
  checkBatch,
  checkFork,
  checkQuery,
  checkRange,
  checkThreadId,
  compareThreadIds,
  conflictError,
  type EventFacts,
  forkExistsError,
  leaseLostError,
  matchesMetadata,
  missingError,
  selectThreadIds,
  summarize,
  withThreadId,
} from "./contract.ts";
export { type EncryptionOptions, type PayloadCodec, payloadCodec } from "./encryption.ts";
export { hasOutlived, LEASE_MS, timeToLive } from "./lifetime.ts";
export { restoreSnapshot, type SnapshotRecord, snapshotDraft, snapshotRecord } from "./snapshot.ts";
export {
  checkSchemaVersion,
  EVENT_MIGRATIONS,
  type EventMigration,
  type EventMigrations,
  type RawEvent,
  readStoredEvent,
  type StoredEventOrigin,
} from "./stored.ts";
export type * from "./types.ts";
