/** Ids of tool calls in the form a provider takes them: each has its own alphabet and length. */
import { createHash } from "node:crypto";

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
