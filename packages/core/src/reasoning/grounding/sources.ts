/** What the claims of a run's answer can rest on: what tools returned and what the user said. */
import { summaryOf } from "../../conversation/summary-message.ts";
import type { AgentDefinition } from "../../loop/definition.ts";
import type { Message, UserPart } from "../../messages/types.ts";
import { FINAL_ANSWER } from "../../output/final-answer.ts";
import { renderResult } from "../../state/transcript.ts";
import type { AgentState } from "../../state/types.ts";
import type { GroundingSource } from "./types.ts";

/** Begins what a model is told of its ungrounded claims: those words are its own, and no evidence for themselves. */
export const FEEDBACK_MARK = "[Check of the answer against its evidence]";

export interface FoundSources {
  readonly sources: readonly GroundingSource[];
  /** Parts that no judge of texts can read. */
  readonly unread: number;
}

/**
 * Results of this run's tools, whole; of earlier runs, what is left of them in the conversation; and what the user said.
 * Errors are no evidence, nor is what a model wrote: answers, summaries, and what a terminal tool hands on.
 */
export function sourcesOf({ messages, run }: AgentState, definition: AgentDefinition): FoundSources {
  const sources: GroundingSource[] = [];
  let unread = 0;
  const own = new Map(run.toolExecutions.map((execution) => [execution.callId, execution]));
  const isEvidence = (name: string): boolean => name !== FINAL_ANSWER && !definition.terminalTools.has(name);
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (message.isError === true || !isEvidence(message.name)) continue;
      const whole = own.get(message.callId);
      own.delete(message.callId);
      const read = readContent(message.content);
      unread += read.unread;
      const full = whole?.result === undefined || read.unread > 0 ? [] : [renderResult(whole.result)];
      sources.push(ofTool(message, [...new Set([...full, read.text])].join("\n")));
    } else if (message.role === "user" && isUsers(message)) {
      const read = readContent(message.content);
      unread += read.unread;
      sources.push({ id: `user:${index + 1}`, title: "what the user said", text: read.text });
    }
  }
  // What gave way to a shorter conversation was still returned.
  for (const execution of own.values()) {
    if (execution.isError || !isEvidence(execution.name)) continue;
    sources.push(ofTool(execution, renderResult(execution.result)));
  }
  return { sources: sources.filter(({ text }) => text.trim() !== ""), unread };
}

function ofTool(
  { callId, name }: { readonly callId: string; readonly name: string },
  text: string,
): GroundingSource {
  return { id: `tool:${callId}`, title: `result of ${name}`, text };
}

function isUsers(message: Message): boolean {
  return (
    summaryOf(message) === undefined &&
    !(typeof message.content === "string" && message.content.startsWith(FEEDBACK_MARK))
  );
}

function readContent(content: string | readonly UserPart[]): {
  readonly text: string;
  readonly unread: number;
} {
  if (typeof content === "string") return { text: content, unread: 0 };
  const texts = content.map(textOf);
  const read = texts.filter((text) => text !== undefined);
  return { text: read.join("\n"), unread: texts.length - read.length };
}

const TEXTUAL = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|yaml|csv))/;

/** Files of text are read; images, sounds and documents in other forms are not. */
function textOf(part: UserPart): string | undefined {
  if (part.type === "text") return part.text;
  if (part.type !== "file" || part.data === undefined || !TEXTUAL.test(part.mediaType ?? ""))
    return undefined;
  return Buffer.from(part.data, "base64").toString("utf8");
}
