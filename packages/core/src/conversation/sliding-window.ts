/** The simplest way to keep a conversation short: the latest messages stay. */

import type { Message } from "../messages/types.ts";
import { type Checks, checkOptions, whole } from "../options/check.ts";
import { hasNews, messagesOf, regionsOf, replaceUnits } from "./leave-out.ts";
import { summaryMessage, withoutSummary } from "./summary-message.ts";
import type { Compaction, CompactionContext, ConversationManager, ConversationUnit } from "./types.ts";
import { editsOf, unitsInHead } from "./units.ts";

export interface SlidingWindowOptions {
  /** Messages that the model is sent, the input of the current run not counted; from 2. Default 40. */
  readonly maxMessages?: number | undefined;
  /** How many of them are the first of the conversation. Default 0. */
  readonly keepFirst?: number | undefined;
}

const OPTIONS: Checks<SlidingWindowOptions> = { maxMessages: whole(2), keepFirst: whole(0) };

/**
 * Keeps the first `keepFirst` and the latest messages, `maxMessages` in all; a line says how many were left out between
 * them. Calls stay with their results, so a turn with many calls may make it a few fewer, or more where it is the last. When
 * the provider says that the conversation does not fit, half of it goes.
 *
 * @throws ConfigurationError for an option out of range.
 * @example
 * ```ts
 * import { Agent, slidingWindow } from "@locus-sdk/core";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", conversation: slidingWindow({ maxMessages: 30 }) });
 * ```
 */
export function slidingWindow(options: SlidingWindowOptions = {}): ConversationManager {
  checkOptions("slidingWindow", options, OPTIONS);
  const { maxMessages = 40, keepFirst = 0 } = options;
  return Object.freeze({
    compact: (context: CompactionContext) =>
      slide(context, maxMessages, Math.min(keepFirst, maxMessages - 2)),
  });
}

function slide(context: CompactionContext, maxMessages: number, keepFirst: number): Compaction | undefined {
  const { cause, state } = context;
  const { messages, run } = state;
  const counted = messages.length - run.inputMessages;
  const most = cause === "overflow" ? Math.min(maxMessages, Math.ceil(counted / 2)) : maxMessages;
  if (counted <= most) return undefined;

  // Worked out when they are asked for, which most turns need not.
  const { units } = context;
  const changes = new Map<number, readonly Message[]>();
  // The latest unit stays, however large: without it the model could not go on.
  let left = counted;
  for (const region of regionsOf(context, unitsInHead(units, keepFirst), 1)) {
    const out: ConversationUnit[] = [];
    for (const unit of region) {
      // One message takes their place.
      if (left - messagesIn(out) + (out.length === 0 ? 0 : 1) <= most) break;
      out.push(unit);
    }
    const given = messagesIn(out);
    if (given < 2 || !hasNews(out, messages)) continue;
    const lost = withoutSummary(out.flatMap((unit) => messagesOf(unit, messages)));
    replaceUnits(changes, out, summaryMessage(lost));
    left += 1 - given;
  }
  return changes.size === 0 ? undefined : { edits: editsOf(changes), origin: "sliding_window" };
}

const messagesIn = (units: readonly ConversationUnit[]): number =>
  units.reduce((sum, { count }) => sum + count, 0);
