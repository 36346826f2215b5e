/** The `locus` command: its parts, and what its exit code means. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { registerProviders } from "../providers.ts";
import type { ChatFlags } from "./chat.ts";
import type { DoctorFlags } from "./doctor.ts";
import { describeError } from "./errors.ts";
import type { ModelsFlags } from "./models.ts";
import { withOciOptions } from "./oci-flags.ts";
import { UsageError, withAgentOptions, withThreadOptions } from "./options.ts";
import { createOutput, type Output } from "./output.ts";
import type { RunFlags } from "./run.ts";
import { withRunOptions } from "./threads/run-options.ts";

const EXIT_CODES = `
Exit codes: 0 success, 1 the run failed or ended without success, 2 wrong usage, 130 Ctrl-C.`;

/**
 * Runs the command; resolves to its exit code. Writes to the process's streams.
 *
 * @param args without node and script
 */
export async function main(args: readonly string[]): Promise<number> {
  registerProviders();
  const output = createOutput(process.stdout, process.stderr, process.env);
  let exitCode = 0;
  const exit = (code: number): void => {
    exitCode = code;
  };
  const { program, oci, threads } = describeCommand(output, exit);
  try {
    // They are many, and load what nothing else needs.
    if (args.slice(0, 2).includes("oci")) {
      const { addOciGroups } = await import("./oci/command.ts");
      addOciGroups(oci, output, exit);
    }
    if (args.slice(0, 2).includes("threads")) {
      const { addThreadActions } = await import("./threads/command.ts");
      addThreadActions(threads, output, exit);
    }
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    for (const line of describeError(error, args.includes("--debug"))) output.note(line, "red");
    return error instanceof UsageError ? 2 : 1;
  }
}

function describeCommand(
  output: Output,
  exit: (code: number) => void,
): { readonly program: Command; readonly oci: Command; readonly threads: Command } {
  const program = new Command("locus")
    .description("Agents for OCI Generative AI and other providers.")
    .version(versionOf())
    .exitOverride()
    .showHelpAfterError("(locus --help shows what there is)")
    .addHelpText("after", EXIT_CODES);
  // A subcommand takes over the settings above at the moment it is made.
  const run = program
    .command("run")
    .summary("answer one prompt, with demo tools")
    .description(
      "Answers one prompt, or goes on with a run. The answer goes to stdout, tool calls and usage to stderr.",
    )
    .argument("[prompt...]", "what to ask; read from stdin where it is absent");
  withRunOptions(withThreadOptions(withAgentOptions(run)))
    .option("--json", "every event as a line of JSON on stdout, and nothing else there")
    .action(async (words: readonly string[], flags: RunFlags) => {
      const { run } = await import("./run.ts");
      exit(await run(words, flags, output));
    });
  const chat = program
    .command("chat")
    .summary("talk on one thread, with demo tools")
    .description("Questions and answers on one thread. Ctrl-C cancels an answer, twice it quits.");
  withThreadOptions(withAgentOptions(chat)).action(async (flags: ChatFlags) => {
    const { chat } = await import("./chat.ts");
    exit(await chat(flags, output));
  });
  const threads = program
    .command("threads")
    .summary("the conversations that run and chat keep: listed, shown, forked, replayed, deleted")
    .description("The conversations that run and chat keep. Each command has its own --help.")
    .addHelpText("after", "\nExample:\n  locus threads list");
  withOciOptions(
    program
      .command("doctor")
      .summary("check the way to OCI, from the configuration file to a streamed answer")
      .description(
        "Checks the way to OCI, one line a check. Without --model no model is asked, and nothing is paid.",
      )
      .option("-m, --model <id>", "model to ask for a few words, plain and streamed"),
  ).action(async (flags: DoctorFlags) => {
    const { doctor } = await import("./doctor.ts");
    exit(await doctor(flags, output));
  });
  addModels(program, output, exit);
  const oci = program
    .command("oci")
    .summary("projects, API keys, vector stores, files and all else that OCI keeps")
    .description(
      "What OCI Generative AI keeps: made, listed, filled, searched, waited for and deleted. Each command has its own --help.",
    )
    .addHelpText("after", "\nExample:\n  locus oci projects list");
  addModels(oci, output, exit);
  program
    .command("emulator")
    .summary("start the OCI Generative AI emulator on this machine")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[options...]", "those of locus-oci-emulator")
    .action(async (args: readonly string[]) => {
      const { emulator } = await import("./emulator.ts");
      exit(await emulator(args));
    });
  return { program, oci, threads };
}

function addModels(parent: Command, output: Output, exit: (code: number) => void): void {
  withOciOptions(
    parent
      .command("models")
      .summary("list the models of a compartment")
      .description("Lists the models of a compartment: what each can do, and the transport it would take.")
      .option("--vendor <name>", "only this vendor's")
      .option("--capability <name>", "only those that can do this: CHAT, TEXT_EMBEDDINGS, …")
      .option("--all", "those that are not active as well"),
  ).action(async (flags: ModelsFlags) => {
    const { models } = await import("./models.ts");
    exit(await models(flags, output));
  });
}

/** The manifest is two folders up from here, in the source as in `dist/cli` and `dist/chunks`. */
function versionOf(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isVersioned = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isVersioned ? String(manifest.version) : "unknown";
}
