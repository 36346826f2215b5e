/** What a row of a price table says. */

/** What a model costs, in US dollars per million tokens, and who says so. */
export interface PriceRow {
  /** As `ChatModel.provider` names it. */
  readonly provider: string;
  /**
   * Model ids. Each stands for its dated versions, too (`-2025-08-07`, `-20250807`, `@20250807`, `-latest`). A `*` stands for any text: `"*"` is
   * every model of the provider.
   */
  readonly models: readonly string[];
  readonly input: number;
  /** Of input tokens that came from the provider's cache. Default: `input`. */
  readonly cachedInput?: number;
  /** Of input tokens that went into it. Default: `input`. */
  readonly cacheWrite?: number;
  /** Of those that were to stay there for an hour. Default: `cacheWrite`. */
  readonly cacheWrite1h?: number;
  /** Of output tokens, reasoning among them. */
  readonly output: number;
  /** The row is for requests of at least so many input tokens. Default 0. Put the row of the longer requests first. */
  readonly from?: number;
  /** The row is for this service tier alone, such as `"flex"`. Default: the standard one. */
  readonly serviceTier?: string;
  /** The day on which the source said this, `YYYY-MM-DD`. */
  readonly asOf: string;
  /** Where it is said: the address of the vendor's price page, or your contract. */
  readonly source: string;
}

/** Rows in the order in which they are asked: the first that fits gives the price. */
export type PriceTable = readonly PriceRow[];

/** Whose tokens are to be priced. */
export interface PricedModel {
  readonly provider: string;
  readonly modelId: string;
  /** As in `ModelResponse.serviceTier`, or `ModelSettings.serviceTier` where the answer does not say. */
  readonly serviceTier?: string | undefined;
}
