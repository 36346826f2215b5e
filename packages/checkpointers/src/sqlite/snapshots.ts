/** Snapshots as rows. */
import { type AgentState, SCHEMA_VERSION, type SnapshotDraft } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { encodeSnapshot, restoreNewest, type SnapshotLink } from "../shared/snapshots.ts";
import { integer, text } from "./columns.ts";
import type { Statements } from "./database.ts";

export interface SnapshotRow extends SnapshotLink {
  readonly schemaVersion: number;
  readonly payload: string;
}

export function insertSnapshot(sql: Statements, key: number, row: SnapshotRow): void {
  sql.run(
    "INSERT INTO snapshots (thread, version, schema_version, base, payload) VALUES (?, ?, ?, ?, ?)",
    key,
    row.version,
    row.schemaVersion,
    row.base ?? null,
    row.payload,
  );
}

export function storeSnapshot(sql: Statements, codec: PayloadCodec, key: number, draft: SnapshotDraft): void {
  const hasBase = (version: number): boolean =>
    sql.get(
      "SELECT 1 FROM snapshots WHERE thread = ? AND version = ? AND schema_version = ?",
      key,
      version,
      SCHEMA_VERSION,
    ) !== undefined;
  insertSnapshot(sql, key, { schemaVersion: SCHEMA_VERSION, ...encodeSnapshot(codec, draft, hasBase) });
}

/** The versions of a thread's snapshots up to `upTo`, as far as this version of Locus can restore them. */
export function linksOf(sql: Statements, key: number, upTo: number): readonly SnapshotLink[] {
  const rows = sql.all(
    "SELECT version, base FROM snapshots WHERE thread = ? AND version <= ? AND schema_version = ?",
    key,
    upTo,
    SCHEMA_VERSION,
  );
  return rows.map((row) => ({
    version: integer(row, "version"),
    ...(row.base === null ? {} : { base: integer(row, "base") }),
  }));
}

/** The newest state up to `upTo` that a thread's snapshots tell. */
export function newestState(
  sql: Statements,
  codec: PayloadCodec,
  thread: { readonly key: number; readonly threadId: string },
  upTo: number,
): AgentState | undefined {
  return restoreNewest(codec, thread.threadId, linksOf(sql, thread.key, upTo), (version) =>
    payloadOf(sql, thread.key, version),
  );
}

/** One at a time: a snapshot may be large. */
export function* snapshotRows(
  sql: Statements,
  key: number,
  upTo: number,
): Generator<SnapshotRow, void, undefined> {
  for (const link of linksOf(sql, key, upTo)) {
    const payload = payloadOf(sql, key, link.version);
    if (payload !== undefined) yield { ...link, schemaVersion: SCHEMA_VERSION, payload };
  }
}

function payloadOf(sql: Statements, key: number, version: number): string | undefined {
  const row = sql.get("SELECT payload FROM snapshots WHERE thread = ? AND version = ?", key, version);
  return row === undefined ? undefined : text(row, "payload");
}
