/** Rows as the server hands them out, checked, and the pieces of SQL that several statements share. */
import type { JsonObject, ThreadSummary } from "@locus-sdk/core";
import { CheckpointError, jsonObjectSchema } from "@locus-sdk/core";
import { z } from "zod";
import type { StoreSettings } from "../shared/options.ts";
import { decodeFacts, type ThreadFacts } from "../shared/records.ts";
import type { Tables } from "./layout.ts";
import { idOf, jsonOf } from "./text.ts";

/** What every statement of this store needs to know. */
export interface Context extends StoreSettings {
  readonly tables: Tables;
  /** Id of the key that payloads are written under; `null` where they are plain. */
  readonly keyId: string | null;
}

/** Values of a statement, numbered as they are named. */
export class Values {
  readonly list: unknown[] = [];

  /** The value's place in the statement; `type` where PostgreSQL cannot know it. */
  add(value: unknown, type?: string): string {
    this.list.push(value);
    return type === undefined ? `$${this.list.length}` : `$${this.list.length}::${type}`;
  }
}

/** Epoch milliseconds by the server's clock. */
const NOW_MS = "(extract(epoch FROM clock_timestamp()) * 1000)";

/** Whether the thread `t` has not outlived its time. */
export const aliveSql = ({ ttlMs }: Context, values: Values): string =>
  ttlMs === undefined ? "true" : `t.updated_ms >= ${NOW_MS} - ${values.add(ttlMs, "bigint")}`;

/** bigint comes as text, or as whatever the owner of the pool made of it. */
export const count: z.ZodType<number> = z.coerce.number().pipe(z.int());

/** Columns of a thread `t`, as `threadRow` reads them. */
export const THREAD_COLUMNS =
  "t.key, t.id, t.version, t.schema_version, t.created_at, t.updated_at, t.metadata::text AS metadata, t.agent, t.sealed";

/** A row of threads; a key is text, as nobody counts with it. */
export interface ThreadRow {
  readonly key: string;
  readonly id: string;
  readonly version: number;
  readonly schema_version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly metadata: string | null;
  readonly agent: string | null;
  readonly sealed: string | null;
}

const threadRowSchema: z.ZodType<ThreadRow> = z.object({
  key: z.coerce.string(),
  id: z.string(),
  version: count,
  schema_version: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
  metadata: z.string().nullable(),
  agent: z.string().nullable(),
  sealed: z.string().nullable(),
});

export const threadRow = (row: unknown): ThreadRow => checked(threadRowSchema, row);

/** @throws CheckpointError for a row of another shape: somebody changed the tables. */
export function checked<T>(schema: z.ZodType<T>, row: unknown): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new CheckpointError("a row in PostgreSQL is not what this store writes", {
    cause: parsed.error,
    hint: "The tables were changed from outside. Restore them from a backup.",
  });
}

const agentSchema = z.string();

/** Agent and metadata of a row, as plain columns or sealed. */
export function factsOf({ codec }: Context, row: ThreadRow): ThreadFacts {
  const threadId = idOf(row.id);
  if (row.sealed !== null) return decodeFacts(codec, threadId, row.sealed);
  const metadata: JsonObject | undefined =
    row.metadata === null ? undefined : checked(jsonObjectSchema, JSON.parse(jsonOf(row.metadata)));
  const agent = row.agent === null ? undefined : checked(agentSchema, JSON.parse(row.agent));
  return { ...(agent === undefined ? {} : { agent }), ...(metadata === undefined ? {} : { metadata }) };
}

export const summaryOf = (context: Context, row: ThreadRow): ThreadSummary => ({
  threadId: idOf(row.id),
  version: row.version,
  schemaVersion: row.schema_version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  ...factsOf(context, row),
});
