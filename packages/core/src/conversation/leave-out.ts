/** Leaves units out of a conversation, with one message in their place that tells what was there. */
import type { Message } from "../messages/types.ts";
import { summaryOf } from "./summary-message.ts";
import type { CompactionContext, ConversationUnit } from "./types.ts";

/** The units that may be left out, before the current run's input and behind it. */
export type Regions = readonly (readonly ConversationUnit[])[];

/** All units but the first `head`, the last `tail`, and those that are fixed. A summary is never part of the head. */
export function regionsOf(context: CompactionContext, head: number, tail: number): Regions {
  const { units, state } = context;
  const { messages, run } = state;
  const summary = units.findIndex(({ from }) => summaryOf(messages[from]) !== undefined);
  const from = summary < 0 ? head : Math.min(head, summary);
  const middle = units.slice(from, Math.max(from, units.length - tail)).filter((unit) => !unit.fixed);
  return [
    middle.filter((unit) => unit.from < run.firstMessage),
    middle.filter((unit) => unit.from >= run.firstMessage),
  ];
}

export const messagesOf = (
  { from, count }: ConversationUnit,
  messages: readonly Message[],
): readonly Message[] => messages.slice(from, from + count);

/** Whether leaving them out would do more than write a summary anew. */
export function hasNews(units: readonly ConversationUnit[], messages: readonly Message[]): boolean {
  return units.some(({ from }) => summaryOf(messages[from]) === undefined);
}

/** `units` give way to `message` where the first of them stood. */
export function replaceUnits(
  changes: Map<number, readonly Message[]>,
  units: readonly ConversationUnit[],
  message: Message,
): void {
  let first = true;
  for (const { from, count } of units) {
    for (let index = from; index < from + count; index++) {
      changes.set(index, first ? [message] : []);
      first = false;
    }
  }
}
