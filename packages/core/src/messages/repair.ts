/** Repairs the pairing of tool calls and their answers, which every provider insists on and histories lose. */
import { toolCallsOf, toolMessage } from "./messages.ts";
import { sharedLength } from "./shared-length.ts";
import type { AssistantMessage, Message, ToolCallPart, ToolMessage } from "./types.ts";

/** What the model is told in place of an answer that never came. */
export const CANCELLED_CALL_TEXT = "cancelled: this call has no result. It may or may not have run.";

export interface RepairOptions {
  /**
   * Leaves the unanswered calls of the last assistant message alone while only tool messages follow it: those
   * are still to be run, not lost. Default `false`.
   */
  readonly keepPending?: boolean;
}

interface Turn {
  readonly message: AssistantMessage;
  readonly calls: readonly ToolCallPart[];
  /** By position of the call; a hole where no answer came. */
  readonly answers: (ToolMessage | undefined)[];
}

/**
 * The same conversation with every tool call answered exactly once, directly after the message that made it and
 * in call order. A missing answer becomes an error saying so (`CANCELLED_CALL_TEXT`), an answer that came late is
 * moved to its call, an answer to no call, or a second one, is dropped. Where an id was used again, an answer
 * belongs to the nearest message before it that made a call of that id.
 *
 * Pure and idempotent; returns `messages` itself where nothing was wrong.
 *
 * @example
 * ```ts
 * import { assistantMessage, repairTranscript, userMessage } from "@locus-sdk/core";
 *
 * const call = { type: "tool_call", id: "call_1", name: "get_weather", arguments: "{}" } as const;
 * const repaired = repairTranscript([userMessage("Rain?"), assistantMessage([call]), userMessage("Well?")]);
 * repaired[2]; // { role: "tool", callId: "call_1", name: "get_weather", content: "cancelled: …", isError: true }
 * ```
 */
export function repairTranscript(
  messages: readonly Message[],
  options: RepairOptions = {},
): readonly Message[] {
  const entries = pairByPosition(messages);
  const pending = options.keepPending === true ? pendingMessage(messages) : undefined;

  const repaired: Message[] = [];
  for (const entry of entries) {
    if (!("calls" in entry)) {
      repaired.push(entry);
      continue;
    }
    repaired.push(entry.message);
    for (const [position, call] of entry.calls.entries()) {
      const answer = entry.answers[position];
      if (answer !== undefined) repaired.push(answer);
      else if (entry.message !== pending) {
        repaired.push(toolMessage(call, CANCELLED_CALL_TEXT, { isError: true }));
      }
    }
  }
  return isSame(messages, repaired) ? messages : Object.freeze(repaired);
}

/**
 * `repairTranscript(messages, options)`, where `whole` is an earlier conversation that needed no repair, of frozen messages:
 * what `messages` begins with of it is not looked through again.
 */
export function repairFurther(
  whole: readonly Message[],
  messages: readonly Message[],
  options: RepairOptions = {},
): readonly Message[] {
  // The last turn may have been open. What stands before it has all its answers, and takes no more.
  let from = sharedLength(whole, messages) - 1;
  while (messages[from]?.role === "tool") from -= 1;
  if (from <= 0) return repairTranscript(messages, options);
  const rest = messages.slice(from);
  const repaired = repairTranscript(rest, options);
  return repaired === rest ? messages : Object.freeze([...messages.slice(0, from), ...repaired]);
}

/** Everything but tool messages in its order, each answer put with the call it belongs to. */
function pairByPosition(messages: readonly Message[]): readonly (Message | Turn)[] {
  const entries: (Message | Turn)[] = [];
  const latest = new Map<string, Turn>();
  for (const message of messages) {
    if (message.role === "tool") {
      const turn = latest.get(message.callId);
      const position = turn?.calls.findIndex(
        (call, at) => call.id === message.callId && turn.answers[at] === undefined,
      );
      if (turn !== undefined && position !== undefined && position >= 0) turn.answers[position] = message;
      continue;
    }
    const calls = toolCallsOf(message);
    if (message.role !== "assistant" || calls.length === 0) {
      entries.push(message);
      continue;
    }
    const turn: Turn = { message, calls, answers: [] };
    for (const call of calls) latest.set(call.id, turn);
    entries.push(turn);
  }
  return entries;
}

/** The last assistant message, where only answers follow it. */
function pendingMessage(messages: readonly Message[]): Message | undefined {
  const last = messages.findLast((message) => message.role !== "tool");
  return last?.role === "assistant" ? last : undefined;
}

function isSame(before: readonly Message[], after: readonly Message[]): boolean {
  return before.length === after.length && before.every((message, index) => message === after[index]);
}
