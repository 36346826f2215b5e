/** Tokens as a manager asks for them: of a conversation behind its system prompt and beside its tools. */
import type { Logger } from "../log/logger.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel, ModelRequest, TokenCountRequest } from "../model/types.ts";
import { redactError } from "../text/redact-error.ts";
import { estimateTokens } from "./estimate.ts";
import type { CompactionContext } from "./types.ts";

/** Counts by the model's own tokenizer, or by estimate where it has none or it fails, which is told once. */
export function counterOf(model: ChatModel, logger: Logger): (request: TokenCountRequest) => Promise<number> {
  let failed = model.countTokens === undefined;
  return async (request) => {
    if (failed || model.countTokens === undefined) return estimateTokens(request);
    try {
      const tokens = await model.countTokens(request);
      if (Number.isFinite(tokens) && tokens >= 0) return tokens;
      logger.warn({ tokens }, "the model counts tokens in what is no number: they are estimated");
    } catch (error) {
      logger.warn({ err: redactError(error) }, "tokens could not be counted: they are estimated");
    }
    failed = true;
    return estimateTokens(request);
  };
}

/** Both count in the same tokens: what a conversation comes to is what its messages weigh and a constant. */
export function requestCounter(
  model: ChatModel,
  { messages: sent, tools, outputSchema }: ModelRequest,
  conversation: readonly Message[],
  logger: Logger,
): Pick<CompactionContext, "countTokens" | "weigh"> {
  const count = counterOf(model, logger);
  const begin = sent.findIndex((message) => message.role !== "system" || message === conversation[0]);
  const prompt = begin < 0 ? sent : sent.slice(0, begin);
  const beside = {
    ...(tools === undefined ? {} : { tools }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
  return {
    countTokens: (messages) => count({ ...beside, messages: [...prompt, ...messages] }),
    weigh: async (message) => (await count({ messages: [message] })) - (await count({ messages: [] })),
  };
}
