/** The prices that are known here. What is not in it is unknown, not free. */
import { deepFreeze } from "../../json/json.ts";
import { ANTHROPIC_PRICES } from "./anthropic.ts";
import { OPENAI_PRICES } from "./openai.ts";
import type { PriceRow, PriceTable } from "./types.ts";

/**
 * List prices that vendors publish, each with its day and its source. OCI is not in it: it bills many models by the
 * character, and its list could not be read row by row.
 *
 * @example
 * ```ts
 * import { PRICES } from "@locus-sdk/core";
 *
 * for (const { models, input, output, asOf } of PRICES) console.log(models.join(", "), input, output, asOf);
 * ```
 */
export const PRICES: PriceTable = deepFreeze([
  ...OPENAI_PRICES,
  ...ANTHROPIC_PRICES,
  // On one's own machine: it costs electricity, which is no token's price.
  {
    provider: "ollama",
    models: ["*"],
    input: 0,
    output: 0,
    asOf: "2026-11-21",
    source: "https://docs.ollama.com",
  },
]);

/** Models that a row of `PRICES` would fit, and whose price is not on any list: these run on their vendor's machines. */
export const UNLISTED: readonly Pick<PriceRow, "provider" | "models">[] = deepFreeze([
  { provider: "ollama", models: ["*-cloud", "*:cloud"] },
]);
