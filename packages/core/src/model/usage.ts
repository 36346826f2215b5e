/** Token counts as providers tell them, brought into the one form that `Usage` has. */
import type { Usage } from "./types.ts";

/** What a provider told; absent is not known. */
export interface TokenCounts {
  /** With what came from the cache and went into it. */
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly total?: number | undefined;
  readonly cached?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  readonly reasoning?: number | undefined;
  readonly costUsd?: number | undefined;
}

/**
 * The usage that those counts are. Some servers leave the reasoning out of the output and count it in the total alone: what
 * the total has beyond input and output was written, and is output.
 *
 * @example
 * ```ts
 * import { usageFrom } from "@locus-sdk/core";
 *
 * usageFrom({ input: 10, output: 5, total: 35, reasoning: 20 }).outputTokens; // 25
 * ```
 */
export function usageFrom(told: TokenCounts): Usage {
  const { input: inputTokens = 0, output = 0, total = 0, cached, cacheWrite, cacheWrite1h } = told;
  const { reasoning, costUsd } = told;
  const outputTokens = Math.max(output, total - inputTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
    ...(cacheWrite1h === undefined ? {} : { cacheWrite1hTokens: cacheWrite1h }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}
