/** Texts and images as vectors, over the native `embedText`. */
import { ConfigurationError, type ImagePart, type JsonObject, ModelError, type Usage } from "@locus-sdk/core";
import { imageUrl } from "@locus-sdk/openai";
import { z } from "zod";
import type { OciModelOptions } from "../config/options.ts";
import type { CallOptions, NativeExchange } from "./exchange.ts";
import { checkNativeWay } from "./options.ts";
import { exchangeFor } from "./service.ts";
import { nativeUsage } from "./usage.ts";

export type EmbeddingType = "float" | "int8" | "uint8" | "binary" | "ubinary" | "base64";
/** What a text is embedded for; models tell questions from what answers them. */
export type EmbeddingInputType =
  | "search_document"
  | "search_query"
  | "classification"
  | "clustering"
  | "image";

export interface OCIEmbeddingsOptions extends OciModelOptions {
  /** How many requests run at once. Default 4. */
  readonly concurrency?: number | undefined;
}

export interface EmbedOptions extends CallOptions {
  readonly inputType?: EmbeddingInputType | undefined;
  /** Which end of a text that is too long is cut off; `none` makes it an error. */
  readonly truncate?: "none" | "start" | "end" | undefined;
  /** 256, 512, 1,024 or 1,536; embed-v4 and newer. */
  readonly outputDimensions?: number | undefined;
  /** Default: `float` alone. */
  readonly embeddingTypes?: readonly EmbeddingType[] | undefined;
}

/** Vectors in the order of the inputs. */
export interface EmbedResult {
  /** Vectors of floats; empty where only other types were asked for. */
  readonly embeddings: readonly (readonly number[])[];
  /** Vectors of every type asked for; `base64` ones are texts. */
  readonly byType: Readonly<Partial<Record<EmbeddingType, readonly (readonly number[] | string)[]>>>;
  readonly usage: Usage;
  /** One for each request that was made. */
  readonly requestIds: readonly string[];
}

/** The most inputs of one request. */
const BATCH = 96;
const DEFAULT_CONCURRENCY = 4;

const vector = z.union([z.array(z.number()), z.string()]);
const schema = z.object({
  embeddings: z.array(z.array(z.number())).nullish(),
  embeddingsByType: z.record(z.string(), z.array(vector).nullish()).nullish(),
  usage: z.unknown().optional(),
});

type Input = string | ImagePart;

/**
 * Embeds texts and images with a model of OCI Generative AI. Any number of inputs: they are sent 96 at a time.
 *
 * @example
 * ```ts
 * import { OCIEmbeddings } from "@locus-sdk/oci";
 *
 * const model = new OCIEmbeddings({ model: "cohere.embed-v4.0", profile: "DEFAULT", region: "us-chicago-1" });
 * const { embeddings } = await model.embed(["fjord", "bay"], { inputType: "search_document" });
 * ```
 */
export class OCIEmbeddings {
  readonly provider = "oci";
  readonly modelId: string;
  readonly #exchange: NativeExchange;
  readonly #concurrency: number;

  constructor(options: OCIEmbeddingsOptions) {
    checkNativeWay(options, "OCIEmbeddings", ["concurrency"]);
    this.#exchange = exchangeFor(options, ["concurrency"]);
    this.modelId = this.#exchange.modelId;
    this.#concurrency = checkConcurrency(options.concurrency);
  }

