/** What the service answers, checked before it is believed: as much of it as the helpers read. The rest is as it came. */
import { ServerError } from "@locus-sdk/core";
import type { ContainerCreateResponse } from "openai/resources/containers/containers";
import type { FileCreateResponse, FileListResponse } from "openai/resources/containers/files/files";
import type { ConversationItem } from "openai/resources/conversations/items";
import type { Response as ModelAnswer } from "openai/resources/responses/responses";
import type { VectorStoreFile } from "openai/resources/vector-stores/files";
import type { VectorStore } from "openai/resources/vector-stores/vector-stores";
import { z } from "zod";

// What is not read here is what the client's types say: nothing of ours depends on it.
const as = <T>(schema: z.ZodType): z.ZodType<T> => schema as z.ZodType<T>;

const id = z.string().min(1);
/** What does not fit is as good as absent. */
const maybe = <T>(field: z.ZodType<T>): z.ZodType<T | undefined> => field.optional().catch(undefined);

/** How many files, and how many of them nothing is known of yet. */
interface Counts {
  readonly total: number;
  readonly in_progress: number;
}
const counts = maybe<Counts>(z.object({ total: z.number(), in_progress: z.number() }));
const seconds = maybe(z.number());

/** A file that was uploaded. Times are in seconds. */
export interface StoredFile {
  readonly id: string;
  readonly filename?: string | undefined;
  readonly bytes?: number | undefined;
  readonly created_at?: number | undefined;
}
export const storedFile: z.ZodType<StoredFile> = z.object({
  id,
  filename: maybe(z.string()),
  bytes: maybe(z.number()),
  created_at: seconds,
});

export const vectorStore: z.ZodType<VectorStore> = as(z.looseObject({ id, status: z.string() }));
/** How full a store is, and since when there is one; what it does not tell is absent. */
export const storeFacts: z.ZodType<{
  readonly file_counts?: Counts | undefined;
  readonly created_at?: number | undefined;
}> = z.object({ file_counts: counts, created_at: seconds });

const FILE_STATES: readonly string[] = ["completed", "failed", "cancelled"];
export const fileInStore: z.ZodType<VectorStoreFile> = as(
  z.looseObject({
    id,
    // A state that nobody knows is none that a file stays in.
    status: z.string().transform((status) => (FILE_STATES.includes(status) ? status : "in_progress")),
    last_error: maybe(z.object({ code: z.string(), message: z.string() }).nullable()),
    attributes: maybe(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable()),
  }),
);
export const fileBatch: z.ZodType<{
  readonly status: string;
  readonly file_counts?: Counts | undefined;
}> = z.object({ status: z.string(), file_counts: counts });

export const container: z.ZodType<ContainerCreateResponse> = as(
  z.looseObject({ id, name: maybe(z.string()), status: maybe(z.string()) }),
);
export const fileInContainer: z.ZodType<FileListResponse> = as(
  z
    .looseObject({ id, path: z.string().nullish(), source: maybe(z.string()) })
    .transform((file) => ({ ...file, path: file.path ?? file.id })),
);
export const filePutIn: z.ZodType<FileCreateResponse> = as(z.looseObject({ id }));

export const conversationItem: z.ZodType<ConversationItem> = as(z.looseObject({ type: z.string() }));
export const modelAnswer: z.ZodType<ModelAnswer> = as(
  z.looseObject({ id, output: z.array(z.looseObject({ type: z.string() })) }),
);
/** That something was deleted. */
export const deletion: z.ZodType<unknown> = z.looseObject({ deleted: z.literal(true).optional() }).nullish();

/** One page of a list. */
export const pageOf = <T>(
  item: z.ZodType<T>,
): z.ZodType<{
  readonly data: readonly T[];
  readonly has_more?: boolean | null | undefined;
  readonly last_id?: string | null | undefined;
}> => z.object({ data: z.array(item), has_more: z.boolean().nullish(), last_id: z.string().nullish() });

/** The code of the error for an answer that is none. */
export const UNEXPECTED = "unexpected_answer";

/** @throws ServerError where an answer is not what was asked for. What was asked for may have been done all the same. */
export function read<T>(what: string, schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.join(".") ?? "";
  // Where it does not fit, but not what came: it may hold a secret.
  throw unexpected(`${what}: the service answered with something else${at === "" ? "" : ` (at ${at})`}`);
}

export const unexpected = (message: string, cause?: unknown): ServerError =>
  new ServerError(message, {
    code: UNEXPECTED,
    retryable: false,
    hint: "Something else may have answered in the service's place, a proxy or a page to sign in: check the endpoint.",
    cause,
  });
