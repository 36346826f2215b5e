/** A model whose calls share a budget of tokens and money, and are refused once it is used up. */
import { estimatePartTokens, estimateTokens } from "../../conversation/estimate.ts";
import { ConfigurationError } from "../../errors/errors.ts";
import { type Checks, checkOptions, having, time, whole } from "../../options/check.ts";
import { budget as amount, priceTable } from "../prices/check.ts";
import { priceOf } from "../prices/cost.ts";
import type { PriceTable } from "../prices/types.ts";
import { priceUsage } from "../prices/usage-cost.ts";
import { readResponse } from "../response.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../types.ts";
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
 * A stream that is left or breaks off is counted by estimate: it tells no usage, and is paid for all the same. Where money
 * is limited and the price of the model is not known, calls reject with `ConfigurationError`; where another model answered
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
    if (priceOf({ provider, modelId, serviceTier: settings?.serviceTier }, prices) === undefined) {
      throw unknownPrice(`${provider}:${modelId}`, maxCostUsd);
    }
  };
  const count = (
    response: Pick<ModelResponse, "usage" | "provider" | "modelId">,
    asked: ModelRequest,
  ): void => spending.add(priceUsage(response, model, { prices, serviceTier: asked.settings?.serviceTier }));
  return wrapModel(model, {
    owner: "withLimits",
    complete: async (request) => {
      check(request);
      const response = await model.complete(request);
      count(readResponse(response, `${model.provider}:${model.modelId}`), request);
      return response;
    },
    stream: (request) =>
      new OpenedStream(request.signal, async ({ signal, begin }) => {
        check(request);
        const begun = await begin(model.stream({ ...request, signal }));
        let written = 0;
        let counted = begun.first.done === true;
        return {
          ...begun,
          map: (part) => {
            if (part.type === "finish") {
              count(readResponse(part.response, `${model.provider}:${model.modelId}`), request);
              counted = true;
            } else written += deltaTokens(part);
            return part;
          },
          onEnd: () => {
            if (counted) return;
            const inputTokens = estimateTokens(request);
            const usage = { inputTokens, outputTokens: written, totalTokens: inputTokens + written };
            count({ usage, modelId: model.modelId }, request);
          },
        };
      }),
  });
}

function deltaTokens(part: Exclude<ModelStreamPart, { type: "finish" }>): number {
  const text = part.type === "tool_call_delta" ? part.argumentsDelta : part.text;
  return estimatePartTokens({ type: "text", text });
}
