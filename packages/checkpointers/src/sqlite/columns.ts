/** Columns of a row, by the type that the layout gives them. */
import { CheckpointError } from "@locus-sdk/core";
import type { Row } from "./database.ts";

export function integer(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : misfit(column, "an integer");
}

export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : misfit(column, "text");
}

/** Bytes that are UTF-8. */
export function blobText(row: Row, column: string): string {
  const value = row[column];
  if (!(value instanceof Uint8Array)) return misfit(column, "a blob");
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
}

function misfit(column: string, wanted: string): never {
  throw new CheckpointError(`the database's column ${column} does not hold ${wanted}`, {
    hint: "The file was changed from outside. Restore it from a backup.",
  });
}
