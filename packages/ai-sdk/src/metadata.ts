/** What of a Locus message travels through the AI SDK beside its own words: metadata of parts, under the name `locus`. */
import type { JSONObject, SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider";
import {
  type HostedToolRun,
  jsonValueSchema,
  type ModelResponse,
  type ProviderPart,
  type ProviderState,
  type ReasoningPart,
  type Usage,
} from "@locus-sdk/core";
import { z } from "zod";

export const NAMESPACE = "locus";
/** The kind of a part that stands for a `ProviderPart`. */
export const PROVIDER_ITEM = "locus.provider";
/** The kind of a part that stands for the `ProviderState` an answer left. */
export const SERVER_STATE = "locus.state";

interface Seal {
  readonly id?: string;
  readonly signature?: string;
  readonly encrypted?: string;
  readonly author?: string;
}

/** What a part keeps of ours. */
export interface Kept extends Seal {
  /** Where in its message the part stood, where a stream could tell of it only at the end. */
  readonly place?: number;
  /** The reasoning parts that one streamed block of thoughts stands for, where they are not one and the same. */
  readonly reasoning?: readonly ReasoningPart[];
  readonly providerId?: string;
  readonly hosted?: true;
  /** The text of a call's arguments, where parsing and writing it again would change it. */
  readonly arguments?: string;
  readonly refusal?: true;
  readonly detail?: "auto" | "low" | "high";
}

/** What an answer tells that the AI SDK's results have no place for. */
export type Told = Pick<ModelResponse, "provider" | "warnings" | "hostedTools"> & Pick<Usage, "costUsd">;

const text = z.string().exactOptional();
const seal = { id: text, signature: text, encrypted: text, author: text };
const reasoningSchema: z.ZodType<ReasoningPart> = z.object({
  type: z.literal("reasoning"),
  text: z.string(),
  ...seal,
});
const keptSchema: z.ZodType<Kept> = z.object({
  ...seal,
  place: z.number().int().nonnegative().exactOptional(),
  reasoning: z.array(reasoningSchema).exactOptional(),
  providerId: text,
  hosted: z.literal(true).exactOptional(),
  arguments: text,
  refusal: z.literal(true).exactOptional(),
  detail: z.enum(["auto", "low", "high"]).exactOptional(),
});
const itemSchema: z.ZodType<Item> = z.object({ provider: z.string(), item: jsonValueSchema, author: text });
const stateSchema: z.ZodType<ProviderState> = z.object({
  provider: z.string(),
  modelId: z.string(),
  data: jsonValueSchema,
});
const runSchema: z.ZodType<HostedToolRun> = z.object({
  name: z.string(),
  status: z.string(),
  input: jsonValueSchema.exactOptional(),
  output: jsonValueSchema.exactOptional(),
});
const answerSchema: z.ZodType<Told> = z.object({
  provider: text,
  warnings: z.array(z.string()).exactOptional(),
  costUsd: z.number().exactOptional(),
  hostedTools: z.array(runSchema).exactOptional(),
});

type Item = Pick<ProviderPart, "provider" | "item" | "author">;

/** What stands under our name, as far as it is what `schema` says: what we did not write is not read. */
function read<T>(schema: z.ZodType<T>, options: SharedV4ProviderOptions | undefined): T | undefined {
  return schema.safeParse(options?.[NAMESPACE]).data;
}

/** What was kept with a part. */
export const keptIn = (options: SharedV4ProviderOptions | undefined): Kept => read(keptSchema, options) ?? {};

export const providerItemIn = (options: SharedV4ProviderOptions | undefined): Item | undefined =>
  read(itemSchema, options);

export const serverStateIn = (options: SharedV4ProviderOptions | undefined): ProviderState | undefined =>
  read(stateSchema, options);

/** What a whole answer told beside its parts. */
export const toldIn = (metadata: SharedV4ProviderMetadata | undefined): Told =>
  read(answerSchema, metadata) ?? {};

/** `kept` as a member of a part or of an answer; none where there is nothing to keep. */
export function metadataOf(kept: JSONObject): { readonly providerMetadata?: SharedV4ProviderMetadata } {
  const told = Object.entries(kept).filter(([, value]) => value !== undefined);
  return told.length === 0 ? {} : { providerMetadata: { [NAMESPACE]: Object.fromEntries(told) } };
}
