/** The command: measures, prints, writes the report and its chart, and says by its exit code whether budgets are kept. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { CommanderError } from "commander";
import { AXES, type Axis, ROWS } from "./budgets.ts";
import { FLOOR, nameOf, OURS, PEERS } from "./contestants/contestants.ts";
import { type BenchOptions, readOptions } from "./options.ts";
import { isImported } from "./own/importing.ts";
import { installPeers } from "./peers.ts";
import { chart } from "./report/chart.ts";
import { isFailed, type Report, reportRows } from "./report/report.ts";
import { reportText } from "./report/text.ts";
import { measure } from "./run/measure.ts";
import { type AxisResult, takeRounds, together } from "./run/rounds.ts";
import { startServer } from "./server/start.ts";

const RESULTS = new URL("../results/", import.meta.url);
/** Runs that memory is watched over. */
const LEAK_RUNS = 10_000;
const QUICK_LEAK_RUNS = 1_600;

const print = (text: string): boolean => process.stdout.write(text);
/** Where it is at: for whoever waits, not part of the report. */
const note = (text: string): boolean => process.stderr.write(text);

try {
  await bench(readOptions(process.argv.slice(2), print));
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode !== 0 && error.code.startsWith("bench.")) note(`error: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function bench(options: BenchOptions): Promise<void> {
  const missing = options.peers ? await installPeers(note) : {};
  const peers = options.peers ? Object.keys(PEERS).filter((id) => !(id in missing)) : [];
  const everyone = options.quick ? [FLOOR, OURS] : [FLOOR, "openai", OURS, "locus-model", ...peers];
  const results: AxisResult[] = [];
  await using server = await startServer();
  for (const axis of AXES.filter(({ id }) => options.axes.includes(id) && (!options.quick || isHeld(id)))) {
    const before = performance.now();
    const rounds = Math.min(axis.rounds ?? options.rounds, options.rounds);
    const leakRuns = options.quick ? QUICK_LEAK_RUNS : LEAK_RUNS;
    const take = (): Promise<AxisResult> =>
      takeRounds(axis, whoTakesPart(axis, everyone), rounds, (contestant) =>
        measure(axis, contestant, { server, sizes: { leakRuns } }),
      );
    let result = await take();
    const isMissed = reportRows([result]).some(isFailed);
    // A machine that was busy for a moment is no budget missed: as many rounds again say which it was.
    if (isMissed) result = together(result, await take());
    results.push(result);
    note(
      `${axis.id}: ${((performance.now() - before) / 1_000).toFixed(0)} s${isMissed ? ", measured again" : ""}\n`,
    );
  }
  const report: Report = {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    rounds: options.rounds,
    quick: options.quick,
    rows: reportRows(results),
    absent: absent(options, missing),
  };
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const name = options.quick ? "quick" : options.axes.length < AXES.length ? "part" : "latest";
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), json);
  writeFileSync(new URL(`${name}.svg`, RESULTS), chart(report));
  print(options.json ? json : reportText(report, { colours: process.stdout.isTTY }));
  if (report.rows.some(isFailed)) process.exitCode = 1;
}

/** A quick run measures what can fail. */
function isHeld(id: string): boolean {
  return ROWS.some(({ axis, budget }) => axis === id && budget !== undefined);
}

function whoTakesPart({ only, how }: Axis, everyone: readonly string[]): readonly string[] {
  if (only !== undefined) return only;
  return how.kind === "import" ? ["zod", ...everyone.filter(isImported)] : everyone;
}

/** Nobody is missing without a word. */
function absent({ quick, peers }: BenchOptions, missing: Readonly<Record<string, string>>): Report["absent"] {
  const why = quick ? "left out by --quick" : "not asked for: --peers";
  const left = peers ? [] : Object.keys(PEERS).map((id) => [nameOf(id), why] as const);
  return Object.fromEntries([
    ...left,
    ...Object.entries(missing).map(([id, reason]) => [nameOf(id), reason] as const),
  ]);
}
