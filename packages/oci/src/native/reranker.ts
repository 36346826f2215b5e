/** Documents by their relevance to a question, over the native `rerankText`. */
import { ModelError } from "@locus-sdk/core";
import { z } from "zod";
import type { OciModelOptions } from "../config/options.ts";
import type { CallOptions, NativeExchange } from "./exchange.ts";
import { checkNativeWay } from "./options.ts";
import { exchangeFor } from "./service.ts";

export interface RerankOptions extends CallOptions {
  /** How many of the most relevant come back. Default: all. */
  readonly topN?: number | undefined;
  readonly maxChunksPerDocument?: number | undefined;
  readonly maxTokensPerDocument?: number | undefined;
}

/** One document's place: its index in what was asked, how relevant it is (0 to 1), and its text. */
export interface RankedDocument {
  readonly index: number;
  readonly relevanceScore: number;
  readonly document: string;
}

export interface RerankResult {
  /** The most relevant first. */
  readonly results: readonly RankedDocument[];
  readonly requestId?: string;
}

const schema = z.object({
  documentRanks: z.array(z.object({ index: z.int().nonnegative(), relevanceScore: z.number() })),
});

/**
 * Ranks documents with a model of OCI Generative AI.
 *
 * @example
 * ```ts
 * import { OCIReranker } from "@locus-sdk/oci";
 *
 * const model = new OCIReranker({ model: "cohere.rerank-v4.0-fast", profile: "DEFAULT", region: "us-chicago-1" });
 * const { results } = await model.rerank("Where is Oslo?", ["Oslo is in Norway.", "Rain."], { topN: 1 });
 * ```
 */
export class OCIReranker {
  readonly provider = "oci";
  readonly modelId: string;
  readonly #exchange: NativeExchange;

  constructor(options: OciModelOptions) {
    checkNativeWay(options, "OCIReranker", []);
    this.#exchange = exchangeFor(options);
    this.modelId = this.#exchange.modelId;
  }

  /**
   * The documents, the most relevant to `query` first.
   *
   * @throws a typed `LocusError`; `ModelError` where the answer names documents that were not asked about.
   */
  async rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<RerankResult> {
    const { topN, maxChunksPerDocument, maxTokensPerDocument, signal, onRetry } = options;
    const { body, requestId } = await this.#exchange.json(
      "rerankText",
      {
        input: query,
        documents,
        // The texts are here already.
        isEcho: false,
        ...(topN === undefined ? {} : { topN }),
        ...(maxChunksPerDocument === undefined ? {} : { maxChunksPerDocument }),
        ...(maxTokensPerDocument === undefined ? {} : { maxTokensPerDocument }),
      },
      { signal, onRetry },
    );
    const remote = requestId === undefined ? {} : { requestId };
    const ranks = schema.safeParse(body).data?.documentRanks;
    const results = ranks?.map(({ index, relevanceScore }) => ({
      index,
      relevanceScore,
      document: documents[index],
    }));
    const known = results?.filter((each): each is RankedDocument => each.document !== undefined);
    if (known === undefined || known.length !== ranks?.length) {
      throw new ModelError(
        `oci model "${this.modelId}" answered with something that is no ranking of the documents`,
        {
          ...remote,
          code: "invalid_response",
        },
      );
    }
    return { results: known.toSorted((a, b) => b.relevanceScore - a.relevanceScore), ...remote };
  }
}
