/** Where the time of one contestant's work goes: a CPU profile in `.work/profiles`, and what is heaviest in it. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AXES } from "./budgets.ts";
import { OURS } from "./contestants/contestants.ts";
import { runWork } from "./run/spawn.ts";
import { startServer } from "./server/start.ts";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const TOP = 30;
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

/** Shares of all that was not idle in the second half, when code is compiled: by function, by package, and with all it calls. */
function heaviest({ nodes, samples, timeDeltas }: Profile): readonly string[] {
  const frames = new Map(nodes.map(({ id: node, callFrame }) => [node, callFrame]));
  const parents = new Map(
    nodes.flatMap(({ id: node, children = [] }) => children.map((child) => [child, node])),
  );
  const own = new Map<string, number>();
  const packages = new Map<string, number>();
  const whole = new Map<string, number>();
  let busy = 0;
  const half = timeDeltas.reduce((sum, delta) => sum + delta, 0) / 2;
  let passed = 0;
  for (const [index, sample] of samples.entries()) {
    const stack: CallFrame[] = [];
    for (let node: number | undefined = sample; node !== undefined; node = parents.get(node)) {
      const frame = frames.get(node);
      if (frame !== undefined) stack.push(frame);
    }
    const [top] = stack;
    const micros = timeDeltas[index] ?? 0;
    passed += micros;
    if (passed < half || top === undefined || top.functionName === "(idle)") continue;
    busy += micros;
    add(own, placeOf(top), micros);
    add(packages, packageOf(top), micros);
    for (const place of new Set(stack.filter(({ url }) => url.includes("/packages/")).map(placeOf)))
      add(whole, place, micros);
  }
  const list = (title: string, sums: ReadonlyMap<string, number>): readonly string[] => [
    title,
    ...[...sums]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, TOP)
      .map(([place, micros]) => `${((micros / busy) * 100).toFixed(1).padStart(5)} %  ${place}`),
  ];
  return [
    ...list("by itself", own),
    ...list("by package", packages),
    ...list("with all that it calls, of the workspace", whole),
  ];
}

function add(sums: Map<string, number>, place: string, micros: number): void {
  sums.set(place, (sums.get(place) ?? 0) + micros);
}

function packageOf({ url, functionName }: CallFrame): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "runtime, native";
  if (url.startsWith("node:"))
    return /^node:internal\/deps\/\w+|^node:internal\/\w+|^node:\w+/.exec(url)?.[0] ?? url;
  return (
    /(?:packages\/[^/]+|node_modules\/(?!\.pnpm)(?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[0] ?? url
  );
}

function placeOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url.replace(/^.*\/(?=(?:packages|node_modules\/(?!\.pnpm))\/?)/, "");
  return `${name}  ${file}:${lineNumber + 1}`;
}
