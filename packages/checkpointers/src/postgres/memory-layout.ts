/** The table of memories, in the schema of threads or another, and that it is of a layout this version knows. */
import { ConfigurationError, SchemaVersionError } from "@locus-sdk/core";
import { z } from "zod";
import type { Layout, Query } from "./database.ts";
import type { Tables } from "./layout.ts";

/** Grows with every change of the table; a step for each leads here. */
const LAYOUT_VERSION = 1;

/** The table's name, as it stands in SQL. */
export const memoriesIn = ({ schema }: Tables): string => `${schema}.memories`;
const layoutIn = ({ schema }: Tables): string => `${schema}.memories_layout`;

/**
 * Names are as `encodeNamespace` writes them: text without NUL, whose order, in the collation "C", is that of its bytes. JSON is
 * text: `jsonb` would refuse some of it.
 */
function createSql(t: Tables): string {
  return `
    CREATE SCHEMA IF NOT EXISTS ${t.schema};
    CREATE TABLE ${layoutIn(t)} (version integer NOT NULL);
    CREATE TABLE ${memoriesIn(t)} (
      namespace text COLLATE "C" NOT NULL,
      key text COLLATE "C" NOT NULL,
      value text NOT NULL,
      metadata text NOT NULL,
      tags text NOT NULL,
      terms text NOT NULL,
      words integer NOT NULL,
      lexemes tsvector NOT NULL,
      version bigint NOT NULL,
      created_at bigint NOT NULL,
      updated_at bigint NOT NULL,
      expires_at bigint,
      vector_model text,
      vector_size integer,
      vector bytea,
      PRIMARY KEY (namespace, key)
    );
    CREATE INDEX memories_lexemes ON ${memoriesIn(t)} USING gin (lexemes);
    CREATE INDEX memories_expiry ON ${memoriesIn(t)} (expires_at) WHERE expires_at IS NOT NULL;
    INSERT INTO ${layoutIn(t)} VALUES (${LAYOUT_VERSION});`;
}

const layoutRow = z.tuple([z.object({ version: z.coerce.number() })]);
const encodingRow = z.tuple([z.object({ server_encoding: z.string() })]);

async function isLaidOut(query: Query, t: Tables): Promise<boolean> {
  const found = await query("SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'memories_layout'", [
    t.schemaName,
  ]);
  if (found.length === 0) return false;
  const [{ version }] = layoutRow.parse(await query(`SELECT version FROM ${layoutIn(t)}`));
  if (version <= LAYOUT_VERSION) return true;
  throw new SchemaVersionError(
    `the table of memories in the schema ${t.schema} has layout ${version}; this version of Locus knows up to ${LAYOUT_VERSION}`,
    { hint: "Update @locus-sdk/checkpointers to the version that made the table, or a later one." },
  );
}

/** Made in a transaction: of many who try, one does, and the others find it. */
async function layOut(query: Query, t: Tables): Promise<void> {
  // The same lock as for threads: both may have to make the schema.
  await query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext('locus layout'))", [t.schema]);
  if (await isLaidOut(query, t)) return;
  const [{ server_encoding: encoding }] = encodingRow.parse(await query("SHOW server_encoding"));
  if (encoding !== "UTF8") {
    throw new ConfigurationError(`PostgresMemoryStore needs a database in UTF8, not ${encoding}`, {
      hint: "Make one with: CREATE DATABASE locus ENCODING 'UTF8' TEMPLATE template0",
    });
  }
  await query(createSql(t));
}

export const MEMORY_LAYOUT: Layout = { isLaidOut, layOut };
