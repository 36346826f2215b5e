/** What is said over the wire, checked by whoever hears it. */
import { type JsonPrimitive, jsonObjectSchema, type ThreadSummary, type VacuumReport } from "@locus-sdk/core";
import { z } from "zod";
import { RequestRefusal, type WireError, wireErrorSchema } from "./errors.ts";

export interface AppendBody {
  /** Of the events. */
  readonly schemaVersion: number;
  readonly expectedVersion: number;
  readonly events: readonly unknown[];
  readonly fence?: number | undefined;
  /** A `SnapshotRecord`: the messages of its base are not sent again. */
  readonly snapshot?: SnapshotBody | undefined;
}
export interface SnapshotBody {
  readonly version: number;
  readonly base?: number | undefined;
  readonly keep: number;
  readonly messages: readonly unknown[];
}

const version = z.int().min(0);
const sequence = z.int().min(1);

export const appendSchema: z.ZodType<AppendBody> = z.object({
  schemaVersion: sequence,
  expectedVersion: version,
  events: z.array(z.unknown()),
  fence: z.int().optional(),
  snapshot: z
    .looseObject({
      version: sequence,
      base: sequence.optional(),
      keep: version,
      messages: z.array(z.unknown()),
    })
    .optional(),
});

export const forkSchema: z.ZodType<{ at: number; newThreadId: string }> = z.object({
  at: z.number(),
  newThreadId: z.string(),
});

/** Who is given a lease: a name that the client makes up. In a body, and in the query of what follows. */
export const holderSchema: z.ZodType<{ holder: string }> = z.object({ holder: z.string().min(16).max(128) });

export const vacuumSchema: z.ZodType<{ rekey?: boolean | undefined }> = z.object({
  rekey: z.boolean().optional(),
});

/** The body of a request whose id or query is too long for an address. */
export interface Envelope {
  readonly threadId?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}
export const envelopeSchema: z.ZodType<Envelope> = z.object({
  threadId: z.string().optional(),
  query: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
});

const numeral = z.string().regex(/^\d+$/, "expected a whole number").transform(Number).pipe(z.int());

export const rangeSchema: z.ZodType<{ after?: number | undefined; upTo?: number | undefined }> = z.object({
  after: numeral.optional(),
  upTo: numeral.optional(),
});

export interface ListQuery {
  readonly prefix?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly metadata?: Readonly<Record<string, JsonPrimitive>> | undefined;
}
const metadataSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export const listSchema: z.ZodType<ListQuery> = z.object({
  prefix: z.string().optional(),
  after: z.string().optional(),
  limit: numeral.optional(),
  order: z.enum(["asc", "desc"]).optional(),
  metadata: z
    .string()
    .transform((text, context) => {
      try {
        return metadataSchema.parse(JSON.parse(text));
      } catch {
        context.addIssue("expected a JSON object of texts, numbers, booleans and nulls");
        return z.NEVER;
      }
    })
    .optional(),
});

/** One line of a streamed answer. */
export type Line =
  /** The first: the version of the events that follow. */
  | { readonly schemaVersion: number }
  | { readonly thread: ThreadLine | null }
  | { readonly event: unknown }
  | { readonly summary: ThreadSummary }
  | { readonly error: WireError }
  /** The last of an answer that is whole. */
  | { readonly end: true };
export interface ThreadLine {
  readonly schemaVersion: number;
  readonly version: number;
  readonly snapshot?: unknown;
}

const summarySchema: z.ZodType<ThreadSummary> = z.object({
  threadId: z.string(),
  version: sequence,
  schemaVersion: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  metadata: jsonObjectSchema.exactOptional(),
  agent: z.string().exactOptional(),
});
export const lineSchema: z.ZodType<Line> = z.union([
  z.object({ event: z.looseObject({}) }),
  z.object({ schemaVersion: z.int() }),
  z.object({
    thread: z
      .object({ schemaVersion: z.int(), version: sequence, snapshot: z.unknown().optional() })
      .nullable(),
  }),
  z.object({ summary: summarySchema }),
  z.object({ error: wireErrorSchema }),
  z.object({ end: z.literal(true) }),
]);

export const deletedSchema: z.ZodType<{ deleted: boolean }> = z.object({ deleted: z.boolean() });
export const attemptSchema: z.ZodType<{ fence: number; leaseMs: number } | { heldForMs: number }> = z.union([
  z.object({ fence: z.int(), leaseMs: z.number().positive() }),
  z.object({ heldForMs: z.number().min(0) }),
]);
export const renewedSchema: z.ZodType<{ renewed: boolean }> = z.object({ renewed: z.boolean() });
export const vacuumedSchema: z.ZodType<VacuumReport> = z.object({
  deletedThreads: z.int(),
  rekeyed: z.int(),
});
export const failureSchema: z.ZodType<{ error: WireError }> = z.object({ error: wireErrorSchema });

/** `value` as the schema has it. @throws RequestRefusal naming the members that do not fit. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestRefusal(400, "bad_request", `the request does not fit: ${issuesOf(parsed.error)}`);
}

export const issuesOf = (error: z.ZodError): string =>
  error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
