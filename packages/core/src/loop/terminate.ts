/** Terminate: whatever ends a run, every call of the model is answered and the reason is on record. */

import { within } from "../async/abort.ts";
import { type LocusError, messageOf } from "../errors/errors.ts";
import type { DurableDraft, ErrorSummary } from "../events/types.ts";
import { type JsonValue, parseJson } from "../json/json.ts";
import { toolCallsOf } from "../messages/messages.ts";
import { finalText } from "../state/final-text.ts";
import type { AgentState, PendingCall } from "../state/types.ts";
import { addUsage } from "../state/usage.ts";
import { redactSecrets } from "../text/redact.ts";
import type { RunContext } from "./context.ts";
import type { Stop } from "./run-control.ts";

/** How long a hook that looks back may hold up the end of a run. */
export const HOOK_GRACE_MS = 5000;

const NOT_RUN = "cancelled: the run ended before this call was made";
const UNFINISHED =
  "cancelled: the run ended before this call finished; whether it had an effect is not known";

export async function terminate(run: RunContext, stop: Stop): Promise<void> {
  if (stop.reason !== "interrupted" && run.state.run.pending.length > 0) {
    const cancelled = run.state.run.pending.map(cancelledCall);
    await run.commit(cancelled);
    for (const { callId, name, error, source, durationMs } of cancelled) {
      const call = { id: callId, name, arguments: argumentsOf(run.state, callId) };
      const failure = error === undefined ? {} : { error };
      const context = { call, ...failure, source, durationMs, state: run.state };
      // The run is over: a hook may see this, and may not keep it from ending.
      await within(HOOK_GRACE_MS, run.definition.hooks.afterToolCall(context, run.report));
    }
  }
  await run.commit([terminateEvent(run, stop)]);
}

/** The answer to a call that will not be made, or not be waited for. */
export function cancelledCall({
  call,
  started,
}: PendingCall): Extract<DurableDraft, { type: "tool_complete" }> {
  return {
    type: "tool_complete",
    callId: call.id,
    name: call.name,
    error: { message: started === undefined ? NOT_RUN : UNFINISHED, code: "cancelled" },
    isError: true,
    durationMs: 0,
    cached: false,
    source: "cancelled",
  };
}

function terminateEvent(run: RunContext, stop: Stop): DurableDraft {
  const { state, definition } = run;
  const text = stop.text ?? finalText(state, stop.reason, definition);
  const { outputKey } = definition;
  const { usage: lost } = run.control.takeLost();
  return {
    type: "terminate",
    reason: stop.reason,
    iterations: state.run.iteration,
    usage: lost === undefined ? state.run.usage : addUsage(state.run.usage, lost),
    ...(lost === undefined ? {} : { lost }),
    text,
    ...(stop.detail === undefined ? {} : { stopDetail: stop.detail }),
    ...(stop.error === undefined ? {} : { error: summaryOf(stop.error) }),
    ...(outputKey === undefined || stop.reason === "interrupted" ? {} : { metadata: { [outputKey]: text } }),
  };
}

/** What goes on record of an error: its words, without secrets; whoever made it may have put some there. */
export function summaryOf(error: LocusError): ErrorSummary {
  const { code, hint } = error;
  return {
    message: redactSecrets(messageOf(error)),
    code: String(code),
    ...(hint === undefined ? {} : { hint: redactSecrets(String(hint)) }),
  };
}

function argumentsOf(state: AgentState, callId: string): JsonValue {
  const calls = state.messages.findLast((message) => toolCallsOf(message).some(({ id }) => id === callId));
  const text =
    calls === undefined ? "" : (toolCallsOf(calls).find(({ id }) => id === callId)?.arguments ?? "");
  return parseJson(text) ?? text;
}
