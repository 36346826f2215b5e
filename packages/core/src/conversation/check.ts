/** A manager's decision is checked before it is put on record: what it breaks, every later request would carry. */
import { ConfigurationError } from "../errors/errors.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { Compaction, CompactionEdit, ConversationUnit } from "./types.ts";
import { applyEdits } from "./units.ts";

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
    const whole = starts.has(from) && starts.has(from + count);
    // Within a unit, results may be told in fewer words, one for one.
    const retold = replacement.length === count && replacement.every(({ role }) => role === "tool");
    if (!whole && !retold) throw wrong(`the edit from ${from} parts messages that belong together`);
  }
  const touched = firstTouched(edits, units);
  if (touched !== undefined) throw wrong(`it touches the messages from ${touched.from}, which are fixed`);
  const before = unpaired(messages);
  const parted = [...unpaired(applyEdits(messages, edits))].find((one) => !before.has(one));
  if (parted !== undefined) throw wrong(`${parted} would stand alone`);
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

/** Calls without a result behind them, and results without a call before them. */
function unpaired(messages: readonly Message[]): ReadonlySet<string> {
  const open = new Set<string>();
  const called = new Set<string>();
  const found = new Set<string>();
  for (const message of messages) {
    for (const { id } of toolCallsOf(message)) {
      open.add(id);
      called.add(id);
    }
    if (message.role !== "tool") continue;
    open.delete(message.callId);
    if (!called.has(message.callId)) found.add(`the result of call "${message.callId}"`);
  }
  for (const id of open) found.add(`call "${id}"`);
  return found;
}
