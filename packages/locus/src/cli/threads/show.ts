/** `locus threads show`: one thread, as versions, as a conversation, or event by event. */
import type { AgentState, ThreadVersion } from "@locus-sdk/core";
import { UsageError } from "../options.ts";
import { detailsOf } from "../show/details.ts";
import { type Column, showList, type View } from "../show/show.ts";
import { layOut } from "../show/table.ts";
import { count, localTime } from "../show/units.ts";
import { readerOf, type ThreadsAction, type ThreadsFlags } from "./action.ts";
import { tellOpen } from "./converse.ts";
import { findThread } from "./find.ts";
import { linesOf } from "./transcript.ts";
import { eventLines } from "./transfer.ts";

interface ShowFlags extends ThreadsFlags {
  readonly at?: number;
  readonly messages?: true;
  readonly events?: true;
}

const COLUMNS: readonly Column<ThreadVersion>[] = [
  ["VERSION", ({ version }) => String(version)],
  ["TIME", ({ timestamp }) => localTime(timestamp)],
  ["NODE", ({ node }) => node],
  ["EVENT", ({ type }) => type],
  ["TOKENS", ({ usage }) => (usage === undefined ? "" : String(usage.totalTokens))],
  ["SUMMARY", ({ summary }) => summary],
];

export const show: ThreadsAction<ShowFlags> = {
  usage: "show <id>",
  summary: "show what happened on a thread, version by version",
  notes: "The id may be given by its beginning.",
  example: "show trip --messages",
  use: "look",
  options: [
    ["--at <version>", "as it was at that version", count],
    ["--messages", "the conversation instead"],
    ["--events", "the events instead, each a line of JSON"],
  ],
  run: async ({ store, args, flags, view, signal }) => {
    const { at, messages, events } = flags;
    if (messages && events) throw new UsageError("--messages and --events are two ways to show it; give one");
    const { threadId, version, agent, createdAt, updatedAt, metadata } = await findThread(
      store,
      args[0] ?? "",
    );
    if (at !== undefined && at > version) {
      throw new UsageError(`the thread "${threadId}" has no version ${at}: it is at ${version}`);
    }
    const range = at === undefined ? {} : { upTo: at };
    const { output } = view;
    if (events) {
      await output.bytes(eventLines(store.checkpointer.events(threadId, range), signal));
      return undefined;
    }
    await using reader = readerOf(store);
    const state = await reader.state(threadId, { at });
    if (state === undefined) return undefined;
    if (messages) {
      showMessages(state, view);
      return undefined;
    }
    if (!view.json) {
      const { status, outcome } = state.run;
      const facts = {
        thread: threadId,
        agent,
        version: state.version,
        status: status === "running" ? "unfinished" : (outcome?.reason ?? status),
        created: localTime(createdAt),
        updated: localTime(updatedAt),
        metadata,
      };
      for (const line of await layOut(detailsOf(facts))) output.line(line);
      output.line("");
    }
    await showList(reader.history(threadId, range), COLUMNS, "", view);
    if (!view.json && at === undefined && state.run.interrupts.length > 0) {
      tellOpen(threadId, state.run.interrupts, { output, again: store.args });
    }
    return undefined;
  },
};

function showMessages({ messages }: AgentState, { json, output }: View): void {
  for (const message of messages) {
    if (json) output.answer(`${JSON.stringify(message)}\n`);
    else for (const { text, style } of linesOf(message)) output.line(text, style);
  }
}
