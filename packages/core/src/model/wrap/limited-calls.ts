/** The calls of `withLimits`: refused where the budget is used up, and counted. */
import { deltaTokens, lostTokens, mayBePaid } from "../lost-call.ts";
import { priceOf } from "../prices/cost.ts";
import type { PriceTable } from "../prices/types.ts";
import { priceUsage, tierAsked } from "../prices/usage-cost.ts";
import { readResponse } from "../response.ts";
import type { ChatModel, LostCall, ModelRequest, ModelResponse } from "../types.ts";
import { type Budget, unknownPrice } from "./budget.ts";
import type { Calls } from "./late-calls.ts";
import { OpenedStream } from "./opened-stream.ts";

export function limitedCalls(model: ChatModel, spending: Budget, prices: PriceTable): Calls {
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
  return {
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
  };
}
