/** What the claims of a run's answer can rest on: what tools returned and what the user said. */
import { abortable } from "../../async/abort.ts";
import { summaryOf } from "../../conversation/summary-message.ts";
import type { AgentTraits } from "../../loop/traits.ts";
import { isNotesMessage } from "../../memory/block.ts";
import type { Message, UserMessage, UserPart } from "../../messages/types.ts";
import { FINAL_ANSWER } from "../../output/final-answer.ts";
import { renderResult } from "../../state/transcript.ts";
import type { AgentState, ToolExecution } from "../../state/types.ts";
import { type ResultStore, resultKey } from "../../tool/result-store.ts";
import type { GroundingSource } from "./types.ts";

/** Begins what a model is told of its ungrounded claims: those words are its own, and no evidence for themselves. */
export const FEEDBACK_MARK = "[Check of the answer against its evidence]";

export interface FoundSources {
  readonly sources: readonly GroundingSource[];
  /** Parts that no judge of texts can read. */
  readonly unread: number;
  /** Results of which only the beginning was kept. */
  readonly cut: number;
}

/**
 * Results of tools: as they were kept in this run and in the conversation, and whole where a store has the rest of them; and
 * what the user said, which is what runs were given. Errors are no evidence, nor is what a model wrote: answers, summaries, notes,
 * what a terminal tool hands on, results of tools that only repeat it, and whatever else was put in on the user's side.
 */
export async function sourcesOf(
  { messages, run, threadId }: AgentState,
  { terminalTools, tools, resultStore }: Pick<AgentTraits, "terminalTools" | "tools" | "resultStore">,
  signal: AbortSignal,
): Promise<FoundSources> {
  const sources: GroundingSource[] = [];
  let unread = 0;
  let cut = 0;
  const own = new Map(run.toolExecutions.map((execution) => [execution.callId, execution]));
  const isEvidence = (name: string): boolean =>
    name !== FINAL_ANSWER && !terminalTools.has(name) && tools.get(name)?.evidence !== false;
  const addResult = async ({ callId, name }: Named, shown: string): Promise<void> => {
    const kept = cutFrom(shown);
    const rest =
      kept === undefined || resultStore === undefined
        ? undefined
        : await stored(resultStore, resultKey(threadId, callId), signal);
    if (kept !== undefined && rest === undefined) cut++;
    sources.push({ id: `tool:${callId}`, title: `result of ${name}`, text: rest ?? kept ?? shown });
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      const whole = own.get(message.callId);
      own.delete(message.callId);
      if (message.isError === true || !isEvidence(message.name)) continue;
      const read = readContent(message.content);
      unread += read.unread;
      const full = whole?.result === undefined || read.unread > 0 ? [] : [renderResult(whole.result)];
      await addResult(message, [...new Set([...full, read.text])].join("\n"));
    } else if (isUsers(message)) {
      const read = readContent(message.content);
      unread += read.unread;
      sources.push({ id: `user:${index + 1}`, title: "what the user said", text: read.text });
    }
  }
  // What gave way to a shorter conversation was still returned.
  for (const execution of own.values()) {
    if (!execution.isError && isEvidence(execution.name)) {
      await addResult(execution, renderResult(execution.result));
    }
  }
  return { sources: sources.filter(({ text }) => text.trim() !== ""), unread, cut };
}

type Named = Pick<ToolExecution, "callId" | "name">;

/** What is left of a result that was cut, without the word on that; `undefined` for one that was not. */
function cutFrom(text: string): string | undefined {
  const at = text.search(CUT);
  return at < 0 ? undefined : text.slice(0, at);
}

/** As `limitResult` ends what it cuts. */
const CUT = /\n\[cut: \d+ characters in all[^\n]{0,500}\]$/;

/** What a store has lost is what was cut. */
async function stored(store: ResultStore, key: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await abortable((async () => store.get(key))(), signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Threads from before messages told who put them in are told by their form. */
function isUsers(message: Message): message is UserMessage {
  return (
    message.role === "user" &&
    message.origin === undefined &&
    summaryOf(message) === undefined &&
    !isNotesMessage(message) &&
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
