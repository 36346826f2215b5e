/** A model whose answers are counted and priced, also those that come to nothing. */
import { abortable } from "../../async/abort.ts";
import type { PriceTable } from "../../model/prices/types.ts";
import { priceResponse } from "../../model/prices/usage-cost.ts";
import { readResponse } from "../../model/response.ts";
import type { ChatModel, Usage } from "../../model/types.ts";
import { addUsage, NO_USAGE } from "../../state/usage.ts";

export interface CountedModel {
  readonly model: ChatModel;
  /** Of all answers so far. */
  usage(): Usage;
}

export function counted(model: ChatModel, prices: PriceTable): CountedModel {
  let usage = NO_USAGE;
  const { provider, modelId, capabilities } = model;
  return {
    usage: () => usage,
    model: {
      provider,
      modelId,
      capabilities,
      async complete(request) {
        const asked = model.complete(request);
        const answered = await (request.signal === undefined ? asked : abortable(asked, request.signal));
        const read = readResponse(answered, `${provider}:${modelId}`);
        const response = priceResponse(read, model, { prices, serviceTier: request.settings?.serviceTier });
        usage = addUsage(usage, response.usage);
        return response;
      },
      stream: (request) => model.stream(request),
    },
  };
}
