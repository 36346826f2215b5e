/** What an answer of this run cost, put on it before anybody sees it. */

import type { PriceTable } from "../model/prices/types.ts";
import { priceResponse } from "../model/prices/usage-cost.ts";
import type { ChatModel, ModelRequest, ModelResponse } from "../model/types.ts";

export function priced(
  { definition: { prices } }: { readonly definition: { readonly prices: PriceTable } },
  response: ModelResponse,
  model: ChatModel,
  { settings }: ModelRequest,
): ModelResponse {
  return priceResponse(response, model, { prices, settings });
}
