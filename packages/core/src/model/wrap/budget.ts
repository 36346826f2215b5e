/** Tokens and money that any number of models may use up together. */
import { BudgetExceededError, ConfigurationError } from "../../errors/errors.ts";
import { type Checks, checkOptions, time, whole } from "../../options/check.ts";
import { costOfRun, dollars, type RunCost, unknownCost } from "../../state/cost.ts";
import { addUsage, NO_USAGE } from "../../state/usage.ts";
import { budget as amount } from "../prices/check.ts";
import type { Usage } from "../types.ts";

export interface BudgetOptions {
  /** Tokens, input and output together. Default: no limit. */
  readonly maxTokens?: number | undefined;
  /** US dollars. Default: no limit. */
  readonly maxCostUsd?: number | undefined;
  /** The budget begins anew so many milliseconds after its first use. Default: never. */
  readonly perMs?: number | undefined;
}

/** What was used of a budget, since it last began. */
export interface BudgetUse {
  readonly calls: number;
  readonly tokens: number;
  readonly cost: RunCost;
}

export interface Budget {
  readonly maxTokens: number | undefined;
  readonly maxCostUsd: number | undefined;
  readonly used: BudgetUse;
  /** ISO 8601, UTC; absent where it does not renew, or was not used yet. */
  readonly renewsAt: string | undefined;
  /** @throws BudgetExceededError once it is used up. @throws ConfigurationError once what was used has no known price. */
  check(): void;
  /** Counts one call. */
  add(usage: Usage): void;
}

const OPTIONS: Checks<BudgetOptions> = { maxTokens: whole(1), maxCostUsd: amount, perMs: time };

/**
 * A budget for `withLimits`, to be shared by models and looked at. It lives in this process, and ends with it.
 *
 * @throws ConfigurationError without a limit, or for one out of range.
 * @example
 * ```ts
 * import { budget, withLimits } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const daily = budget({ maxCostUsd: 5, perMs: 24 * 3_600_000 });
 * const large = withLimits(new OpenAIModel({ model: "gpt-5", apiKey: "…" }), { budget: daily });
 * const small = withLimits(new OpenAIModel({ model: "gpt-5-nano", apiKey: "…" }), { budget: daily });
 * console.log(daily.used.cost.knownUsd, daily.renewsAt);
 * ```
 */
export function budget(options: BudgetOptions): Budget {
  checkOptions("budget", options, OPTIONS);
  const { maxTokens, maxCostUsd, perMs } = options;
  if (maxTokens === undefined && maxCostUsd === undefined) {
    throw new ConfigurationError("budget: it limits nothing", {
      hint: "Give maxTokens, maxCostUsd or both.",
    });
  }
  return new SharedBudget(maxTokens, maxCostUsd, perMs);
}

class SharedBudget implements Budget {
  readonly maxTokens: number | undefined;
  readonly maxCostUsd: number | undefined;
  readonly #perMs: number | undefined;
  #calls = 0;
  #usage = NO_USAGE;
  /** Of the first use; a clock that is set does not make the period longer or shorter. */
  #began: { readonly clock: number; readonly wall: number } | undefined;

  constructor(maxTokens: number | undefined, maxCostUsd: number | undefined, perMs: number | undefined) {
    this.maxTokens = maxTokens;
    this.maxCostUsd = maxCostUsd;
    this.#perMs = perMs;
  }

  get used(): BudgetUse {
    this.#renew();
    return { calls: this.#calls, tokens: this.#usage.totalTokens, cost: costOfRun(this.#usage) };
  }

  get renewsAt(): string | undefined {
    this.#renew();
    if (this.#perMs === undefined || this.#began === undefined) return undefined;
    return new Date(this.#began.wall + this.#perMs).toISOString();
  }

  check(): void {
    const { tokens, cost } = this.used;
    const { maxTokens, maxCostUsd } = this;
    if (maxTokens !== undefined && tokens >= maxTokens) throw this.#spent(`${tokens} of ${maxTokens} tokens`);
    if (maxCostUsd === undefined) return;
    if (cost.knownUsd >= maxCostUsd) throw this.#spent(`${dollars(cost.knownUsd)} of ${dollars(maxCostUsd)}`);
    if (cost.usd === undefined) throw unknownPrice(unknownCost(this.#usage).cause, maxCostUsd);
  }

  add(usage: Usage): void {
    this.#renew();
    this.#began ??= { clock: performance.now(), wall: Date.now() };
    this.#calls += 1;
    this.#usage = addUsage(this.#usage, usage);
  }

  #renew(): void {
    if (this.#perMs === undefined || this.#began === undefined) return;
    if (performance.now() - this.#began.clock < this.#perMs) return;
    this.#began = undefined;
    this.#calls = 0;
    this.#usage = NO_USAGE;
  }

  #spent(what: string): BudgetExceededError {
    const { renewsAt } = this;
    const when = renewsAt === undefined ? "it does not renew" : `it renews at ${renewsAt}`;
    return new BudgetExceededError(`the budget is used up: ${what} in ${this.#calls} calls; ${when}`, {
      hint: "Nothing was sent. Wait until it renews, or give the calls a larger budget.",
      ...(renewsAt === undefined ? {} : { renewsAt }),
    });
  }
}

/** A budget of money cannot be kept for tokens whose price nobody knows. */
export function unknownPrice(cause: string, usd: number): ConfigurationError {
  return new ConfigurationError(`withLimits: ${cause}, so a budget of ${dollars(usd)} cannot be kept`, {
    hint: 'A budget of tokens (maxTokens) can be kept by estimate. A price is given so: prices: [{ provider: "oci", models: ["openai.gpt-oss-120b"], input: 0.15, output: 0.6, asOf: "2026-11-01", source: "our contract" }], in US dollars per million tokens.',
  });
}
