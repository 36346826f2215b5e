/** The options that `run` and `chat` share: how the agent is made and what is shown. */
import { homedir } from "node:os";
import { join } from "node:path";
import { LocusError, parseModelName } from "@locus-sdk/core";
import { type Command, InvalidArgumentError, Option } from "commander";

export interface AgentFlags {
  readonly model: string;
  readonly system?: string;
  readonly thread?: string;
  readonly threadsDir: string;
  /** `--no-tools` */
  readonly tools: boolean;
  readonly maxIterations?: number;
  readonly temperature?: number;
  readonly quiet?: true;
  readonly debug?: true;
}

/** Something about the command line that only its user can put right. */
export class UsageError extends Error {}

export function withAgentOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-m, --model <name>", "model, as <provider>:<model id>")
        .default(
          process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b",
          "LOCUS_MODEL, or oci:openai.gpt-oss-120b",
        )
        .argParser(modelName),
    )
    .option("-s, --system <prompt>", "system prompt")
    .option("-t, --thread <id>", "conversation to go on with, or to begin; kept in the threads directory")
    .addOption(
      new Option("--threads-dir <dir>", "where conversations are kept")
        .env("LOCUS_THREADS_DIR")
        .default(join(homedir(), ".locus", "threads"), "~/.locus/threads"),
    )
    .option("--no-tools", "do not offer the demo tools (get_weather, calculate, current_time)")
    .option("--max-iterations <n>", "model calls at most, 1 to 500 (default: 20)", iterations)
    .option("--temperature <t>", "sampling temperature, 0 to 2 (default: the model's)", temperature)
    .option("-q, --quiet", "answers and errors only")
    .option("--debug", "show stacks of errors");
}

function modelName(text: string): string {
  try {
    parseModelName(text);
    return text;
  } catch (error) {
    if (!(error instanceof LocusError)) throw error;
    throw new InvalidArgumentError([error.message, error.hint].join(". "));
  }
}

function iterations(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 500) return value;
  throw new InvalidArgumentError("It is a whole number from 1 to 500.");
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 2) return value;
  throw new InvalidArgumentError("It is a number from 0 to 2.");
}
