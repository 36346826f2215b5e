/** A command of `locus threads` as data, and what all of them have in common: the store, flags, Ctrl-C, how they end. */
import { Agent } from "@locus-sdk/core";
import { type Command, Option } from "commander";
import type { OptionRow } from "../oci/action.ts";
import { type StoreFlags, withAgentOptions, withStoreOption } from "../options.ts";
import type { Output } from "../output.ts";
import type { View } from "../show/show.ts";
import { watchSignals } from "../signals.ts";
import { type OpenedStore, openStore } from "./store.ts";

export interface ThreadsFlags extends StoreFlags {
  readonly json?: true;
}

/** What an action is given to work with. */
interface ThreadsTask<Flags extends ThreadsFlags = ThreadsFlags> {
  readonly store: OpenedStore;
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly view: View;
  /** Aborts by Ctrl-C, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** What `signal` aborted for is an exit code, where it was a signal of the system. */
  readonly exitCode: () => number | undefined;
}

/** One thing that can be done. */
export interface ThreadsAction<Flags extends ThreadsFlags = ThreadsFlags> {
  /** With its arguments: `show <id>`. */
  readonly usage: string;
  readonly summary: string;
  readonly notes?: string;
  /** What stands behind `locus threads` in its help. */
  readonly example: string;
  readonly options?: readonly OptionRow[];
  /** Whether it runs an agent, and takes the options of one. */
  readonly runs?: true;
  /** `"look"` makes no store where there is none. */
  readonly use: "look" | "keep";
  /** Resolves to the exit code where it is not 0. */
  run(task: ThreadsTask<Flags>): Promise<number | undefined>;
}

/** Puts an action under `threads`. */
export function addAction(
  parent: Command,
  action: ThreadsAction,
  output: Output,
  exit: (code: number) => void,
): void {
  const { usage, summary, notes = "", example, options = [] } = action;
  const command = withStoreOption(parent.command(usage))
    .option("--json", "one line of JSON for each line shown")
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}. ${notes}`.trim())
    .addHelpText("after", `\nExample:\n  locus threads ${example}`);
  if (action.runs === true) withAgentOptions(command);
  else command.option("--debug", "show stacks of errors");
  for (const [flags, what, read, times] of options) {
    const option = new Option(flags, times === undefined ? what : `${what}; may be given several times`);
    if (read !== undefined && times === undefined) option.argParser(read);
    else if (read !== undefined) {
      option.argParser((text, before: readonly unknown[] | undefined) => [...(before ?? []), read(text)]);
    }
    command.addOption(option);
  }
  command.action(async () => exit(await perform(action, command, output)));
}

/** An agent to look at threads with: it never asks its model. */
export function readerOf({ checkpointer }: OpenedStore): Agent {
  return new Agent({ name: "locus", model: "oci:openai.gpt-oss-120b", checkpointer });
}

async function perform(action: ThreadsAction, command: Command, output: Output): Promise<number> {
  const flags = command.opts<ThreadsFlags>();
  using interruption = watchSignals();
  const signal = AbortSignal.any([interruption.signal, output.gone]);
  await using store = await openStore(flags.store, action.use);
  const view = { json: flags.json === true, output };
  const exitCode = (): number | undefined => interruption.exitCode;
  try {
    return (await action.run({ store, args: command.args, flags, view, signal, exitCode })) ?? 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    // Whoever read the list has enough of it: nothing is wrong.
    if (output.gone.aborted) return 0;
    output.note("locus: cancelled", "red");
    return interruption.exitCode ?? 1;
  }
}
