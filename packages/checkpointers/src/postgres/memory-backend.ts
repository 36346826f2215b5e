/** Memories as PostgreSQL keeps them: each call that writes is one statement. */
import type {
  EmbeddedRow,
  MemoryBackend,
  MemoryRow,
  RowDraft,
  RowPlace,
  RowScope,
  TextCandidates,
  VectorKind,
  Written,
} from "@locus-sdk/core/memory";
import { z } from "zod";
import { remembering } from "../shared/memory-failures.ts";
import { type Database, DURABLY } from "./database.ts";
import { memoriesIn } from "./memory-layout.ts";
import { COLUMNS, checkedRow, queryText, rowOf, scopeSql, vectorText } from "./memory-rows.ts";
import { count, Values } from "./rows.ts";

const writtenRow = z.object({ vector_model: z.string().nullable() });
const versionRow = z.object({ version: count });
const namespaceRow = z.object({ namespace: z.string() });
const termsRow = z.object({ terms: z.string() });
const statisticsRow = z.object({ total: count, words: count, frequencies: z.array(count) });
const vectorRow = z.object({ namespace: z.string(), key: z.string(), vector: z.instanceof(Uint8Array) });

export class PostgresRows implements MemoryBackend {
  readonly #database: Database;
  readonly #memories: string;

  constructor(database: Database) {
    this.#database = database;
    this.#memories = memoriesIn(database.tables);
  }

