/** Writes the summaries that `summarizing()` asks for. */
import type { Message } from "../messages/types.ts";
import type { ChatModel } from "../model/types.ts";
import { type Abstract, abstractOf, sumUsage } from "./abstract.ts";
import { hasNews, messagesOf, regionsOf, replaceUnits } from "./leave-out.ts";
import type { Compaction, CompactionContext } from "./types.ts";
import { editsOf, unitsInTail } from "./units.ts";

/** How long a summary may become: half of what it stands for, within these. */
const MAX_SUMMARY_TOKENS = 2000;
const MIN_SUMMARY_TOKENS = 300;

interface Task {
  readonly recent: number;
  readonly leastTokens: number;
  readonly model: ChatModel;
  readonly instructions?: string;
}

export async function summarise(context: CompactionContext, task: Task): Promise<Compaction | undefined> {
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
