/** One axis, one contestant, one round: what it cost. */
import { fileURLToPath } from "node:url";
import type { Axis } from "../budgets.ts";
import { bundle } from "../own/bundle.ts";
import { importing } from "../own/importing.ts";
import { sizes } from "../own/sizes.ts";
import { typesCost } from "../own/types-cost.ts";
import type { LoopbackServer } from "../server/start.ts";
import type { Metrics, Sizes } from "../work/types.ts";
import { execute } from "./execute.ts";
import { runLeave, runWork } from "./spawn.ts";

export interface Bench {
  readonly server: LoopbackServer;
  readonly sizes: Sizes;
}

export async function measure(
  { how }: Axis,
  contestant: string,
  { server, sizes: size }: Bench,
): Promise<Metrics> {
  switch (how.kind) {
    case "work":
      return runWork(
        { kind: "work", work: how.work, contestant, baseURL: server.url(how.script), sizes: size },
        { execArgv: how.execArgv ?? [] },
      );
    case "import":
      return importing(contestant);
    case "types":
      return typesCost(contestant === "schemas" ? "schemas" : "agent");
    case "leave": {
      const { outcome, open, exitMs } = await runLeave(
        { contestant, how: how.how, baseURL: server.url("endless") },
        () => server.open(),
      );
      return { outcome, open, exitMs };
    }
    case "own":
      return OWN[how.own]();
  }
}

const OWN = {
  signing: () => script("signing.ts"),
  append: () => script("append.ts"),
  sizes,
  bundle,
} satisfies Record<string, () => Promise<Metrics>>;

/** A measurement that is a command of its own, too. */
async function script(file: string): Promise<Metrics> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return JSON.parse(await execute(process.execPath, [path, "--json"])) as Metrics;
}
