/** What a command line begins: a prompt on a thread, or going on with a run that is not over. */
import { randomUUID } from "node:crypto";
import type { Agent, AgentStream, RunOptions } from "@locus-sdk/core";
import { type AgentFlags, defaultModel, type ThreadFlags } from "../options.ts";
import type { Output } from "../output.ts";
import { readAnswers, type WrittenAnswer } from "./answers.ts";
import { tellOpen } from "./converse.ts";
import { findLatest, findThread } from "./find.ts";
import type { Ask } from "./questions.ts";
import type { OpenedStore } from "./store.ts";

/** The thread that the flags name, or a new one. */
export async function threadOf(
  flags: ThreadFlags,
  store: OpenedStore,
  kind: "thread" | "chat",
): Promise<string> {
  if (flags.continue === true) return (await findLatest(store)).threadId;
  return flags.thread ?? `${kind}_${randomUUID()}`;
}

/** What `locus run` is told to go on as it was begun; `undefined` where the thread is not kept. */
export function againArgs(flags: AgentFlags, { place, args }: OpenedStore): readonly string[] | undefined {
  if (place === undefined) return undefined;
  const { model, system, tools, ask } = flags;
  return [
    ...args,
    ...(model === defaultModel() ? [] : ["--model", model]),
    ...(system === undefined ? [] : ["--system", system]),
    ...(tools ? [] : ["--no-tools"]),
    ...(ask === true ? ["--ask"] : []),
  ];
}

interface Resuming {
  readonly agent: Agent;
  readonly store: OpenedStore;
  readonly output: Output;
  readonly again: readonly string[] | undefined;
  readonly ask: Ask | undefined;
  readonly signal: AbortSignal;
}

/** The thread of a run that is to go on, and the way it goes on; an exit code where it waits for an answer instead. */
export async function resume(
  id: string,
  written: readonly WrittenAnswer[],
  { agent, store, output, again, ask, signal }: Resuming,
): Promise<{ readonly threadId: string; readonly stream: AgentStream } | number> {
  const { threadId } = await findThread(store, id);
  const state = await agent.state(threadId);
  const open = state?.run.interrupts ?? [];
  if (state?.run.status === "done") output.note("that run was over already; this is how it ended", "dim");
  const given = readAnswers(written, open);
  const unanswered = open.filter(({ interruptId }) => !Object.hasOwn(given, interruptId));
  const goOn = (answers: typeof given) => ({
    threadId,
    stream: agent.resumeStream(threadId, answers, { signal }),
  });
  // Some answers go on record, the other questions come up again behind them.
  if (unanswered.length === 0 || written.length > 0) return goOn(given);
  const answers = await ask?.(unanswered);
  if (answers !== undefined && typeof answers !== "string") return goOn(answers);
  tellOpen(threadId, unanswered, { output, again, asked: ask !== undefined });
  return answers === "interrupt" ? 130 : 1;
}

/** What a prompt does to a run that is not over, by how that run stands. */
const LEFT_OPEN: Readonly<Record<string, string>> = {
  interrupted: "the thread's last run waited for an answer; this prompt ends it unanswered",
  running: "the thread's last run has not ended; this prompt ends it, --resume would have gone on with it",
};

/** Says so where a prompt puts an end to a run that was still open. */
export async function promptStream(
  agent: Agent,
  prompt: string,
  options: RunOptions & { readonly threadId: string },
  output: Output,
): Promise<AgentStream> {
  const state = await agent.state(options.threadId);
  const leftOpen = LEFT_OPEN[state?.run.status ?? ""];
  if (leftOpen !== undefined) output.note(leftOpen, "dim");
  return agent.stream(prompt, options);
}
