/** What a run has to say at its end. */
import type { StopReason } from "../events/types.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import { FINAL_ANSWER } from "../output/final-answer.ts";
import { renderResult } from "./transcript.ts";
import type { AgentState, ToolExecution } from "./types.ts";

/** Which tools' results stand for the answer. */
export interface AnswerTools {
  readonly terminalTools: ReadonlySet<string>;
  /** Present where the answer is bound to a schema. */
  readonly output?: unknown;
}

/** The result of the tool that the run ends by, or else the model's last words in this run. */
export function finalText(
  state: AgentState,
  reason: StopReason,
  { terminalTools, output }: AnswerTools,
): string {
  const last = state.messages
    .slice(state.run.firstMessage)
    .findLast((message) => message.role === "assistant");
  const ids = last === undefined ? [] : toolCallsOf(last).map((call) => call.id);
  const ends = ({ name, callId, isError }: ToolExecution): boolean => {
    if (isError) return false;
    if (reason === "terminal_tool") return terminalTools.has(name);
    return output !== undefined && name === FINAL_ANSWER && ids.includes(callId);
  };
  const terminal = state.run.toolExecutions.findLast(ends);
  if (terminal !== undefined) return renderResult(terminal.result);
  return last === undefined ? "" : messageText(last);
}
