/** The summary that units give way to. */
import type { Message } from "../messages/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import { addUsage } from "../state/usage.ts";
import { messagesOf } from "./leave-out.ts";
import { type Summary, summaryMessage } from "./summary-message.ts";
import type { CompactionContext, ConversationUnit } from "./types.ts";
import { writeSummary } from "./write-summary.ts";

export interface Abstract {
  readonly message: Message;
  readonly weight: number;
  readonly usage?: Usage;
  readonly failed: boolean;
}

/** A summary of units that weighs no more than `maxTokens`. */
export async function abstractOf(
  context: CompactionContext,
  units: readonly ConversationUnit[],
  options: { readonly model: ChatModel; readonly maxTokens: number; readonly instructions?: string },
): Promise<Abstract> {
  const messages = units.flatMap((unit) => messagesOf(unit, context.state.messages));
  const { summary, ...told } = await writeSummary({ ...options, messages }, context);
  return { ...(await fitting(context, summary, options.maxTokens)), ...told };
}

/** Cut where it is too long: a model keeps to a number of words only roughly. */
async function fitting(
  { weigh }: CompactionContext,
  summary: Summary,
  maxTokens: number,
): Promise<Pick<Abstract, "message" | "weight">> {
  let { text } = summary;
  for (;;) {
    const message = summaryMessage({ ...summary, text });
    const weight = await weigh(message);
    if (weight <= maxTokens || text === "") return { message, weight };
    const length = Math.floor(Math.min(text.length - 6, text.length * (maxTokens / weight) * 0.9));
    text = length <= 0 ? "" : `${text.slice(0, length).toWellFormed()} […]`;
  }
}

export function sumUsage(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  return known.length === 0 ? undefined : known.reduce(addUsage);
}
