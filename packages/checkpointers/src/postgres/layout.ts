/** The tables: which there are, how they are made, and that they are of a layout this version knows. */
import { ConfigurationError, SchemaVersionError } from "@locus-sdk/core";
import { z } from "zod";
import { HEAD_LENGTH } from "./text.ts";

/** Names as they stand in SQL. */
export interface Tables {
  /** As it was given. */
  readonly schemaName: string;
  readonly schema: string;
  readonly layout: string;
  readonly threads: string;
  readonly events: string;
  readonly snapshots: string;
  readonly leases: string;
  /** The sequence that fences come from, as a literal. */
  readonly fences: string;
}

/** Grows with every change of the tables; a step for each leads here. */
const LAYOUT_VERSION = 1;
/** PostgreSQL cuts longer names off. */
const MAX_NAME_BYTES = 63;

/** @throws ConfigurationError for what cannot be the name of a schema. */
export function tablesIn(schema: string, owner = "PostgresCheckpointer"): Tables {
  if (schema === "" || schema.includes("\0") || Buffer.byteLength(schema) > MAX_NAME_BYTES) {
    throw new ConfigurationError(
      `${owner}: schema must be a name of 1 to ${MAX_NAME_BYTES} bytes, not ${JSON.stringify(schema)}`,
    );
  }
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return {
    schemaName: schema,
    schema: quoted,
    layout: `${quoted}.layout`,
    threads: `${quoted}.threads`,
    events: `${quoted}.events`,
    snapshots: `${quoted}.snapshots`,
    leases: `${quoted}.leases`,
    fences: `${literal(`${quoted}.fences`)}::regclass`,
  };
}

const literal = (text: string): string =>
  text.includes("\\")
    ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;

/**
 * Timestamps are kept as the events told them; `updated_ms` is the same in epoch milliseconds. `sealed` takes the place of
 * `metadata` and `agent` where the store encrypts. `key_id` names the key of a payload.
 */
function createSql(t: Tables): string {
  return `
    CREATE SCHEMA IF NOT EXISTS ${t.schema};
    CREATE TABLE ${t.layout} (version integer NOT NULL);
    CREATE TABLE ${t.threads} (
      key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      digest bytea NOT NULL UNIQUE,
      id text COLLATE "C" NOT NULL,
      version bigint NOT NULL,
      schema_version integer NOT NULL,
      created_at text NOT NULL,
      updated_at text NOT NULL,
      updated_ms bigint NOT NULL,
      metadata jsonb,
      agent text,
      sealed text
    );
    CREATE INDEX threads_order ON ${t.threads} (left(id, ${HEAD_LENGTH}));
    CREATE INDEX threads_metadata ON ${t.threads} USING gin (metadata jsonb_path_ops);
    CREATE INDEX threads_sealed ON ${t.threads} (key) WHERE sealed IS NOT NULL;
    CREATE TABLE ${t.events} (
      thread bigint NOT NULL REFERENCES ${t.threads} ON DELETE CASCADE,
      sequence bigint NOT NULL,
      schema_version integer NOT NULL,
      opens_run boolean NOT NULL,
      key_id text,
      payload text NOT NULL,
      PRIMARY KEY (thread, sequence)
    );
    CREATE TABLE ${t.snapshots} (
      thread bigint NOT NULL REFERENCES ${t.threads} ON DELETE CASCADE,
      version bigint NOT NULL,
      base bigint,
      schema_version integer NOT NULL,
      key_id text,
      payload text NOT NULL,
      PRIMARY KEY (thread, version)
    );
    CREATE TABLE ${t.leases} (
      digest bytea PRIMARY KEY,
      fence bigint NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE SEQUENCE ${t.schema}.fences;
    INSERT INTO ${t.layout} VALUES (${LAYOUT_VERSION});`;
}

type Query = (text: string, values?: unknown[]) => Promise<readonly unknown[]>;

const layoutRow = z.tuple([z.object({ version: z.coerce.number() })]);
const encodingRow = z.tuple([z.object({ server_encoding: z.string() })]);

/** Whether the tables are there; any number of processes may ask at once. */
export async function isLaidOut(query: Query, t: Tables): Promise<boolean> {
  // Not by to_regclass: what it has once not found it may remember throughout a transaction.
  const found = await query("SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'layout'", [
    t.schemaName,
  ]);
  if (found.length === 0) return false;
  const [{ version }] = layoutRow.parse(await query(`SELECT version FROM ${t.layout}`));
  if (version <= LAYOUT_VERSION) return true;
  throw new SchemaVersionError(
    `the tables in the schema ${t.schema} have layout ${version}; this version of Locus knows up to ${LAYOUT_VERSION}`,
    { hint: "Update @locus-sdk/checkpointers to the version that made the tables, or a later one." },
  );
}

/** Makes the tables, in a transaction: of many who try, one does, and the others find them. */
export async function layOut(query: Query, t: Tables): Promise<void> {
  await query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext('locus layout'))", [t.schema]);
  if (await isLaidOut(query, t)) return;
  const [{ server_encoding: encoding }] = encodingRow.parse(await query("SHOW server_encoding"));
  if (encoding !== "UTF8") {
    throw new ConfigurationError(`PostgresCheckpointer needs a database in UTF8, not ${encoding}`, {
      hint: "Make one with: CREATE DATABASE locus ENCODING 'UTF8' TEMPLATE template0",
    });
  }
  await query(createSql(t));
}
