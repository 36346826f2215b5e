/** How messages join the conversation. */
import type { JsonValue } from "../json/json.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";

/** What the model reads when a tool returned `result`. */
export function renderResult(result: JsonValue | undefined): string {
  if (result === undefined || result === null) return "(no output)";
  return typeof result === "string" ? result : JSON.stringify(result);
}

export function append(messages: readonly Message[], added: readonly Message[]): readonly Message[] {
  return Object.freeze([...messages, ...added]);
}

/** Results stand in the order of their calls, whatever order they came in. */
export function insertToolMessage(
  messages: readonly Message[],
  message: Message,
  callId: string,
): readonly Message[] {
  for (let asked = messages.length - 1; asked >= 0; asked--) {
    const assistant = messages[asked];
    if (assistant?.role !== "assistant") continue;
    const order = toolCallsOf(assistant).map((call) => call.id);
    const rank = order.indexOf(callId);
    if (rank < 0) continue;
    let at = asked + 1;
    for (
      let next = messages[at];
      next?.role === "tool" && order.indexOf(next.callId) < rank;
      next = messages[at]
    )
      at++;
    // A spread that comes first copies a frozen list in one piece; `toSpliced`, like `slice`, goes through it by item.
    const list = [...messages];
    list.splice(at, 0, message);
    return Object.freeze(list);
  }
  return append(messages, [message]);
}

/**
 * Without what users said, from `start` on, that no answer followed. What the model could not be told was not said: left
 * in the conversation, it would be refused again in every run.
 */
export function withoutUnsaid(messages: readonly Message[], start: number): readonly Message[] {
  const answered = messages.findLastIndex(({ role }) => role === "assistant" || role === "tool") + 1;
  const from = Math.max(answered, start);
  return Object.freeze(messages.filter(({ role }, index) => index < from || role !== "user"));
}
