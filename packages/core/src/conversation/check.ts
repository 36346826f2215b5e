/** A manager's decision is checked before it is put on record: what it breaks, every later request would carry. */
import { ConfigurationError } from "../errors/errors.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { Compaction, CompactionEdit, ConversationUnit } from "./types.ts";

/** @throws ConfigurationError where an edit has no place, touches what is fixed, or parts a call from its result. */
export function checkCompaction(
  { edits, origin }: Compaction,
  messages: readonly Message[],
  units: readonly ConversationUnit[],
): void {
  const wrong = (what: string): ConfigurationError =>
    new ConfigurationError(`the conversation manager "${origin}" decided what cannot be done: ${what}`, {
      hint: "Edits are in order, do not overlap, and take whole units that are not fixed.",
    });
  let last = 0;
  for (const { from, count } of edits) {
    const fits = Number.isInteger(from) && Number.isInteger(count) && count >= 0;
    if (!fits || from < last || from + count > messages.length) {
      throw wrong(
        `an edit of ${count} messages from ${from}, in a conversation of ${messages.length} edited up to ${last}`,
      );
    }
    last = from + count;
  }
  const starts = new Set([...units.map(({ from }) => from), messages.length]);
  for (const { from, count, replacement } of edits) {
    if (isRetold(messages.slice(from, from + count), replacement)) continue;
    if (!starts.has(from) || !starts.has(from + count)) {
      throw wrong(`the edit from ${from} parts messages that belong together`);
    }
    const alone = unpaired(replacement);
    if (alone !== undefined) throw wrong(`${alone} in its replacement stands alone`);
  }
  const touched = firstTouched(edits, units);
  if (touched !== undefined) throw wrong(`it touches the messages from ${touched.from}, which are fixed`);
}

/** Both lists are in order: they are walked side by side. */
function firstTouched(
  edits: readonly CompactionEdit[],
  units: readonly ConversationUnit[],
): ConversationUnit | undefined {
  const fixed = units.filter((unit) => unit.fixed);
  let at = 0;
  for (const { from, count } of edits) {
    for (let unit = fixed[at]; unit !== undefined && unit.from + unit.count <= from; unit = fixed[at]) at++;
    const unit = fixed[at];
    // Between two messages of a unit is inside of it, even where nothing is taken away.
    if (unit !== undefined && (count === 0 ? unit.from < from : unit.from < from + count)) return unit;
  }
  return undefined;
}

/** Results may be told in other words, one for one, also where they are a part of their unit. */
function isRetold(before: readonly Message[], after: readonly Message[]): boolean {
  return (
    before.length === after.length &&
    before.every((message, index) => {
      const other = after[index];
      return message.role === "tool" && other?.role === "tool" && message.callId === other.callId;
    })
  );
}

/** A call without a result behind it, or a result without a call before it. */
function unpaired(messages: readonly Message[]): string | undefined {
  const open = new Set<string>();
  for (const message of messages) {
    for (const { id } of toolCallsOf(message)) open.add(id);
    if (message.role === "tool" && !open.delete(message.callId)) {
      return `the result of call "${message.callId}"`;
    }
  }
  const [id] = open;
  return id === undefined ? undefined : `call "${id}"`;
}
