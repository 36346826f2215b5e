/** Memories as a SQLite file keeps them: one short transaction for each call that writes. */
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
import { remembering } from "../shared/memory-failures.ts";
import type { SqliteDatabase, Statements } from "./database.ts";
import { COLUMNS, places, readVectorRow, rowOf, scopeOf, textQuery, wordsOf } from "./memory-rows.ts";

export class SqliteRows implements MemoryBackend {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  write(draft: RowDraft, ifVersion: number | undefined): Promise<Written | { readonly found: number }> {
    return this.#write("write a memory", (sql) => {
      const before = sql.get(
        `SELECT ${COLUMNS}, vector_model FROM memories WHERE namespace = ? AND key = ?
         AND (expires_at IS NULL OR expires_at > ?)`,
        draft.namespace,
        draft.key,
        draft.now,
      );
      const old = before === undefined ? undefined : rowOf(before);
      const found = old?.version ?? 0;
      if (ifVersion !== undefined && ifVersion !== found) return { found };
      const { namespace, key, value, metadata, tags, terms, now, expiresAt } = draft;
      const keeps = old?.value === value;
      const row: MemoryRow = {
        namespace,
        key,
        value,
        metadata,
        version: found + 1,
        createdAt: old?.createdAt ?? now,
        updatedAt: now,
        expiresAt,
      };
      sql.run(
        `INSERT INTO memories (namespace, key, value, metadata, tags, places, terms, words, version, created_at, updated_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (namespace, key) DO UPDATE SET
           value = excluded.value, metadata = excluded.metadata, tags = excluded.tags, places = excluded.places,
           terms = excluded.terms, words = excluded.words, version = excluded.version,
           created_at = excluded.created_at, updated_at = excluded.updated_at, expires_at = excluded.expires_at`,
        namespace,
        key,
        value,
        metadata,
        tags,
        places(namespace),
        terms.join(" "),
        terms.length,
        row.version,
        row.createdAt,
        now,
        expiresAt,
      );
      if (!keeps) {
        sql.run(
          "UPDATE memories SET vector_model = NULL, vector_size = NULL, vector = NULL WHERE namespace = ? AND key = ?",
          namespace,
          key,
        );
      }
      const model = before?.vector_model;
      return { row, vectorModel: keeps && typeof model === "string" ? model : null };
    });
  }

  read({ namespace, key }: RowPlace, now: number): Promise<MemoryRow | undefined> {
    return this.#read("read a memory", (sql) => {
      const row = sql.get(
        `SELECT ${COLUMNS} FROM memories WHERE namespace = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)`,
        namespace,
        key,
        now,
      );
      return row === undefined ? undefined : rowOf(row);
    });
  }

  remove(
    { namespace, key }: RowPlace,
    ifVersion: number | undefined,
    now: number,
  ): Promise<boolean | { readonly found: number }> {
    return this.#write("delete a memory", (sql) => {
      const row = sql.get(
        "SELECT version FROM memories WHERE namespace = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)",
        namespace,
        key,
        now,
      );
      const found = Number(row?.version ?? 0);
      if (ifVersion !== undefined && ifVersion !== found) return { found };
      sql.run("DELETE FROM memories WHERE namespace = ? AND key = ?", namespace, key);
      return found > 0;
    });
  }

  page(
    scope: RowScope,
    {
      prefix,
      after,
      limit,
    }: { readonly prefix: string; readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const { where, values } = scopeOf(scope, after);
    const length = Array.from(prefix).length;
    return this.#read("list memories", (sql) =>
      sql
        .all(
          `SELECT ${COLUMNS} FROM memories m WHERE ${where} AND substr(key, 1, ?) = ? ORDER BY namespace, key LIMIT ?`,
          ...values,
          length,
          prefix,
          limit,
        )
        .map(rowOf),
    );
  }

  namespaces(
    scope: RowScope,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly string[]> {
    const { where, values } = scopeOf(scope);
    return this.#read("list namespaces", (sql) =>
      sql
        .all(
          `SELECT DISTINCT namespace FROM memories m WHERE ${where} AND namespace > ? ORDER BY namespace LIMIT ?`,
          ...values,
          after ?? "",
          limit,
        )
        .map((row) => String(row.namespace)),
    );
  }

  candidates(scope: RowScope, terms: readonly string[], limit: number): Promise<TextCandidates> {
    const { where, values } = scopeOf(scope);
    const index = "memory_index JOIN memories m ON m.id = memory_index.rowid";
    return this.#read("search memories", (sql) => {
      const frequencies = new Map(
        terms.map((term) => {
          const row = sql.get(
            `SELECT count(*) AS count FROM ${index} WHERE memory_index MATCH ? AND ${where}`,
            textQuery(scope, [term]),
            ...values,
          );
          return [term, Number(row?.count ?? 0)] as const;
        }),
      );
      const all = sql.get(
        `SELECT count(*) AS total, sum(words) AS words FROM memories m WHERE ${where}`,
        ...values,
      );
      const total = Number(all?.total ?? 0);
      const rows = sql.all(
        `SELECT ${COLUMNS}, m.terms FROM ${index} WHERE memory_index MATCH ? AND ${where}
         ORDER BY bm25(memory_index, 0.0, 1.0), namespace, key LIMIT ?`,
        textQuery(scope, terms),
        ...values,
        limit,
      );
      return {
        rows: rows.map((row) => [rowOf(row), wordsOf(row)] as const),
        statistics: { total, averageWords: Number(all?.words ?? 0) / Math.max(total, 1), frequencies },
      };
    });
  }

  unembedded(
    scope: RowScope,
    { model, dimensions }: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly MemoryRow[]> {
    const { where, values } = scopeOf(scope, after);
    return this.#read("look for vectors", (sql) =>
      sql
        .all(
          `SELECT ${COLUMNS} FROM memories m WHERE ${where} AND words > 0
           AND (vector_model IS NOT ? OR vector_size IS NOT ?) ORDER BY namespace, key LIMIT ?`,
          ...values,
          model,
          dimensions,
          limit,
        )
        .map(rowOf),
    );
  }

  setVectors({ model, dimensions }: VectorKind, rows: readonly EmbeddedRow[]): Promise<void> {
    return this.#write("keep vectors", (sql) => {
      for (const { namespace, key, version, vector } of rows) {
        sql.run(
          `UPDATE memories SET vector_model = ?, vector_size = ?, vector = ?
           WHERE namespace = ? AND key = ? AND version = ?`,
          model,
          dimensions,
          vector,
          namespace,
          key,
          version,
        );
      }
    });
  }

  vectors(
    scope: RowScope,
    { model, dimensions }: VectorKind,
    { after, limit }: { readonly after: RowPlace | undefined; readonly limit: number },
  ): Promise<readonly (RowPlace & { readonly vector: Uint8Array })[]> {
    const { where, values } = scopeOf(scope, after);
    return this.#read("read vectors", (sql) =>
      sql
        .all(
          `SELECT namespace, key, vector FROM memories m WHERE ${where} AND vector_model = ? AND vector_size = ?
           ORDER BY namespace, key LIMIT ?`,
          ...values,
          model,
          dimensions,
          limit,
        )
        .map(readVectorRow),
    );
  }

  vacuum(now: number): Promise<number> {
    return this.#write("clear memories away", (sql) =>
      sql.run("DELETE FROM memories WHERE expires_at IS NOT NULL AND expires_at <= ?", now),
    );
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #read<T>(action: string, work: (sql: Statements) => T): Promise<T> {
    return remembering(this.#database.read(action, work));
  }

  #write<T>(action: string, work: (sql: Statements) => T): Promise<T> {
    return remembering(this.#database.write(action, work));
  }
}
