/** A model whose answers are counted and priced, also those that come to nothing. */
import { countedCall } from "../model/counted-call.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import { addUsage, NO_USAGE } from "../state/usage.ts";

export interface CountedModel {
  readonly model: ChatModel;
  /** Of all answers so far. */
  usage(): Usage;
}

/** @param before Told before each call what was used so far: where it throws, the call is not made. */
export function counted(
  model: ChatModel,
  prices: PriceTable,
  before: (used: Usage) => void = () => undefined,
): CountedModel {
  let usage = NO_USAGE;
  const { provider, modelId, capabilities } = model;
  const add = (more: Usage): void => {
    usage = addUsage(usage, more);
  };
  return {
    usage: () => usage,
    model: {
      provider,
      modelId,
      capabilities,
      complete: async (request) => {
        before(usage);
        return countedCall(model, request, prices, add);
      },
      stream: (request) => model.stream(request),
    },
  };
}
