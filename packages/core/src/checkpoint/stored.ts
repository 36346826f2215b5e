/** Events as a store hands them back: of a schema version, maybe an older one, and not to be trusted yet. */
import { CheckpointError, SchemaVersionError } from "../errors/errors.ts";
import { durableEventSchema } from "../events/schema.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import { isRecord } from "../json/json.ts";
import { describeIssues } from "../messages/schema.ts";

/** An event as JSON gave it. */
export type RawEvent = Readonly<Record<string, unknown>>;
/** Makes an event of one schema version one of the next. One in, one out: sequences stay gapless. */
export type EventMigration = (event: RawEvent) => RawEvent;
/** By the version that each migrates *from*, to the one after it. */
export type EventMigrations = Readonly<Record<number, EventMigration>>;

/** Every step from an older schema version to today's. There is only one version yet. */
export const EVENT_MIGRATIONS: EventMigrations = Object.freeze({});

export interface StoredEventOrigin {
  readonly threadId: string;
  /** The version that the event was stored with. */
  readonly schemaVersion: number;
  /** Where it was found, for the message of an error: a file and line, a table and key. */
  readonly where?: string;
  /** Default: `EVENT_MIGRATIONS`. */
  readonly migrations?: EventMigrations;
}

/**
 * Refuses a schema version that this version of Locus cannot read.
 *
 * @throws SchemaVersionError naming both versions and what to do.
 */
export function checkSchemaVersion(threadId: string, found: number): void {
  if (found <= SCHEMA_VERSION) return;
  throw new SchemaVersionError(
    `thread "${threadId}" is stored with schema version ${found}; this version of Locus reads up to ${SCHEMA_VERSION}`,
    { hint: "Update @locus-sdk/core to the version that wrote the thread, or a later one." },
  );
}

/**
 * The event that a store holds as `value`: migrated to today's schema, checked, frozen.
 *
 * @throws SchemaVersionError for a version newer than ours, or older than any migration.
 * @throws CheckpointError for what is not an event, naming the member that does not fit.
 * @example
 * ```ts
 * import type { DurableEvent } from "@locus-sdk/core";
 * import { readStoredEvent } from "@locus-sdk/core/checkpoint";
 *
 * function fromRow(row: { thread_id: string; schema_version: number; event: string }): DurableEvent {
 *   const origin = { threadId: row.thread_id, schemaVersion: row.schema_version };
 *   return readStoredEvent(JSON.parse(row.event), origin);
 * }
 * ```
 */
export function readStoredEvent(value: unknown, origin: StoredEventOrigin): DurableEvent {
  checkSchemaVersion(origin.threadId, origin.schemaVersion);
  const parsed = durableEventSchema.safeParse(migrate(value, origin));
  if (parsed.success) return parsed.data;
  const where = origin.where === undefined ? "" : ` at ${origin.where}`;
  throw new CheckpointError(
    `thread "${origin.threadId}" holds what is not an event${where}: ${describeIssues(parsed.error)}`,
    { hint: "The stored data was changed from outside, or written by another version of Locus." },
  );
}

function migrate(value: unknown, origin: StoredEventOrigin): unknown {
  const { migrations = EVENT_MIGRATIONS, schemaVersion, threadId } = origin;
  let event = value;
  for (let version = schemaVersion; version < SCHEMA_VERSION; version += 1) {
    const step = migrations[version];
    if (step === undefined) {
      throw new SchemaVersionError(
        `thread "${threadId}" is stored with schema version ${schemaVersion}; no migration leads from ${version} to ${SCHEMA_VERSION}`,
        { hint: "Read and store the thread once with a version of @locus-sdk/core that knows both." },
      );
    }
    if (isRecord(event)) event = step(event);
  }
  return event;
}
