/** A model whose calls share a budget of tokens and money, and are refused once it is used up. */
import { ConfigurationError } from "../../errors/errors.ts";
import { type Checks, checkOptions, having, time, whole } from "../../options/check.ts";
import { deltaTokens, lostTokens, mayBePaid } from "../lost-call.ts";
import { budget as amount, priceTable } from "../prices/check.ts";
import { priceOf } from "../prices/cost.ts";
import type { PriceTable } from "../prices/types.ts";
import { priceUsage, tierAsked } from "../prices/usage-cost.ts";
import { readResponse } from "../response.ts";
import type { ChatModel, LostCall, ModelRequest, ModelResponse } from "../types.ts";
import { type Budget, type BudgetOptions, budget, unknownPrice } from "./budget.ts";
import { OpenedStream } from "./opened-stream.ts";
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
  const check = ({ settings }: ModelRequest): void => {
    spending.check();
    const { provider, modelId } = model;
    const { maxCostUsd } = spending;
    if (maxCostUsd === undefined) return;
    if (priceOf({ provider, modelId, serviceTier: tierAsked(settings) }, prices) === undefined) {
      throw unknownPrice(`the price of ${provider}:${modelId} is not known`, maxCostUsd);
    }
  };
  const nameOf = (): string => `${model.provider}:${model.modelId}`;
  const count = (
    response: Pick<ModelResponse, "usage" | "provider" | "modelId">,
    asked: ModelRequest,
  ): void => spending.add(priceUsage(response, model, { prices, settings: asked.settings }));
  /** By estimate, and at its price: left open, what such a call cost would keep the budget closed for ever. */
  const lose = (lost: LostCall, asked: ModelRequest): void => {
    const { estimated: _mark, unpriced: _name, ...usage } = lost.usage;
    spending.add(priceUsage({ ...lost, usage }, lost, { prices, settings: asked.settings }));
  };
  const failed = (error: unknown, asked: ModelRequest, written?: number): void => {
    const { provider, modelId } = model;
    lose({ provider, modelId, usage: lostTokens(error, asked, written) }, asked);
  };
  const sent = (request: ModelRequest): ModelRequest => ({
    ...request,
    onRetry: (notice) => {
      if (notice.lost !== undefined) lose(notice.lost, request);
      request.onRetry?.(notice);
    },
  });
  return wrapModel(model, {
    owner: "withLimits",
    complete: async (request) => {
      check(request);
      const isLeft = (): boolean => request.signal?.aborted === true;
      const wasLeft = isLeft();
      try {
        const response = await model.complete(sent(request));
        count(readResponse(response, nameOf(), request), request);
        return response;
      } catch (error) {
        if (!wasLeft && (isLeft() || mayBePaid(error))) failed(error, request);
        throw error;
      }
    },
    stream: (request) =>
      new OpenedStream(request.signal, async ({ signal, begin }) => {
        check(request);
        const wasLeft = signal.aborted;
        const begun = await begin(model.stream({ ...sent(request), signal })).catch((error: unknown) => {
          if (!wasLeft && (signal.aborted || mayBePaid(error))) failed(error, request);
          throw error;
        });
        let written = 0;
        let counted = false;
        return {
          ...begun,
          map: (part) => {
            if (part.type === "finish") {
              count(readResponse(part.response, nameOf(), request), request);
              counted = true;
            } else written += deltaTokens(part);
            return part;
          },
          onEnd: () => {
            if (!counted) failed(undefined, request, written);
          },
        };
      }),
  });
}
