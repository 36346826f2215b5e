/** The shape of a response, read leniently: what a server adds is let through, what it leaves out is tolerated. */
import { isRecord, type JsonObject } from "@locus-sdk/core";
import { z } from "zod";

/** The members of a response that are read; the items are read one by one, by their type. */
export interface WireResponse {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly service_tier?: string | undefined;
  readonly status?: string | undefined;
  readonly output?: readonly JsonObject[] | undefined;
  readonly usage?: WireUsage | null | undefined;
  readonly error?: unknown;
  readonly incomplete_details?: { readonly reason?: string | undefined } | null | undefined;
}
export interface WireUsage {
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  readonly total_tokens?: number | undefined;
  readonly input_tokens_details?:
    | { readonly cached_tokens?: number | undefined; readonly cache_write_tokens?: number | undefined }
    | null
    | undefined;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number | undefined } | null | undefined;
}

const text: z.ZodType<string | undefined> = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
/** What is less than nothing was not told. */
const tokens: z.ZodType<number | undefined> = z
  .number()
  .nonnegative()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

const usage = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  total_tokens: tokens,
  input_tokens_details: z
    .object({ cached_tokens: tokens, cache_write_tokens: tokens })
    .nullish()
    .catch(undefined),
  output_tokens_details: z.object({ reasoning_tokens: tokens }).nullish().catch(undefined),
});

/** Parsed JSON, so a record is all that has to be asked. */
const item = z.custom<JsonObject>(isRecord, "expected an object");

const response = z
  .object({
    id: text,
    model: text,
    service_tier: text,
    status: text,
    output: z
      .array(item)
      .nullish()
      .transform((value) => value ?? undefined),
    usage: usage.nullish().catch(undefined),
    error: z.unknown().optional(),
    incomplete_details: z.object({ reason: text }).nullish().catch(undefined),
  })
  .refine((value) => value.output !== undefined || value.status !== undefined, "neither output nor status");

/** The response in `body`, or what keeps it from being one. */
export function parseResponse(body: unknown): z.ZodSafeParseResult<WireResponse> {
  return response.safeParse(body);
}

/** An item, where `value` is one. */
export function parseItem(value: unknown): JsonObject | undefined {
  return item.safeParse(value).data;
}
