/** `locus threads fork` and `replay`: a copy of a thread, left as it is or gone on from with something changed. */
import { randomUUID } from "node:crypto";
import type { Agent } from "@locus-sdk/core";
import type { OptionRow } from "../oci/action.ts";
import { type AgentFlags, UsageError } from "../options.ts";
import { openSession } from "../session.ts";
import { count } from "../show/units.ts";
import { jsonView, quietView, shortfall, textView } from "../view.ts";
import type { ThreadsAction, ThreadsFlags } from "./action.ts";
import { againArgs } from "./begin.ts";
import { askTerminal, converse } from "./converse.ts";
import { findThread } from "./find.ts";
import { tellThread } from "./tell.ts";

interface ForkFlags extends ThreadsFlags {
  readonly at?: number;
  readonly as?: string;
}

interface ReplayFlags extends ForkFlags, Omit<AgentFlags, "json"> {}

const as: OptionRow = ["--as <id>", "id of the copy (default: a new one)"];

export const fork: ThreadsAction<ForkFlags> = {
  usage: "fork <id>",
  summary: "copy a thread, all of it or up to a version, and print the copy's id",
  example: "fork trip --at 3 --as trip-2",
  use: "look",
  options: [["--at <version>", "the copy's last version (default: all of it)", count], as],
  run: async ({ store, args, flags, view: { json, output } }) => {
    const { threadId, version } = await findThread(store, args[0] ?? "");
    const { at = version, as: copy = `thread_${randomUUID()}` } = flags;
    await store.checkpointer.fork(threadId, at, copy);
    if (json) output.answer(`${JSON.stringify({ threadId: copy, version: at, forkedFrom: threadId })}\n`);
    else output.line(copy);
    return undefined;
  },
};

export const replay: ThreadsAction<ReplayFlags> = {
  usage: "replay <id>",
  summary: "run again from a version of a thread, on a copy of it, with another model or prompt",
  notes: "The thread itself stays as it is. Tools run anew. With --json, every event is a line of JSON.",
  example: 'replay trip --model oci:xai.grok-4 --system "Answer in one sentence."',
  use: "look",
  runs: true,
  options: [
    [
      "--at <version>",
      "a version at which a run was under way (default: the beginning of the last run)",
      count,
    ],
    as,
  ],
  run: async ({ store, args, flags, view: { json, output }, signal, exitCode }) => {
    const { threadId } = await findThread(store, args[0] ?? "");
    await using session = await openSession(flags, store.checkpointer, output);
    const { agent, standIn } = session;
    const from = await startOf(agent, threadId, flags.at);
    const copy = await agent.fork(threadId, { at: from, newThreadId: flags.as });
    const ask = json ? undefined : askTerminal(output, signal);
    const view = json
      ? jsonView(output)
      : flags.quiet
        ? quietView(output)
        : textView(output, { standIn, pretty: flags.pretty });
    try {
      const stream = agent.resumeStream(copy, {}, { signal });
      const { result, declined } = await converse(stream, {
        agent,
        view,
        signal,
        output,
        again: againArgs(flags, store),
        ask,
      });
      const why = shortfall(result);
      if (why !== undefined) output.note(why, "red");
      return declined === "interrupt" ? (exitCode() ?? 130) : why === undefined ? 0 : 1;
    } finally {
      if (!json) tellThread(copy, store, output);
    }
  },
};

/** Where to run again from. @throws UsageError where no run was under way there. */
async function startOf(agent: Agent, threadId: string, at: number | undefined): Promise<number> {
  let start = at;
  if (start === undefined) {
    for await (const { type, version } of agent.history(threadId)) if (type === "run_start") start = version;
  }
  const state = await agent.state(threadId, { at: start });
  if (start !== undefined && state?.run.status === "running") return start;
  throw new UsageError(
    `no run was under way at version ${start ?? 0} of the thread "${threadId}"; locus threads show lists its versions: choose one from a run_start to before its terminate`,
  );
}
