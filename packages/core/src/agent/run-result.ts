/** A finished run's state, told as a result. */
import { SUCCESS } from "../loop/route.ts";
import type { AssistantMessage } from "../messages/types.ts";
import { costOfRun } from "../state/cost.ts";
import type { AgentState } from "../state/types.ts";
import type { AgentResult } from "./result.ts";

export function resultOf({ run, messages, threadId }: AgentState, durationMs: number): AgentResult<never> {
  const { reason, text, stopDetail, error } = run.outcome ?? { reason: "error" as const };
  const message = messages
    .slice(run.firstMessage)
    .findLast((candidate): candidate is AssistantMessage => candidate.role === "assistant");
  const interrupt = run.interrupts[0];
  return Object.freeze({
    text: text ?? "",
    ...(message === undefined ? {} : { message }),
    messages,
    stopReason: reason,
    ...(stopDetail === undefined ? {} : { stopDetail }),
    success: SUCCESS.includes(reason),
    usage: run.usage,
    cost: costOfRun(run.usage),
    iterations: run.iteration,
    toolExecutions: run.toolExecutions,
    confidence: run.confidence,
    ...(run.grounding === undefined ? {} : { grounding: run.grounding }),
    ...(run.gsar === undefined ? {} : { gsar: run.gsar }),
    runId: run.runId,
    threadId,
    interrupts: run.interrupts,
    ...(interrupt === undefined ? {} : { interrupt }),
    ...(error === undefined ? {} : { error }),
    durationMs,
  });
}
