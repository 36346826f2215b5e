// The bodies that vector store requests may have.
import { z } from "zod";
import { type Chunking, usualChunking } from "./chunks.ts";
import { type Attributes, type AttributeValue, type Filter, filterSchema } from "./filters.ts";

const maxPairs = 16;

function pairs<Value>(value: z.ZodType<Value>): z.ZodType<Record<string, Value>> {
  return z
    .record(z.string().max(64), value)
    .refine((given) => Object.keys(given).length <= maxPairs, `expected at most ${maxPairs} pairs`);
}

const metadata = pairs(z.string().max(512));
const attributeValue: z.ZodType<AttributeValue> = z.union([z.string().max(512), z.number(), z.boolean()]);
const attributes = pairs(attributeValue)
  .nullish()
  .transform((given): Attributes => given ?? {});

const expiresAfter = z.strictObject({
  anchor: z.literal("last_active_at"),
  days: z.int().min(1).max(365),
});

const chunking = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("auto") }),
    z.strictObject({
      type: z.literal("static"),
      static: z
        .strictObject({
          max_chunk_size_tokens: z.int().min(100).max(4096),
          chunk_overlap_tokens: z.int().min(0),
        })
        .refine(
          (given) => given.chunk_overlap_tokens * 2 <= given.max_chunk_size_tokens,
          "expected an overlap of at most half of max_chunk_size_tokens",
        ),
    }),
  ])
  .nullish()
  .transform((given): Chunking => {
    if (given?.type !== "static") return usualChunking;
    const { max_chunk_size_tokens: maxTokens, chunk_overlap_tokens: overlapTokens } = given.static;
    return { maxTokens, overlapTokens };
  });

interface ExpiresAfter {
  readonly anchor: "last_active_at";
  readonly days: number;
}

export interface CreateStoreBody {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Record<string, string> | null | undefined;
  readonly expires_after?: ExpiresAfter | null | undefined;
  readonly file_ids?: readonly string[] | null | undefined;
  readonly chunking_strategy: Chunking;
}

export const createStoreBody: z.ZodType<CreateStoreBody> = z.strictObject({
  name: z.string().nullish(),
  description: z.string().nullish(),
  metadata: metadata.nullish(),
  expires_after: expiresAfter.nullish(),
  file_ids: z.array(z.string()).nullish(),
  chunking_strategy: chunking,
});

export type UpdateStoreBody = Pick<CreateStoreBody, "name" | "description" | "metadata" | "expires_after">;

export const updateStoreBody: z.ZodType<UpdateStoreBody> = z.strictObject({
  name: z.string().nullish(),
  description: z.string().nullish(),
  metadata: metadata.nullish(),
  expires_after: expiresAfter.nullish(),
});

/** A file to put into a store. */
export interface AddFileBody {
  readonly file_id: string;
  readonly attributes: Attributes;
  readonly chunking_strategy: Chunking;
}

export const addFileBody: z.ZodType<AddFileBody> = z.strictObject({
  file_id: z.string().min(1),
  attributes,
  chunking_strategy: chunking,
});

export const updateFileBody: z.ZodType<{ readonly attributes: Attributes }> = z.strictObject({ attributes });

/** Most files of a batch. */
const maxBatch = 2000;

/** The files of a batch, each with what holds for it. */
export const batchBody: z.ZodType<readonly AddFileBody[]> = z
  .strictObject({
    file_ids: z.array(z.string().min(1)).min(1).max(maxBatch).optional(),
    files: z.array(addFileBody).min(1).max(maxBatch).optional(),
    attributes,
    chunking_strategy: chunking,
  })
  .refine(
    (given) => (given.file_ids === undefined) !== (given.files === undefined),
    "expected either file_ids or files",
  )
  .transform(
    ({ file_ids, files = [], ...shared }) => file_ids?.map((file_id) => ({ file_id, ...shared })) ?? files,
  );

export interface SearchBody {
  readonly query: string | readonly string[];
  readonly max_num_results?: number | undefined;
  readonly filters?: Filter | null | undefined;
  readonly ranking_options?: { readonly score_threshold?: number | undefined } | null | undefined;
}

export const searchBody: z.ZodType<SearchBody> = z.strictObject({
  query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  max_num_results: z.int().min(1).max(50).optional(),
  filters: filterSchema.nullish(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(["none", "auto", "default-2024-11-15"]).optional(),
      score_threshold: z.number().min(0).max(1).optional(),
      // The service searches by meaning and by words; here there are only words, whatever the weights.
      hybrid_search: z.strictObject({ embedding_weight: z.number(), text_weight: z.number() }).optional(),
    })
    .nullish(),
  rewrite_query: z.boolean().optional(),
});
