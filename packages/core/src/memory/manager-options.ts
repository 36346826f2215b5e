/** The options of `memory()`: what they are, their limits and defaults; and what it reports. */
import type { LocusError } from "../errors/errors.ts";
import type { Logger } from "../log/logger.ts";
import { priceTable } from "../model/prices/check.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import {
  type Checks,
  checkOptions,
  either,
  func,
  having,
  must,
  shape,
  text,
  whole,
} from "../options/check.ts";
import { timeToLive } from "./contract.ts";
import { type MemoryNamespaceRule, namespaceRule } from "./scope.ts";
import type { MemoryNamespace, MemoryStore } from "./types.ts";

/** How a run is shown what is remembered. */
export interface MemoryInjectOptions {
  /** At most so many notes. Default 8. */
  readonly limit?: number | undefined;
  /** Characters of the whole message. Default 4,000. */
  readonly maxChars?: number | undefined;
  /** How well a note must fit the input; see `MemoryMatch.matched`. Default `{ text: 0.1, semantic: 0.3 }`. */
  readonly minScore?:
    | { readonly text?: number | undefined; readonly semantic?: number | undefined }
    | undefined;
}

/** How a run is learned from. */
export interface MemoryExtractOptions {
  /** At most so many facts of one run. Default 10. */
  readonly maxFacts?: number | undefined;
  /** What is worth keeping in your case, in a few sentences; added to the prompt. */
  readonly instructions?: string | undefined;
}

export interface MemoryOptions {
  readonly store: MemoryStore;
  /**
   * Whose memory it is. Default: `["users", metadata.userId]`. Where it is `undefined`, nothing is read or written.
   */
  readonly namespace?: MemoryNamespaceRule | undefined;
  /** Takes the notes. Default: the agent's `auxiliaryModel`. */
  readonly model?: ChatModel | undefined;
  /** `false`: runs are shown nothing. */
  readonly inject?: false | MemoryInjectOptions | undefined;
  /** `false`: nothing is learned. */
  readonly extract?: false | MemoryExtractOptions | undefined;
  /** Facts of one namespace; beyond it those go that were not learned, confirmed or shown for longest. Default 200. */
  readonly maxItems?: number | undefined;
  /** Milliseconds after which a fact goes that was not learned, confirmed or shown again; whole, up to 100 years. Default: it stays. */
  readonly ttlMs?: number | undefined;
  /** What the model that takes the notes costs, asked before the built-in `PRICES`. */
  readonly prices?: PriceTable | undefined;
  /** Told what became of each run, and what it cost. */
  readonly onReport?: ((report: MemoryReport) => void) | undefined;
  /** Default: that of agents, warnings to stderr. */
  readonly logger?: Logger | undefined;
}

/** What was learned of one run. Ids of facts, not their texts. */
export interface MemoryReport {
  readonly namespace: MemoryNamespace;
  readonly threadId: string;
  readonly runId: string;
  readonly learned: readonly string[];
  readonly updated: readonly string[];
  readonly forgotten: readonly string[];
  /** Gone because there were more than `maxItems`. */
  readonly evicted: readonly string[];
  /** Of the model that took the notes; absent where it was not asked, or failed free of charge. */
  readonly usage?: Usage;
  /** Why nothing, or not everything, was learned. */
  readonly error?: LocusError;
}

const score = must("a number from 0 to 1", (value) => typeof value === "number" && value >= 0 && value <= 1);
const isFalse = (value: unknown): boolean => value === false;
const no = must("false or an object of options", isFalse);

const OPTIONS: Checks<MemoryOptions> = {
  store: having("a memory store", ["put", "get", "search", "list"]),
  namespace: namespaceRule,
  model: having("a model", ["complete"]),
  inject: either(
    isFalse,
    no,
    shape<MemoryInjectOptions>({
      limit: whole(1, 100),
      maxChars: whole(500),
      minScore: shape<NonNullable<MemoryInjectOptions["minScore"]>>({ text: score, semantic: score }),
    }),
  ),
  extract: either(isFalse, no, shape<MemoryExtractOptions>({ maxFacts: whole(1, 100), instructions: text })),
  prices: priceTable,
  maxItems: whole(1, 10_000),
  ttlMs: timeToLive,
  onReport: func,
  logger: having("a logger", ["debug", "info", "warn", "error"]),
};

/** @throws ConfigurationError for an option that is unknown, missing or does not fit. */
export function checkMemoryOptions(options: MemoryOptions): void {
  checkOptions("memory", options, OPTIONS, ["store"]);
}
