/** A command of `locus oci` as data, and what all of them have in common: flags, Ctrl-C, how they end. */
import type { OciGenAI } from "@locus-sdk/oci";
import { type Command, Option } from "commander";
import { type OciFlags, ociOptions, withOciOptions } from "../oci-flags.ts";
import type { Output } from "../output.ts";
import type { View } from "../show/show.ts";
import { watchSignals } from "../signals.ts";
import { openService, type Service } from "./service.ts";

/** What an action is given to work with. */
export interface Task<Flags extends OciFlags = OciFlags> {
  readonly genai: OciGenAI;
  readonly service: Service;
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly view: View;
  /** Aborts by Ctrl-C, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
}

/** An option: its flags and what it is for, how its text is read, and whether it may be given several times. */
export type OptionRow = readonly [
  flags: string,
  what: string,
  read?: (text: string) => unknown,
  times?: "several",
];

/** One thing that can be done. */
export interface Action<Flags extends OciFlags = OciFlags> {
  /** With its arguments: `create <name>`. */
  readonly usage: string;
  readonly summary: string;
  /** What its help says besides. */
  readonly notes?: string;
  /** What stands behind `locus oci <group>` in its help. */
  readonly example: string;
  readonly options?: readonly OptionRow[];
  /** Resolves to the exit code where it is not 0. */
  run(task: Task<Flags>): Promise<number | undefined>;
}

/** What can be done with one kind of thing. */
export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly actions: readonly Action[];
}

/** Puts a group's actions under `oci`. */
export function addGroup(oci: Command, group: Group, output: Output, exit: (code: number) => void): void {
  const parent = oci.command(group.name).summary(group.summary).description(group.summary);
  for (const action of group.actions) {
    const command = withOciOptions(parent.command(action.usage))
      .option("--project <ocid>", "OCI Generative AI project (default: OCI_PROJECT)")
      .summary(action.summary)
      .description(
        `${action.summary[0]?.toUpperCase()}${action.summary.slice(1)}. ${action.notes ?? ""}`.trim(),
      )
      .addHelpText("after", `\nExample:\n  locus oci ${group.name} ${action.example}`);
    for (const row of action.options ?? []) command.addOption(optionOf(row));
    command.action(async () => exit(await perform(action, command, output)));
  }
}

function optionOf([flags, what, read, times]: OptionRow): Option {
  const option = new Option(flags, times === undefined ? what : `${what}; may be given several times`);
  if (read === undefined) return option;
  if (times === undefined) return option.argParser(read);
  return option.argParser((text, before: readonly unknown[] | undefined) => [...(before ?? []), read(text)]);
}

async function perform(action: Action, command: Command, output: Output): Promise<number> {
  const flags = command.opts<OciFlags>();
  using interruption = watchSignals();
  const signal = AbortSignal.any([interruption.signal, output.gone]);
  try {
    const { createOciGenAI } = await import("@locus-sdk/oci");
    const options = ociOptions(flags);
    const service = await openService(options, signal);
    const genai = createOciGenAI(options);
    const view = { json: flags.json === true, output };
    return (await action.run({ genai, service, args: command.args, flags, view, signal })) ?? 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    // Whoever read the list has enough of it: nothing is wrong.
    if (output.gone.aborted) return 0;
    output.note("locus: cancelled", "red");
    return interruption.exitCode ?? 1;
  }
}
