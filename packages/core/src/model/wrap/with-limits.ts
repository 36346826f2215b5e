/** A model whose calls share a budget of tokens and money, and are refused once it is used up. */
import { ConfigurationError } from "../../errors/errors.ts";
import { type Checks, checkOptions, having, time, whole } from "../../options/check.ts";
import { budget as amount, priceTable } from "../prices/check.ts";
import type { PriceTable } from "../prices/types.ts";
import type { ChatModel } from "../types.ts";
import { type Budget, type BudgetOptions, budget } from "./budget.ts";
import { lateCalls } from "./late-calls.ts";
import { wrapModel } from "./wrap.ts";

/** A budget of this model's own, or one that it shares. */
export interface WithLimitsOptions extends BudgetOptions {
  /** Made with `budget()`, instead of limits of its own. */
  readonly budget?: Budget | undefined;
  /** What models cost, asked before the built-in `PRICES`. */
  readonly prices?: PriceTable | undefined;
}

const OPTIONS: Checks<WithLimitsOptions> = {
  maxTokens: whole(1),
  maxCostUsd: amount,
  perMs: time,
  budget: having("a budget", ["check", "add"]),
  prices: priceTable,
};

/**
 * Counts what `model` uses against a budget, and refuses calls once it is used up: they reject with `BudgetExceededError`,
 * and nothing is sent. What is under way by then is finished, so calls at the same time may go beyond it.
 *
 * A call that is left, breaks off or fails in any way that may be paid for is counted by estimate, as far as nobody told what
 * it used. An answer whose server told no usage has estimated tokens and no known cost. Where money is limited and the price of the model is not known, calls reject with `ConfigurationError`; where another model answered
 * than was asked, after the first such answer.
 *
 * @throws ConfigurationError without a limit, for options that do not fit, or for limits beside a shared budget.
 * @example
 * ```ts
 * import { Agent, withLimits } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const model = withLimits(new OpenAIModel({ model: "gpt-5-mini", apiKey: "…" }), {
 *   maxCostUsd: 2,
 *   perMs: 3_600_000,
 * });
 * const agent = new Agent({ model });
 * ```
 */
export function withLimits(model: ChatModel, options: WithLimitsOptions): ChatModel {
  checkOptions("withLimits", options, OPTIONS);
  const { budget: shared, prices = [], ...limits } = options;
  if (shared !== undefined && Object.values(limits).some((limit) => limit !== undefined)) {
    throw new ConfigurationError("withLimits: it has limits of its own beside a shared budget", {
      hint: "Give the limits to budget(), and the budget alone to withLimits().",
    });
  }
  const spending = shared ?? budget(limits);
  return wrapModel(model, {
    owner: "withLimits",
    ...lateCalls(async () => (await import("./limited-calls.ts")).limitedCalls(model, spending, prices)),
  });
}
