/** What an answer of this run cost, put on it before anybody sees it. */
import { priceResponse } from "../model/prices/usage-cost.ts";
import type { ChatModel, ModelRequest, ModelResponse } from "../model/types.ts";
import type { RunContext } from "./context.ts";

export function priced(
  { definition: { prices } }: RunContext,
  response: ModelResponse,
  model: ChatModel,
  { settings }: ModelRequest,
): ModelResponse {
  return priceResponse(response, model, { prices, serviceTier: settings?.serviceTier });
}
