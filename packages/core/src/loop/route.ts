/** What happens next: a pure function of the state, the definition and the stop, if any. */
import type { StopReason } from "../events/types.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import type { AssistantMessage } from "../messages/types.ts";
import { FINAL_ANSWER } from "../output/final-answer.ts";
import { refusalOf } from "../state/final-text.ts";
import type { AgentState, PendingCall } from "../state/types.ts";
import type { Verifier } from "./checks.ts";
import type { AgentDefinition } from "./definition.ts";
import type { Stop } from "./run-control.ts";
import { BUDGETS, budgetStop } from "./spent.ts";

export type Step =
  | { readonly node: "execute" | "reflect" | "think" | "summarise" | "done" }
  | ({ readonly node: "verify" } & Stop)
  | ({ readonly node: "terminate" } & Stop);

/**
 * Stopped → terminate; calls to run → execute; open questions → terminate `interrupted`; an end reached → verify what it
 * would end with, then terminate; a limit reached → summarise or terminate; time to look back → reflect; otherwise →
 * think. Limits are asked before a model call, so a call that the model has made is run.
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
  if (run.pending.some(isRunnable)) return { node: "execute" };
  if (run.interrupts.length > 0) return { node: "terminate", reason: "interrupted" };
  const end = atEnd(state, definition, now);
  return (
    (end === undefined ? undefined : verified(end, state, definition)) ??
    atLimit(state, definition) ??
    (isReflectionDue(state, definition) ? { node: "reflect" } : { node: "think" })
  );
}

/** An end that is a success is one only for an answer that has passed its checks. */
function verified(end: Stop, state: AgentState, definition: AgentDefinition): Step | undefined {
  const { run } = state;
  if (SUCCESS.includes(end.reason) && definition.verifiers.length > 0) {
    const rejected = run.verification?.iteration === run.iteration ? run.verification.rejected : undefined;
    if (rejected?.decision === "retry") return undefined;
    if (rejected?.reason !== undefined)
      return terminate(rejected.reason, rejected.detail ?? rejected.verifier);
    if (nextVerifier(state, definition) !== undefined) return { ...end, node: "verify" };
  }
  return { ...end, node: "terminate" };
}

/** The first check that the answer has not passed yet. */
export function nextVerifier({ run }: AgentState, { verifiers }: AgentDefinition): Verifier | undefined {
  const passed = run.verification?.iteration === run.iteration ? run.verification.passed : [];
  return verifiers.find(({ name }) => !passed.includes(name));
}

/** Whether a run that ended for this ended as hoped. */
export const SUCCESS: readonly StopReason[] = ["complete", "terminal_tool", "confidence_met"];

function isReflectionDue(state: AgentState, { reflector }: AgentDefinition): boolean {
  const { run } = state;
  return run.iteration > 0 && run.reflectedAt !== run.iteration && reflector?.due(state) === true;
}

/** Calls that wait for nobody. */
export function runnableCalls(state: AgentState): readonly PendingCall[] {
  return state.run.pending.filter(isRunnable);
}

const isRunnable = (call: PendingCall): boolean => call.interruptId === undefined;

/** The model's last message in this run, if it is the last message and asks for nothing. */
export function lastAnswer(state: AgentState): AssistantMessage | undefined {
  const last = state.messages.at(-1);
  if (state.messages.length <= state.run.firstMessage || last?.role !== "assistant") return undefined;
  return toolCallsOf(last).length === 0 ? last : undefined;
}

function atEnd(state: AgentState, definition: AgentDefinition, now: number): Stop | undefined {
  const own = ownEnd(state, definition);
  const verdict = definition.termination?.check(state, now);
  // A limit is asked before a model call; a run that has come to its own end makes none.
  if (verdict === undefined || (own !== undefined && LIMITS.includes(verdict.reason))) return own;
  return stop(verdict.reason, verdict.detail);
}

const LIMITS: readonly StopReason[] = ["max_iterations", ...BUDGETS];

function ownEnd(state: AgentState, definition: AgentDefinition): Stop | undefined {
  const terminal = terminalCall(state, definition);
  if (terminal !== undefined)
    return terminal === FINAL_ANSWER && definition.output !== undefined
      ? stop("complete")
      : stop("terminal_tool", terminal);
  const answer = lastAnswer(state);
  if (answer === undefined || state.run.lastStopReason === undefined) return undefined;
  if (state.run.lastStopReason === "content_filter") return stop("guardrail", "content_filter");
  // A model that will not is not asked again, whatever the answer was to be.
  if (messageText(answer) === "" && refusalOf(answer) !== "") return stop("guardrail", "refusal");
  if (definition.completionMode === "explicit") return undefined;
  return stop("complete", state.run.lastStopReason === "length" ? "length" : undefined);
}

function atLimit(state: AgentState, definition: AgentDefinition): Step | undefined {
  const { run } = state;
  const budget = budgetStop(state, definition);
  if (budget !== undefined) return { ...budget, node: "terminate" };
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

function stop(reason: StopReason, detail?: string): Stop {
  return { reason, ...(detail === undefined ? {} : { detail }) };
}

function terminate(reason: StopReason, detail?: string): Step {
  return { ...stop(reason, detail), node: "terminate" };
}
