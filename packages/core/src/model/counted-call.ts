/** One call of a model, counted and priced, also where it comes to nothing. */
import { abortable } from "../async/abort.ts";
import { lostUsage, mayBePaid } from "./lost-call.ts";
import type { PriceTable } from "./prices/types.ts";
import { priceResponse } from "./prices/usage-cost.ts";
import { readResponse } from "./response.ts";
import type { ChatModel, ModelRequest, ModelResponse, Usage } from "./types.ts";

/** The answer as a model gave it, read and priced: the one way in which an answer is counted. */
export function countedAnswer(
  given: unknown,
  model: Pick<ChatModel, "provider" | "modelId">,
  request: ModelRequest,
  prices: PriceTable,
): ModelResponse {
  const read = readResponse(given, `${model.provider}:${model.modelId}`, request);
  return priceResponse(read, model, { prices, settings: request.settings });
}

/** @param onUsage Told what the call cost, whatever it came to; not told of one that was certainly free. */
export async function countedCall(
  model: ChatModel,
  request: ModelRequest,
  prices: PriceTable,
  onUsage: (usage: Usage) => void,
): Promise<ModelResponse> {
  const { signal } = request;
  signal?.throwIfAborted();
  let response: ModelResponse;
  try {
    const asked = model.complete(request);
    const given = await (signal === undefined ? asked : abortable(asked, signal));
    response = countedAnswer(given, model, request, prices);
  } catch (error) {
    // Aborted, it was under way, whatever the reason is called.
    if (signal?.aborted === true || mayBePaid(error)) onUsage(lostUsage(error, model, request, { prices }));
    throw error;
  }
  onUsage(response.usage);
  return response;
}