  async write(draft: RowDraft, ifVersion: number | undefined): Promise<Written | { readonly found: number }> {
    const values = new Values();
    const now = values.add(draft.now, "bigint");
    // Each is one statement, and so one step, whoever else writes.
    const [row] = await this.#query(
      `WITH written AS (${this.#writeSql(draft, ifVersion, now, values)})
       SELECT m.*, ${DURABLY} AS durable FROM written m`,
      values,
    );
    if (row === undefined) return { found: (await this.read(draft, draft.now))?.version ?? 0 };
    return { row: rowOf(row), vectorModel: checkedRow(writtenRow, row).vector_model };
  }

  #writeSql(draft: RowDraft, ifVersion: number | undefined, now: string, values: Values): string {
    const columns: Readonly<Record<string, string>> = {
      value: values.add(draft.value, "text"),
      metadata: values.add(draft.metadata, "text"),
      tags: values.add(draft.tags, "text"),
      terms: values.add(draft.terms.join(" "), "text"),
      words: values.add(draft.terms.length, "integer"),
      lexemes: values.add(vectorText(draft.terms), "tsvector"),
      updated_at: now,
      expires_at: values.add(draft.expiresAt, "bigint"),
    };
    const namespace = values.add(draft.namespace, "text");
    const key = values.add(draft.key, "text");
    const isAlive = `(m.expires_at IS NULL OR m.expires_at > ${now})`;
    const keeps = `(${isAlive} AND m.value = ${columns.value})`;
    const set = [
      ...Object.entries(columns).map(([name, value]) => `${name} = ${value}`),
      `version = CASE WHEN ${isAlive} THEN m.version + 1 ELSE 1 END`,
      `created_at = CASE WHEN ${isAlive} THEN m.created_at ELSE ${now} END`,
      ...["vector_model", "vector_size", "vector"].map(
        (name) => `${name} = CASE WHEN ${keeps} THEN m.${name} END`,
      ),
    ].join(", ");
    const returning = `RETURNING ${COLUMNS}, m.vector_model`;
    if (ifVersion !== undefined && ifVersion > 0) {
      return `UPDATE ${this.#memories} m SET ${set}
        WHERE m.namespace = ${namespace} AND m.key = ${key} AND ${isAlive}
        AND m.version = ${values.add(ifVersion, "bigint")} ${returning}`;
    }
    return `INSERT INTO ${this.#memories} AS m (namespace, key, version, created_at, ${Object.keys(columns).join(", ")})
      VALUES (${namespace}, ${key}, 1, ${now}, ${Object.values(columns).join(", ")})
      ON CONFLICT (namespace, key) DO UPDATE SET ${set}
      ${ifVersion === 0 ? `WHERE NOT ${isAlive}` : ""} ${returning}`;
  }

  async read(place: RowPlace, now: number): Promise<MemoryRow | undefined> {
    const values = new Values();
    const [row] = await this.#query(
      `SELECT ${COLUMNS} FROM ${this.#memories} m WHERE ${placeSql(place, values)}
       AND (m.expires_at IS NULL OR m.expires_at > ${values.add(now, "bigint")})`,
      values,
    );
    return row === undefined ? undefined : rowOf(row);
  }

  async remove(
    place: RowPlace,
    ifVersion: number | undefined,
    now: number,
  ): Promise<boolean | { readonly found: number }> {
    const values = new Values();
    const [row] = await this.#query(
      `WITH gone AS (
         DELETE FROM ${this.#memories} m WHERE ${placeSql(place, values)}
         AND (m.expires_at IS NULL OR m.expires_at > ${values.add(now, "bigint")})
         ${ifVersion === undefined ? "" : `AND m.version = ${values.add(ifVersion, "bigint")}`}
         RETURNING m.version)
       SELECT version, ${DURABLY} AS durable FROM gone`,
      values,
    );
    if (row !== undefined) return checkedRow(versionRow, row).version > 0;
    if (ifVersion === undefined) return false;
    const found = (await this.read(place, now))?.version ?? 0;
    return found === ifVersion ? false : { found };
  }

  async page(
    scope: RowScope,
    {
      prefix,
      after,
      limit,
    }: { readonly prefix: string; readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const values = new Values();
    const rows = await this.#query(
      `SELECT ${COLUMNS} FROM ${this.#memories} m WHERE ${scopeSql(scope, values, after)}
       AND starts_with(m.key, ${values.add(prefix, "text")})
       ORDER BY m.namespace, m.key LIMIT ${values.add(limit, "integer")}`,
      values,
    );
    return rows.map(rowOf);
  }

  async namespaces(
    scope: RowScope,
    { after = "", limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly string[]> {
    const values = new Values();
    const rows = await this.#query(
      `SELECT DISTINCT m.namespace FROM ${this.#memories} m WHERE ${scopeSql(scope, values)}
       AND m.namespace > ${values.add(after, "text")} ORDER BY m.namespace LIMIT ${values.add(limit, "integer")}`,
      values,
    );
    return rows.map((row) => checkedRow(namespaceRow, row).namespace);
  }

  async candidates(scope: RowScope, terms: readonly string[], limit: number): Promise<TextCandidates> {
    const counted = new Values();
    const counts = terms.map(
      (term) => `count(*) FILTER (WHERE m.lexemes @@ ${counted.add(queryText([term]), "tsquery")})`,
    );
    const [all] = await this.#query(
      `SELECT count(*) AS total, coalesce(sum(m.words), 0) AS words, ARRAY[${counts.join(", ")}]::integer[] AS frequencies
       FROM ${this.#memories} m WHERE ${scopeSql(scope, counted)}`,
      counted,
    );
    const { total, words, frequencies } = checkedRow(statisticsRow, all);
    const values = new Values();
    const query = values.add(queryText(terms), "tsquery");
    const rows = await this.#query(
      `SELECT ${COLUMNS}, m.terms FROM ${this.#memories} m WHERE m.lexemes @@ ${query} AND ${scopeSql(scope, values)}
       ORDER BY ts_rank(m.lexemes, ${query}, 1) DESC, m.namespace, m.key LIMIT ${values.add(limit, "integer")}`,
      values,
    );
    return {
      rows: rows.map((row) => [rowOf(row), checkedRow(termsRow, row).terms.split(" ")] as const),
      statistics: {
        total,
        averageWords: words / Math.max(total, 1),
        frequencies: new Map(terms.map((term, index) => [term, frequencies[index] ?? 0])),
      },
    };
  }

  async unembedded(
    scope: RowScope,
    { model, dimensions }: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const values = new Values();
    const rows = await this.#query(
      `SELECT ${COLUMNS} FROM ${this.#memories} m WHERE ${scopeSql(scope, values, after)} AND m.words > 0
       AND (m.vector_model IS DISTINCT FROM ${values.add(model, "text")}
         OR m.vector_size IS DISTINCT FROM ${values.add(dimensions, "integer")})
       ORDER BY m.namespace, m.key LIMIT ${values.add(limit, "integer")}`,
      values,
    );
    return rows.map(rowOf);
  }

  async setVectors({ model, dimensions }: VectorKind, rows: readonly EmbeddedRow[]): Promise<void> {
    const values = new Values();
    const column = (type: string, of: (row: EmbeddedRow) => unknown): string =>
      values.add(rows.map(of), `${type}[]`);
    await this.#query(
      `UPDATE ${this.#memories} m SET vector_model = ${values.add(model, "text")},
       vector_size = ${values.add(dimensions, "integer")}, vector = own.vector
       FROM unnest(${column("text", (row) => row.namespace)}, ${column("text", (row) => row.key)},
         ${column("bigint", (row) => row.version)}, ${column("bytea", (row) => Buffer.from(row.vector))})
         AS own (namespace, key, version, vector)
       WHERE m.namespace = own.namespace AND m.key = own.key AND m.version = own.version`,
      values,
    );
  }

  async vectors(
    scope: RowScope,
    { model, dimensions }: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly (RowPlace & { readonly vector: Uint8Array })[]> {
    const values = new Values();
    const rows = await this.#query(
      `SELECT m.namespace, m.key, m.vector FROM ${this.#memories} m WHERE ${scopeSql(scope, values, after)}
       AND m.vector_model = ${values.add(model, "text")} AND m.vector_size = ${values.add(dimensions, "integer")}
       ORDER BY m.namespace, m.key LIMIT ${values.add(limit, "integer")}`,
      values,
    );
    return rows.map((row) => checkedRow(vectorRow, row));
  }

  async vacuum(now: number): Promise<number> {
    const values = new Values();
    const [row] = await this.#query(
      `WITH gone AS (DELETE FROM ${this.#memories} WHERE expires_at <= ${values.add(now, "bigint")} RETURNING 1)
       SELECT count(*) AS version FROM gone`,
      values,
    );
    return checkedRow(versionRow, row).version;
  }

  close(): Promise<void> {
    return remembering(this.#database.close());
  }

  #query(text: string, values: Values): Promise<readonly unknown[]> {
    return remembering(this.#database.query(text, values.list));
  }
}

function placeSql({ namespace, key }: RowPlace, values: Values): string {
  return `m.namespace = ${values.add(namespace, "text")} AND m.key = ${values.add(key, "text")}`;
}
