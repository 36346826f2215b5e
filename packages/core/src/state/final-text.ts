/** What a run has to say at its end. */
import type { StopReason } from "../events/types.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import { renderResult } from "./transcript.ts";
import type { AgentState, ToolExecution } from "./types.ts";

/** Which tools' results stand for the answer. */
export interface AnswerTools {
  readonly terminalTools: ReadonlySet<string>;
  /** Present where the answer is bound to a schema. */
  readonly output?: unknown;
}

/** The result of the tool that the run ends by, or else the model's last words in this run, a refusal among them. */
export function finalText(
  state: AgentState,
  reason: StopReason,
  { terminalTools, output }: AnswerTools,
): string {
  const last = state.messages
    .slice(state.run.firstMessage)
    .findLast((message) => message.role === "assistant");
  // No result stands for the answer where no tool's may.
  if (terminalTools.size === 0) return wordsOf(last);
  const ids = last === undefined ? [] : toolCallsOf(last).map((call) => call.id);
  const isAnswer = ({ name, callId, isError }: ToolExecution): boolean => {
    if (isError || !terminalTools.has(name)) return false;
    if (reason === "terminal_tool") return true;
    // The answer that did not pass is the last word, too.
    return ids.includes(callId) && (reason === "complete" ? output !== undefined : CHECKED.includes(reason));
  };
  const terminal = state.run.toolExecutions.findLast(isAnswer);
  if (terminal !== undefined) return renderResult(terminal.result);
  return wordsOf(last);
}

const wordsOf = (message: Message | undefined): string =>
  message === undefined ? "" : messageText(message) || refusalOf(message);

/** What a check of the answer ends a run for, or what is left of a budget that it would have had to ask. */
const CHECKED: readonly StopReason[] = [
  "output_invalid",
  "grounding_failed",
  "guardrail",
  "token_budget",
  "cost_budget",
  "time_budget",
];

/** What a model said instead of an answer. */
export function refusalOf({ content }: Message): string {
  if (typeof content === "string") return "";
  return content.map((part) => (part.type === "refusal" ? part.text : "")).join("");
}
