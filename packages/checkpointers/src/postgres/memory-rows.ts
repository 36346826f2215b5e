/** Memories as rows: which of them are meant, in SQL, what is in one, and words as PostgreSQL searches them. Pure. */
import { MemoryError } from "@locus-sdk/core";
import { endOfNamespace, type MemoryRow, type RowPlace, type RowScope } from "@locus-sdk/core/memory";
import { z } from "zod";
import { count, type Values } from "./rows.ts";

/** Those of `MemoryRow`, of a row `m`. */
export const COLUMNS =
  "m.namespace, m.key, m.value, m.metadata, m.version, m.created_at, m.updated_at, m.expires_at";

const rowSchema = z.object({
  namespace: z.string(),
  key: z.string(),
  value: z.string(),
  metadata: z.string(),
  version: count,
  created_at: count,
  updated_at: count,
  expires_at: z.union([z.null(), z.coerce.number()]),
});

export function rowOf(row: unknown): MemoryRow {
  const parsed = checkedRow(rowSchema, row);
  const { created_at: createdAt, updated_at: updatedAt, expires_at: expiresAt, ...rest } = parsed;
  return { ...rest, createdAt, updatedAt, expiresAt };
}

/** @throws MemoryError for a row of another shape: somebody changed the table. */
export function checkedRow<T>(schema: z.ZodType<T>, row: unknown): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new MemoryError("a row of memories in PostgreSQL is not what this store writes", {
    cause: parsed.error,
    hint: "The table was changed from outside. Restore it from a backup.",
  });
}

/** The condition on `m` that leaves the rows of a scope, behind `after`. */
export function scopeSql({ namespace, deep, tags, now }: RowScope, values: Values, after?: RowPlace): string {
  const end = endOfNamespace(namespace);
  const from = (): string => values.add(namespace, "text");
  return [
    `(m.expires_at IS NULL OR m.expires_at > ${values.add(now, "bigint")})`,
    ...tags.map((tag) => `position(${values.add(tag, "text")} IN m.tags) > 0`),
    ...(deep ? [] : [`m.namespace = ${from()}`]),
    ...(deep && end !== undefined
      ? [`m.namespace >= ${from()} AND m.namespace < ${values.add(end, "text")}`]
      : []),
    ...(after === undefined
      ? []
      : [
          `(m.namespace, m.key) > (${values.add(after.namespace, "text")}, ${values.add(after.key, "text")})`,
        ]),
  ].join(" AND ");
}

/** What a tsvector holds of one word: so many places, none behind that one. */
const MAX_PLACES = 255;
const LAST_PLACE = 16_383;

/** The text of a tsvector with these words. They are letters, digits and marks: nothing in them has to be escaped. */
export function vectorText(terms: readonly string[]): string {
  const places = new Map<string, number[]>();
  for (const [index, term] of terms.entries()) {
    const own = places.get(term) ?? [];
    if (own.length < MAX_PLACES) own.push(Math.min(index + 1, LAST_PLACE));
    places.set(term, own);
  }
  return [...places].map(([term, own]) => `'${term}':${own.join(",")}`).join(" ");
}

/** The text of a tsquery: any of the words. */
export function queryText(terms: readonly string[]): string {
  return terms.map((term) => `'${term}'`).join(" | ");
}
