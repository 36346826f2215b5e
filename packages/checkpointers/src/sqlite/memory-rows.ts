/** Memories as rows: which of them are meant, in SQL, and what is in one. Pure. */
import { createHash } from "node:crypto";
import type { SQLInputValue } from "node:sqlite";
import { MemoryError } from "@locus-sdk/core";
import { endOfNamespace, type MemoryRow, type RowPlace, type RowScope } from "@locus-sdk/core/memory";
import { z } from "zod";
import type { Row } from "./database.ts";

/** The last moment that a date can hold. A later one would be no number that JavaScript can read. */
const END_OF_DATES = 8_640_000_000_000_000n;
/** Those of `MemoryRow`, of the table `memories` or `m`. */
export const COLUMNS: string = `namespace, key, value, metadata, version, created_at, updated_at, min(expires_at, ${END_OF_DATES}) AS expires_at`;

const rowSchema = z.object({
  namespace: z.string(),
  key: z.string(),
  value: z.string(),
  metadata: z.string(),
  version: z.int(),
  created_at: z.int(),
  updated_at: z.int(),
  expires_at: z.number().nullable(),
});
const vectorSchema = z.object({ namespace: z.string(), key: z.string(), vector: z.instanceof(Uint8Array) });
const termsSchema = z.object({ terms: z.string() });

export function rowOf(row: Row): MemoryRow {
  const {
    created_at: createdAt,
    updated_at: updatedAt,
    expires_at: expiresAt,
    ...rest
  } = checked(rowSchema, row);
  return { ...rest, createdAt, updatedAt, expiresAt };
}

export function readVectorRow(row: Row): RowPlace & { readonly vector: Uint8Array } {
  return checked(vectorSchema, row);
}

/** The words of a row, as they were put. */
export function wordsOf(row: Row): readonly string[] {
  return checked(termsSchema, row).terms.split(" ");
}

function checked<T>(schema: z.ZodType<T>, row: Row): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new MemoryError("a row of the table memories is not what this store writes", {
    cause: parsed.error,
    hint: "The table was changed from outside. Restore the file from a backup.",
  });
}

/** The condition on `m` that leaves the rows of a scope, behind `after`, and its values. */
export function scopeOf(
  { namespace, deep, tags, now }: RowScope,
  after?: RowPlace,
): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const end = endOfNamespace(namespace);
  const conditions: (readonly [string, readonly SQLInputValue[]])[] = [
    ["(m.expires_at IS NULL OR m.expires_at > ?)", [now]],
    ...tags.map((tag) => ["instr(m.tags, ?) > 0", [tag]] as const),
  ];
  if (!deep) conditions.push(["m.namespace = ?", [namespace]]);
  else if (end !== undefined) conditions.push(["m.namespace >= ? AND m.namespace < ?", [namespace, end]]);
  if (after !== undefined) conditions.push(["(m.namespace, m.key) > (?, ?)", [after.namespace, after.key]]);
  return {
    where: conditions.map(([sql]) => sql).join(" AND "),
    values: conditions.flatMap(([, values]) => values),
  };
}

/** The words that stand for a namespace and for each above it. */
export function places(namespace: string): string {
  const ends: number[] = [];
  for (let at = namespace.indexOf("\u0001"); at !== -1; at = namespace.indexOf("\u0001", at + 1))
    ends.push(at + 1);
  return ends.map((end) => placeOf(namespace.slice(0, end))).join(" ");
}

function placeOf(namespace: string): string {
  return createHash("sha256").update(namespace).digest("hex").slice(0, 24);
}

/** FTS5 for: in that namespace, and any of the words. They are letters, digits and marks, so nothing in them is an operator. */
export function textQuery({ namespace }: RowScope, terms: readonly string[]): string {
  const words = `terms : (${terms.map((term) => `"${term}"`).join(" OR ")})`;
  return namespace === "" ? words : `places : "${placeOf(namespace)}" AND ${words}`;
}
