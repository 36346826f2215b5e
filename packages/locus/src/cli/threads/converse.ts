/** A run with whatever questions come up in it: asked where a person is there, otherwise told with how to answer. */
import type { Agent, AgentResult, AgentStream, PendingInterrupt } from "@locus-sdk/core";
import { answer } from "../answer.ts";
import { openLines } from "../lines.ts";
import type { Output } from "../output.ts";
import { terminalOf } from "../show/terminal.ts";
import type { RunView } from "../view.ts";
import { describeQuestion, howToAnswer } from "./answers.ts";
import { type Ask, askOn, type Declined } from "./questions.ts";

interface Conversing {
  readonly agent: Agent;
  readonly view: RunView;
  readonly signal: AbortSignal;
  readonly output: Output;
  /** What `locus run` is told to go on with the thread; `undefined` where it is not kept. */
  readonly again: readonly string[] | undefined;
  /** `undefined` where nobody can be asked. */
  readonly ask: Ask | undefined;
}

interface Conversed {
  readonly result: AgentResult;
  /** Where the result has questions that were asked and not answered. */
  readonly declined: Declined | undefined;
}

/** Goes on until the run is over, or waits for answers that nobody gives here. */
export async function converse(
  first: AgentStream,
  { agent, view, signal, output, again, ask }: Conversing,
): Promise<Conversed> {
  for (let stream = first; ; ) {
    const result = await answer(stream, view);
    const { threadId, interrupts } = result;
    if (result.stopReason !== "interrupted") return { result, declined: undefined };
    const answers = await ask?.(interrupts);
    if (answers === undefined || typeof answers === "string") {
      tellOpen(threadId, interrupts, { output, again, asked: ask !== undefined });
      return { result, declined: answers };
    }
    stream = agent.resumeStream(threadId, answers, { signal });
  }
}

/** Tells what a thread waits for, and how to go on with it. */
export function tellOpen(
  threadId: string,
  questions: readonly PendingInterrupt[],
  { output, again, asked = false }: Pick<Conversing, "output" | "again"> & { readonly asked?: boolean },
): void {
  if (!asked) for (const line of questions.flatMap(describeQuestion)) output.note(line);
  for (const line of howToAnswer(threadId, questions, again)) output.note(line);
}

/** Asks on the terminal, where there is one on both sides. */
export function askTerminal(output: Output, signal: AbortSignal): Ask | undefined {
  const terminal = terminalOf(output);
  if (process.stdin.isTTY !== true || terminal === undefined) return undefined;
  return async (questions) => {
    const lines = openLines(process.stdin, terminal);
    const close = (): void => lines.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      return await askOn(lines, output)(questions);
    } finally {
      signal.removeEventListener("abort", close);
      lines.close();
    }
  };
}
