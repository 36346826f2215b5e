/** Summarises what is old once the conversation has grown long, and keeps the latest messages as they are. */
import { ConfigurationError } from "../errors/errors.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel } from "../model/types.ts";
import { type Checks, checkOptions, having, text, whole } from "../options/check.ts";
import {
  type Abstract,
  abstractOf,
  hasNews,
  messagesOf,
  regionsOf,
  replaceUnits,
  sumUsage,
} from "./leave-out.ts";
import type { Compaction, CompactionContext, ConversationManager } from "./types.ts";
import { editsOf, unitsInTail } from "./units.ts";

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

/** How long a summary may become: half of what it stands for, within these. */
const MAX_SUMMARY_TOKENS = 2000;
const MIN_SUMMARY_TOKENS = 300;
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
      return summarise(context, {
        recent,
        leastTokens,
        model: model ?? context.auxiliaryModel,
        ...(instructions === undefined ? {} : { instructions }),
      });
    },
  });
}

interface Task {
  readonly recent: number;
  readonly leastTokens: number;
  readonly model: ChatModel;
  readonly instructions?: string;
}

async function summarise(context: CompactionContext, task: Task): Promise<Compaction | undefined> {
  const { cause, state, units, weigh } = context;
  const changes = new Map<number, readonly Message[]>();
  const written: Abstract[] = [];
  for (const region of regionsOf(context, 0, unitsInTail(units, task.recent))) {
    const messages = region.flatMap((unit) => messagesOf(unit, state.messages));
    if (messages.length < 2 || !hasNews(region, state.messages)) continue;
    let weight = 0;
    for (const message of messages) weight += await weigh(message);
    if (weight < task.leastTokens) continue;
    const maxTokens = Math.min(MAX_SUMMARY_TOKENS, Math.max(MIN_SUMMARY_TOKENS, Math.floor(weight / 2)));
    const abstract = await abstractOf(context, region, { ...task, maxTokens });
    // Nothing is pressing yet: better long than lost. What was paid for goes on record, though.
    if (abstract.failed && abstract.usage === undefined && cause === "limit") continue;
    written.push(abstract);
    replaceUnits(changes, region, abstract.message);
  }
  if (changes.size === 0) return undefined;
  const usage = sumUsage(written.map((one) => one.usage));
  return { edits: editsOf(changes), origin: "summarizing", ...(usage === undefined ? {} : { usage }) };
}
