/** Summarises what is old once the conversation has grown long, and keeps the latest messages as they are. */
import { ConfigurationError } from "../errors/errors.ts";
import type { ChatModel } from "../model/types.ts";
import { type Checks, checkOptions, having, text, whole } from "../options/check.ts";
import type { CompactionContext, ConversationManager } from "./types.ts";

export interface SummarizingOptions {
  /** Messages from which on it acts, the input of the current run not counted; from 3. Default 40. */
  readonly maxMessages?: number | undefined;
  /** Tokens of the whole request from which on it acts as well. Default: they are not looked at. */
  readonly triggerTokens?: number | undefined;
  /** Latest messages that stay as they are; below `maxMessages`. Default 10, or half of `maxMessages` where that is less. */
  readonly keepRecent?: number | undefined;
  /** Writes the summaries. Default: the agent's auxiliary model. It stays its owner's. */
  readonly model?: ChatModel | undefined;
  /** What the summaries must keep, beside the usual. */
  readonly instructions?: string | undefined;
}

const OPTIONS: Checks<SummarizingOptions> = {
  maxMessages: whole(3),
  triggerTokens: whole(1),
  keepRecent: whole(1),
  model: having("a model", ["complete", "stream"]),
  instructions: text,
};

/** Of `triggerTokens`: for less than that no summary is written, or there would be one in every turn. */
const WORTH = 0.1;

/**
 * Once there are more than `maxMessages` messages, or `triggerTokens` tokens, everything but the input of the current run
 * and the latest `keepRecent` messages gives way to one summary, which takes up the one before it. Where no summary can be
 * had the conversation stays as it is, until the provider says that it does not fit.
 *
 * @throws ConfigurationError for an option out of range.
 * @example
 * ```ts
 * import { Agent, summarizing } from "@locus-sdk/core";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-5",
 *   auxiliaryModel: "oci:openai.gpt-oss-20b",
 *   conversation: summarizing({ maxMessages: 60, instructions: "Keep every order number." }),
 * });
 * ```
 */
export function summarizing(options: SummarizingOptions = {}): ConversationManager {
  checkOptions("summarizing", options, OPTIONS);
  const { maxMessages = 40, triggerTokens = Number.POSITIVE_INFINITY, model, instructions } = options;
  const { keepRecent = Math.min(10, Math.floor(maxMessages / 2)) } = options;
  if (keepRecent >= maxMessages) {
    throw new ConfigurationError(
      `summarizing: keepRecent must be below maxMessages (${maxMessages}), not ${keepRecent}`,
    );
  }
  return Object.freeze({
    compact: async (context: CompactionContext) => {
      const { cause, state, countTokens } = context;
      const long = state.messages.length - state.run.inputMessages > maxMessages;
      const tokens =
        Number.isFinite(triggerTokens) || cause === "overflow" ? await countTokens(state.messages) : 0;
      if (cause === "limit" && !long && tokens <= triggerTokens) return undefined;
      const recent = cause === "overflow" ? Math.ceil(keepRecent / 2) : keepRecent;
      const leastTokens = cause === "limit" && !long ? triggerTokens * WORTH : 0;
      // Loaded once there is something to summarise.
      const { summarise } = await import("./summarise.ts");
      return summarise(context, {
        recent,
        leastTokens,
        model: model ?? context.auxiliaryModel,
        ...(instructions === undefined ? {} : { instructions }),
      });
    },
  });
}
