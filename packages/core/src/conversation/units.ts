/** The conversation in units that stay or go together, and edits on them. Pure. */
import { toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { AgentState } from "../state/types.ts";
import type { CompactionEdit, ConversationUnit } from "./types.ts";

/** Calls with all their results are one unit, whatever stands in between; every other message is its own. */
export function unitsOf({
  messages,
  run,
}: Pick<AgentState, "messages" | "run">): readonly ConversationUnit[] {
  const ends = messages.map((_, index) => index);
  const callers = new Map<string, number>();
  for (const [index, message] of messages.entries()) {
    for (const { id } of toolCallsOf(message)) callers.set(id, index);
    const caller = message.role === "tool" ? callers.get(message.callId) : undefined;
    if (caller !== undefined) ends[caller] = index;
  }
  const open = new Set(run.pending.map(({ call }) => call.id));
  const isFixed = (message: Message, index: number): boolean =>
    message.role === "system" ||
    (index >= run.firstMessage - run.inputMessages && index < run.firstMessage) ||
    toolCallsOf(message).some(({ id }) => open.has(id));

  const units: ConversationUnit[] = [];
  for (let from = 0; from < messages.length; ) {
    let end = from;
    for (let at = from; at <= end; at++) end = Math.max(end, ends[at] ?? at);
    const count = end + 1 - from;
    const fixed = messages.slice(from, end + 1).some((message, offset) => isFixed(message, from + offset));
    units.push(Object.freeze({ from, count, fixed }));
    from = end + 1;
  }
  return Object.freeze(units);
}

/** How many units, from the end, hold the last `messages` messages. */
export function unitsInTail(units: readonly ConversationUnit[], messages: number): number {
  let held = 0;
  let tail = 0;
  while (tail < units.length && held < messages) {
    tail++;
    held += units.at(-tail)?.count ?? 0;
  }
  return tail;
}

/** How many units, from the beginning, hold the first `messages` messages. */
export function unitsInHead(units: readonly ConversationUnit[], messages: number): number {
  let held = 0;
  let head = 0;
  while (head < units.length && held < messages) {
    held += units[head]?.count ?? 0;
    head++;
  }
  return head;
}

/** By index, what stands there instead. */
export type Changes = ReadonlyMap<number, readonly Message[]>;

/** Neighbours become one edit; results told in fewer words stay apart from units that are left out. */
export function editsOf(changes: Changes): readonly CompactionEdit[] {
  const edits: { from: number; count: number; replacement: Message[]; retold: boolean }[] = [];
  for (const [index, messages] of [...changes].sort(([a], [b]) => a - b)) {
    const last = edits.at(-1);
    const retold = messages[0]?.role === "tool";
    if (last !== undefined && last.from + last.count === index && last.retold === retold) {
      last.count++;
      last.replacement.push(...messages);
    } else {
      edits.push({ from: index, count: 1, replacement: [...messages], retold });
    }
  }
  return edits.map(({ retold: _retold, ...edit }) => edit);
}
