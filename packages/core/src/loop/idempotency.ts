/** One effect for one intent: the key of a call, and what stands in for running it again. */
import { hash } from "node:crypto";
import { canonicalJson, type JsonValue } from "../json/json.ts";
import type { AgentState, PendingCall } from "../state/types.ts";
import type { Tool, ToolOutcome, UnknownOutcomePolicy } from "../tool/types.ts";

/** Idempotent calls share a key when they would do the same within their scope; any other call has its own. */
export function idempotencyKey(
  state: AgentState,
  tool: Tool,
  { call }: PendingCall,
  json: JsonValue,
): string {
  const { scope } = tool.idempotent ?? {};
  const parts: JsonValue =
    scope === undefined
      ? [state.threadId, state.run.runId, call.id]
      : [state.threadId, scope === "run" ? state.run.runId : null, tool.name, json];
  return hash("sha256", canonicalJson(parts), "hex");
}

/** The outcome that the ledger holds for a repeat of an idempotent call. */
export function lookUp(state: AgentState, tool: Tool, key: string): ToolOutcome | undefined {
  if (tool.idempotent === undefined) return undefined;
  const entry = state.toolLedger[key];
  if (entry === undefined || (entry.expiresAt !== undefined && entry.expiresAt <= Date.now()))
    return undefined;
  if (entry.error !== undefined) return { error: entry.error, source: "cached", durationMs: 0 };
  const { result = null, content } = entry;
  return { result, ...(content === undefined ? {} : { content }), source: "cached", durationMs: 0 };
}

/** What to do about a call that had begun when its process died; one that promises a single effect is not repeated. */
export function onUnknownOutcome(tool: Tool): UnknownOutcomePolicy {
  return tool.onUnknownOutcome ?? (tool.idempotent === undefined ? "retry" : "tell");
}

/** What the model is told of such a call where it is not run again. */
export function unknownOutcome(reason?: string): ToolOutcome {
  const message =
    "this call was begun, and no outcome of it is on record. It is not repeated, as it may have had its effect: check before calling it again.";
  return {
    error: {
      code: "unknown_outcome",
      message: reason === undefined || reason === "" ? message : `${message} A person says: ${reason}`,
    },
    source: "unknown_outcome",
    durationMs: 0,
  };
}
