/** The options of `locus run` for going on with a run. */
import { type Command, Option } from "commander";
import { pair } from "../show/units.ts";
import type { WrittenAnswer } from "./answers.ts";

export function withRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-r, --resume <thread>",
        "go on with the thread's run, after its process died or with answers; the id, or how it begins",
      ).conflicts(["thread", "continue"]),
    )
    .addOption(
      new Option(
        "-a, --answer <id=answer>",
        "answer to an open question: yes, no, JSON or text; may be given several times",
      ).argParser((text, before: readonly WrittenAnswer[] | undefined) => [...(before ?? []), pair(text)]),
    );
}
