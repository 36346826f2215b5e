/** Ids of tool calls: those of a conversation, and the form a provider takes them in, each by its own alphabet and length. */
import { createHash } from "node:crypto";
import type { Message } from "./types.ts";

/** What a provider takes for an id. */
export interface CallIdRules {
  /** Characters. */
  readonly maxLength: number;
  /** Of the whole id. Default: anything. */
  readonly pattern?: RegExp;
}

/**
 * `id` where it fits, and otherwise one that does, of at least 20 characters and always the same for the same id: a result
 * follows its call, and what a server has cached of a conversation holds.
 *
 * @example
 * ```ts
 * import { fittingCallId } from "@locus-sdk/core";
 *
 * fittingCallId("call_1", { maxLength: 40 }); // "call_1"
 * fittingCallId("x".repeat(80), { maxLength: 40 }); // "call_…", 40 characters or less
 * ```
 */
export function fittingCallId(id: string, { maxLength, pattern }: CallIdRules): string {
  if (id !== "" && id.length <= maxLength && pattern?.test(id) !== false) return id;
  const digest = createHash("sha256").update(id).digest("hex");
  return `call_${digest}`.slice(0, Math.min(maxLength, 37));
}

/** `others`, and the ids of all calls in a conversation. */
export function withCallIds(others: Iterable<string>, messages: readonly Message[]): Set<string> {
  const ids = new Set(others);
  // All of a long conversation is asked in every run: loops make nothing for each message.
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.content) if (part.type === "tool_call") ids.add(part.id);
  }
  return ids;
}
