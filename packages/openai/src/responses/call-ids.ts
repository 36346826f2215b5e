/** Ids of calls as the API takes them: of other providers some are too long, and some come twice in a conversation. */
import { fittingCallId, type JsonObject } from "@locus-sdk/core";

const RULES = { maxLength: 64 } as const;

/**
 * The items with ids that fit, each call's its own; an output has that of the call it answers. A call that the server has
 * made itself, and that is not among the items, is known to it by the id in `known`: its output keeps that.
 */
export function fittingItems(
  items: readonly JsonObject[],
  known: ReadonlySet<string>,
): readonly JsonObject[] {
  const taken = new Set(known);
  /** By the id as it was: the calls that no output has come to yet, oldest first. */
  const open = new Map<string, string[]>();
  return items.map((item) => {
    const { type, call_id: id } = item;
    if (typeof id !== "string") return item;
    let fitting = id;
    if (type === "function_call") {
      fitting = freeId(id, taken);
      taken.add(fitting);
      open.set(id, [...(open.get(id) ?? []), fitting]);
    } else if (type === "function_call_output") fitting = open.get(id)?.shift() ?? id;
    return fitting === id ? item : { ...item, call_id: fitting };
  });
}

/** The same for the same conversation: what comes later changes nothing about it. */
function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = fittingCallId(id, RULES);
  for (let next = 2; taken.has(free); next += 1)
    free = fittingCallId(`${id} ${next}`, { maxLength: 64, pattern: /^$/ });
  return free;
}
