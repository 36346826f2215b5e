/** Where the time of one contestant's work goes: a CPU profile in `.work/profiles`, and its heaviest functions by file. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AXES } from "./budgets.ts";
import { OURS } from "./contestants/contestants.ts";
import { runWork } from "./run/spawn.ts";
import { startServer } from "./server/start.ts";

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const TOP = 40;
const FOLDER = fileURLToPath(new URL("../.work/profiles/", import.meta.url));

const [id = "answer", contestant = OURS] = process.argv.slice(2);
const how = AXES.find((axis) => axis.id === id)?.how;
if (how?.kind !== "work") throw new Error(`no work of that name: ${id}`);
const folder = join(FOLDER, `${id}-${contestant}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

await using server = await startServer();
await runWork(
  { kind: "work", work: how.work, contestant, baseURL: server.url(how.script), sizes: { leakRuns: 2_000 } },
  {
    execArgv: [...(how.execArgv ?? []), "--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", folder],
  },
);
for (const file of readdirSync(folder)) {
  const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as Profile;
  process.stdout.write(`${join(folder, file)}\n${heaviest(profile).join("\n")}\n`);
}

/** Self time, as a share of all that was not idle. */
function heaviest({ nodes, samples, timeDeltas }: Profile): readonly string[] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const micros = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of samples.entries()) {
    const frame = frames.get(sample);
    const delta = timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") continue;
    busy += delta;
    const place = placeOf(frame);
    micros.set(place, (micros.get(place) ?? 0) + delta);
  }
  return [...micros]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([place, time]) => `${((time / busy) * 100).toFixed(1).padStart(5)} %  ${place}`);
}

function placeOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url.replace(/^.*\/(?=(?:packages|node_modules\/(?!\.pnpm))\/?)/, "");
  return `${name}  ${file}:${lineNumber + 1}`;
}
