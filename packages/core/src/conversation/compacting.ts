/** Makes the room that `compactor()` says is needed. */
import { abstractOf, sumUsage } from "./abstract.ts";
import { LEAST_RESULT_CHARS } from "./compactor.ts";
import { Draft } from "./draft.ts";
import { hasNews, messagesOf, regionsOf } from "./leave-out.ts";
import { summaryMessage, withoutSummary } from "./summary-message.ts";
import type { Compaction, CompactionContext, ConversationUnit } from "./types.ts";
import { unitsInHead, unitsInTail } from "./units.ts";

/** How long a summary may become. */
const SUMMARY_SHARE = 0.1;
const MAX_SUMMARY_TOKENS = 2000;
const MIN_SUMMARY_TOKENS = 200;

interface Keeps {
  readonly keepHead: number;
  readonly keepTail: number;
  readonly toolResultChars: number;
}

/** Down to `goal` tokens, from `before`, as far as it goes. */
export async function makeRoom(
  context: CompactionContext,
  options: Keeps,
  { before, goal }: { readonly before: number; readonly goal: number },
): Promise<Compaction | undefined> {
  // Worked out when they are asked for, which most turns need not.
  const { units } = context;
  const draft = await Draft.of(context, before);
  const tail = unitsInTail(units, options.keepTail);
  const old = units.slice(0, Math.max(0, units.length - tail));
  await draft.shortenResults(old, options.toolResultChars, goal);
  await leaveOut(context, draft, { head: unitsInHead(units, options.keepHead), tail, goal });
  for (let chars = options.toolResultChars; draft.tokens > goal; chars /= 4) {
    await draft.shortenResults(units, Math.max(LEAST_RESULT_CHARS, chars), goal);
    if (chars <= LEAST_RESULT_CHARS) break;
  }

  const edits = draft.edits();
  if (edits.length === 0) return undefined;
  const usage = sumUsage(draft.usages);
  return {
    edits,
    origin: "compactor",
    tokensBefore: before,
    tokensAfter: draft.tokens,
    ...(usage === undefined ? {} : { usage }),
  };
}

/** As many of the oldest units as it takes, in exchange for a summary: first before the run's input, then behind it. */
async function leaveOut(
  context: CompactionContext,
  draft: Draft,
  { head, tail, goal }: { readonly head: number; readonly tail: number; readonly goal: number },
): Promise<void> {
  const { messages } = context.state;
  const longest = Math.min(
    MAX_SUMMARY_TOKENS,
    Math.max(MIN_SUMMARY_TOKENS, Math.floor(goal * SUMMARY_SHARE)),
  );
  for (const region of regionsOf(context, head, tail)) {
    const out: ConversationUnit[] = [];
    let weight = 0;
    for (const unit of region) {
      if (draft.tokens - weight + longest <= goal && hasNews(out, messages)) break;
      out.push(unit);
      weight += draft.weightOf(unit);
    }
    if (draft.tokens <= goal || !hasNews(out, messages)) continue;
    const maxTokens = Math.min(longest, Math.floor(weight / 2));
    // For so little a summary would be no shorter.
    if (maxTokens < MIN_SUMMARY_TOKENS) {
      const lost = summaryMessage(withoutSummary(out.flatMap((unit) => messagesOf(unit, messages))));
      draft.replace(out, lost, await context.weigh(lost));
      continue;
    }
    const {
      message,
      weight: own,
      usage,
    } = await abstractOf(context, out, {
      model: context.auxiliaryModel,
      maxTokens,
    });
    draft.usages.push(usage);
    draft.replace(out, message, own);
  }
}
