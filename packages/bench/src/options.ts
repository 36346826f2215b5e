/** The command's options: what they are, and what they come to. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { AXES } from "./budgets.ts";

export interface BenchOptions {
  readonly quick: boolean;
  readonly peers: boolean;
  readonly json: boolean;
  readonly rounds: number;
  /** Ids of the axes to measure. */
  readonly axes: readonly string[];
}

const ROUNDS = 7;
const QUICK_ROUNDS = 3;

/** @throws CommanderError where they are wrong, and for `--help`, which has been printed then. */
export function readOptions(argv: readonly string[], print: (text: string) => void): BenchOptions {
  const ids = AXES.map(({ id }) => id);
  const program = new Command("bench")
    .description("Measures Locus beside a raw fetch loop, the vendor's client and other frameworks.")
    .option("--quick", `what is ours and the floor, ${QUICK_ROUNDS} rounds: under 3 minutes`, false)
    .option(
      "--peers",
      "other frameworks too; installed into packages/bench/.peers where they are missing",
      false,
    )
    .addOption(new Option("--only <axis...>", "these axes only").choices(ids))
    .addOption(
      new Option(
        "--rounds <count>",
        `rounds of each axis (default: ${ROUNDS}, quick: ${QUICK_ROUNDS})`,
      ).argParser(whole),
    )
    .option("--json", "the report as JSON instead of a table", false)
    .addHelpText("after", "\nExits with 1 where a budget is missed by more than the noise that was measured.")
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: print });
  // pnpm hands on the separator that parts its own options from ours.
  program.parse(
    argv.filter((word, index) => word !== "--" || index > 0),
    { from: "user" },
  );
  const { quick, peers, json, only, rounds } = program.opts<{
    quick: boolean;
    peers: boolean;
    json: boolean;
    only?: string[];
    rounds?: number;
  }>();
  if (quick && peers)
    throw new CommanderError(2, "bench.conflict", "--quick measures what is ours: leave out --peers");
  return { quick, peers, json, rounds: rounds ?? (quick ? QUICK_ROUNDS : ROUNDS), axes: only ?? ids };
}

function whole(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1.");
}
