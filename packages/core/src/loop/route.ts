/** What happens next: a pure function of the state, the definition and the stop, if any. */
import type { StopReason } from "../events/types.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { AssistantMessage } from "../messages/types.ts";

import type { AgentState, PendingCall } from "../state/types.ts";
import type { Stop } from "./context.ts";
import type { AgentDefinition } from "./definition.ts";

export type Step =
  | { readonly node: "execute" | "think" | "summarise" | "done" }
  | ({ readonly node: "terminate" } & Stop);

/**
 * Stopped → terminate; calls to run → execute; open questions → terminate `interrupted`; an end reached → terminate;
 * a limit reached → summarise or terminate; otherwise → think. Limits are asked before a model call, so a call that
 * the model has made is run.
 */
export function route(
  state: AgentState,
  definition: AgentDefinition,
  stop: Stop | undefined,
  now: number,
): Step {
  const { run } = state;
  if (run.status !== "running") return { node: "done" };
  if (stop !== undefined) return { node: "terminate", ...stop };
  // The summary at the limit is the last word, whatever it asks for.
  if (run.summaryAsked && state.messages.at(-1)?.role === "assistant") {
    return { node: "terminate", reason: "max_iterations" };
  }
  if (runnableCalls(state).length > 0) return { node: "execute" };
  if (run.interrupts.length > 0) return { node: "terminate", reason: "interrupted" };
  return atEnd(state, definition, now) ?? atLimit(state, definition) ?? { node: "think" };
}

/** Calls that wait for nobody. */
export function runnableCalls(state: AgentState): readonly PendingCall[] {
  return state.run.pending.filter((call) => call.interruptId === undefined);
}

/** The model's last message in this run, if it is the last message and asks for nothing. */
export function lastAnswer(state: AgentState): AssistantMessage | undefined {
  const last = state.messages.at(-1);
  if (state.messages.length <= state.run.firstMessage || last?.role !== "assistant") return undefined;
  return toolCallsOf(last).length === 0 ? last : undefined;
}

function atEnd(state: AgentState, definition: AgentDefinition, now: number): Step | undefined {
  const own = ownEnd(state, definition);
  const verdict = definition.termination?.check(state, now);
  // A limit is asked before a model call; a run that has come to its own end makes none.
  if (verdict === undefined || (own !== undefined && LIMITS.includes(verdict.reason))) return own;
  return terminate(verdict.reason, verdict.detail);
}

const LIMITS: readonly StopReason[] = ["max_iterations", "token_budget", "time_budget"];

function ownEnd(state: AgentState, definition: AgentDefinition): Step | undefined {
  const terminal = terminalCall(state, definition);
  if (terminal !== undefined) return terminate("terminal_tool", terminal);
  if (lastAnswer(state) === undefined || state.run.lastStopReason === undefined) return undefined;
  if (state.run.lastStopReason === "content_filter") return terminate("guardrail", "content_filter");
  if (definition.completionMode === "explicit") return undefined;
  return terminate("complete", state.run.lastStopReason === "length" ? "length" : undefined);
}

function atLimit(state: AgentState, definition: AgentDefinition): Step | undefined {
  const { run } = state;
  if (definition.tokenBudget !== undefined && run.usage.totalTokens >= definition.tokenBudget) {
    return terminate("token_budget", `${run.usage.totalTokens} of ${definition.tokenBudget} tokens used`);
  }
  if (run.iteration > 0 && run.repeats.count >= definition.toolLoopThreshold) {
    return terminate(
      "tool_loop",
      run.repeats.signature === ""
        ? `${run.repeats.count} answers without the tool that completes the run`
        : `the same calls ${run.repeats.count} times in a row`,
    );
  }
  if (run.iteration < definition.maxIterations) return undefined;
  const summarise = definition.summaryOnLimit && !run.summaryAsked && lastAnswer(state) === undefined;
  return summarise ? { node: "summarise" } : terminate("max_iterations");
}

/** A terminal tool that did its work among the calls of the last message. One that failed ends nothing. */
function terminalCall(state: AgentState, definition: AgentDefinition): string | undefined {
  if (definition.terminalTools.size === 0) return undefined;
  const asked = state.messages.findLast((message) => message.role === "assistant");
  const ids = asked === undefined ? [] : toolCallsOf(asked).map((call) => call.id);
  return state.run.toolExecutions.find(
    (execution) =>
      !execution.isError && definition.terminalTools.has(execution.name) && ids.includes(execution.callId),
  )?.name;
}

function terminate(reason: StopReason, detail?: string): Step {
  return { node: "terminate", reason, ...(detail === undefined ? {} : { detail }) };
}
