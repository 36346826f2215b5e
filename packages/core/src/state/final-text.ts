/** What a run has to say at its end. */
import { messageText } from "../messages/messages.ts";
import { renderResult } from "./transcript.ts";
import type { AgentState } from "./types.ts";

/** The terminal tool's result, or else the model's last words in this run. */
export function finalText(state: AgentState, terminalTools: ReadonlySet<string> | undefined): string {
  const terminal = state.run.toolExecutions.findLast(
    (execution) => terminalTools?.has(execution.name) === true && !execution.isError,
  );
  if (terminal !== undefined) return renderResult(terminal.result);
  const last = state.messages
    .slice(state.run.firstMessage)
    .findLast((message) => message.role === "assistant");
  return last === undefined ? "" : messageText(last);
}
