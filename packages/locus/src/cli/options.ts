/** The options that `run` and `chat` share: how the agent is made, where its threads are kept, and what is shown. */
import { LocusError, parseModelName } from "@locus-sdk/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { usualStore } from "./threads/default-store.ts";

/** How the agent is made, and what is shown of it. */
export interface AgentFlags {
  readonly model: string;
  readonly system?: string;
  /** `--no-tools` */
  readonly tools: boolean;
  /** A person is asked before each call of a tool. */
  readonly ask?: true;
  readonly maxIterations?: number;
  readonly temperature?: number;
  readonly quiet?: true;
  /** All that happens in the run is shown, in colours. */
  readonly pretty?: true;
  readonly debug?: true;
}

export interface StoreFlags {
  readonly store: string;
}

/** Which conversation. */
export interface ThreadFlags extends StoreFlags {
  readonly thread?: string;
  /** The one that was written to last. */
  readonly continue?: true;
}

/** Something about the command line that only its user can put right. */
export class UsageError extends Error {}

export const defaultModel = (): string => process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

export function withAgentOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-m, --model <name>", "model, as <provider>:<model id>")
        .default(defaultModel(), "LOCUS_MODEL, or oci:openai.gpt-oss-120b")
        .argParser(modelName),
    )
    .option("-s, --system <prompt>", "system prompt")
    .option("--no-tools", "do not offer the demo tools (get_weather, calculate, current_time)")
    .option("--ask", "ask before each call of a tool; an answer may come later, from another process")
    .option("--max-iterations <n>", "model calls at most, 1 to 500 (default: 20)", iterations)
    .option("--temperature <t>", "sampling temperature, 0 to 2 (default: the model's)", temperature)
    .option("-q, --quiet", "answers and errors only")
    .addOption(
      new Option(
        "--pretty",
        "show all that happens: reasoning, checks, guardrails, progress of tools",
      ).conflicts(["quiet", "json"]),
    )
    .option("--debug", "show stacks of errors");
}

export function withStoreOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--store <path>",
      "where threads are kept: a .db or .sqlite file, a directory, or none",
    ).default(usualStore(), "LOCUS_STORE, or ~/.locus/threads.db"),
  );
}

export function withThreadOptions(command: Command): Command {
  return withStoreOption(
    command
      .option("-t, --thread <id>", "conversation to go on with, or to begin")
      .addOption(
        new Option("-c, --continue", "go on with the conversation that was written to last").conflicts(
          "thread",
        ),
      ),
  );
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