  /**
   * The vectors of `inputs`, in their order. The first request that fails ends the others.
   *
   * @throws a typed `LocusError`; `ModelError` where the service answers with another number of vectors than inputs, or
   *   without a type that was asked for.
   */
  async embed(inputs: readonly Input[], options: EmbedOptions = {}): Promise<EmbedResult> {
    const batches = batchesOf(inputs, this.modelId);
    const failed = new AbortController();
    const signal =
      options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
    const results: BatchResult[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < batches.length; index = next++) {
        const batch = batches[index] ?? [];
        results[index] = await this.#embedBatch(batch, { ...options, signal });
      }
    };
    const workers = Array.from({ length: Math.min(this.#concurrency, batches.length) }, () =>
      work().catch((error: unknown) => {
        // The others fail by this one's reason, whichever of them is awaited first.
        failed.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(workers);
    await Promise.all(workers);
    return merged(results, typesOf(options));
  }

  async #embedBatch(batch: readonly Input[], options: EmbedOptions): Promise<BatchResult> {
    const { signal, onRetry } = options;
    const details = encodeBatch(batch, options, this.modelId);
    const { body, requestId } = await this.#exchange.json("embedText", details, { signal, onRetry });
    const parsed = schema.safeParse(body);
    const remote = requestId === undefined ? {} : { requestId };
    if (!parsed.success) throw this.#invalid("something that holds no embeddings", remote);
    const byType: Record<string, readonly (readonly number[] | string)[]> = {};
    for (const [type, vectors] of Object.entries(parsed.data.embeddingsByType ?? {})) {
      if (vectors !== null && vectors !== undefined && vectors.length > 0)
        byType[type.toLowerCase()] = vectors;
    }
    const floats = parsed.data.embeddings ?? [];
    if (floats.length > 0) byType.float ??= floats;
    for (const vectors of Object.values(byType)) {
      if (vectors.length !== batch.length) {
        throw this.#invalid(`${vectors.length} vectors for ${batch.length} inputs`, remote);
      }
    }
    if (Object.keys(byType).length === 0) throw this.#invalid("no embeddings", remote);
    const missing = typesOf(options).filter((type) => byType[type] === undefined);
    if (missing.length > 0) {
      const came = Object.keys(byType).join(", ");
      throw this.#invalid(`embeddings of type ${came}, where ${missing.join(", ")} was asked for`, remote);
    }
    return { byType, usage: nativeUsage(parsed.data.usage), requestId };
  }

  #invalid(what: string, remote: { readonly requestId?: string }): ModelError {
    return new ModelError(`oci model "${this.modelId}" answered with ${what}`, {
      ...remote,
      code: "invalid_response",
    });
  }
}

function checkConcurrency(concurrency: unknown = DEFAULT_CONCURRENCY): number {
  if (typeof concurrency === "number" && Number.isInteger(concurrency) && concurrency >= 1)
    return concurrency;
  throw new ConfigurationError('OCI option "concurrency" cannot be used: expected an integer of 1 or more');
}

const typesOf = ({ embeddingTypes = [] }: EmbedOptions): readonly EmbeddingType[] =>
  embeddingTypes.length === 0 ? ["float"] : embeddingTypes;

interface BatchResult {
  readonly byType: Readonly<Record<string, readonly (readonly number[] | string)[]>>;
  readonly usage: Usage | undefined;
  readonly requestId: string | undefined;
}

/** Older models take one image a request, as a data URL among the inputs; newer ones take contents of both kinds. */
const ONE_IMAGE = /^cohere\.embed-(?:english|multilingual)/i;

function batchesOf(inputs: readonly Input[], modelId: string): readonly (readonly Input[])[] {
  const batches: Input[][] = [];
  let open: Input[] | undefined;
  for (const input of inputs) {
    const alone = typeof input !== "string" && ONE_IMAGE.test(modelId);
    if (open === undefined || alone || open.length === BATCH) {
      open = [];
      batches.push(open);
    }
    open.push(input);
    if (alone) open = undefined;
  }
  return batches;
}

function encodeBatch(batch: readonly Input[], options: EmbedOptions, modelId: string): JsonObject {
  const { truncate, inputType, outputDimensions, embeddingTypes } = options;
  const hasImages = batch.some((input) => typeof input !== "string");
  const asInputs = !hasImages || ONE_IMAGE.test(modelId);
  const type = inputType ?? (asInputs && hasImages ? "image" : undefined);
  return {
    ...(asInputs
      ? { inputs: batch.map((input) => (typeof input === "string" ? input : imageUrl(input))) }
      : {
          embedContents: batch.map((input) =>
            typeof input === "string"
              ? { type: "TEXT", text: input }
              : { type: "IMAGE", imageUrl: { url: imageUrl(input) } },
          ),
        }),
    ...(type === undefined ? {} : { inputType: type.toUpperCase() }),
    ...(truncate === undefined ? {} : { truncate: truncate.toUpperCase() }),
    ...(outputDimensions === undefined ? {} : { outputDimensions }),
    ...(embeddingTypes === undefined ? {} : { embeddingTypes }),
  };
}

function merged(results: readonly BatchResult[], types: readonly EmbeddingType[]): EmbedResult {
  const byType: Partial<Record<EmbeddingType, readonly (readonly number[] | string)[]>> = {};
  for (const type of types) {
    const vectors = results.flatMap((result) => result.byType[type] ?? []);
    if (vectors.length > 0) byType[type] = vectors;
  }
  const sum = (count: (usage: Usage) => number): number =>
    results.reduce((total, { usage }) => total + (usage === undefined ? 0 : count(usage)), 0);
  return {
    embeddings: (byType.float ?? []).filter((each): each is readonly number[] => typeof each !== "string"),
    byType,
    usage: {
      inputTokens: sum((usage) => usage.inputTokens),
      outputTokens: sum((usage) => usage.outputTokens),
      totalTokens: sum((usage) => usage.totalTokens),
    },
    requestIds: results.flatMap(({ requestId }) => requestId ?? []),
  };
}
