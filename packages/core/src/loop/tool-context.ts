/** What a tool's body is given besides its arguments. */
import { deepFreeze, type JsonValue, toJson } from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import { ToolInterrupt } from "../tool/interrupt.ts";
import type { Tool, ToolContext } from "../tool/types.ts";
import type { RunContext } from "./context.ts";

/** A call that is ready to run. */
export interface ReadyCall {
  readonly pending: PendingCall;
  readonly tool: Tool;
  /** What the body gets. */
  readonly args: unknown;
  /** The same as JSON: what is recorded. */
  readonly json: JsonValue;
  readonly key: string;
}

export function toolContext(
  run: RunContext,
  { pending, tool, key }: ReadyCall,
  { signal }: { readonly signal: AbortSignal },
): ToolContext {
  const callId = pending.call.id;
  return {
    callId,
    runId: run.state.run.runId,
    threadId: run.state.threadId,
    signal,
    metadata: run.metadata,
    idempotencyKey: key,
    logger: run.definition.logger,
    progress: (value) => {
      // A body that goes on after its time or its run has nobody to tell.
      if (!run.state.run.pending.some(({ call }) => call.id === callId)) return;
      run.publish({ type: "tool_progress", callId, name: tool.name, progress: deepFreeze(toJson(value)) });
    },
    interrupt: (question) => new ToolInterrupt(question),
  };
}
