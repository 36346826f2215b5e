/**
 * The loop: ask what is next, do it, again. Nodes hand drafts of durable events to `run.commit`, which numbers them, stores
 * them and folds them into `run.state`, and wait for it, so nothing happens before what led to it is on record.
 */
import type { RunContext } from "./context.ts";
import { execute } from "./execute.ts";
import { reflect } from "./reflect.ts";
import { route, type Step } from "./route.ts";
import type { Stop } from "./run-control.ts";
import { summarise } from "./summarise.ts";
import { terminate } from "./terminate.ts";
import { think } from "./think.ts";
import { verify } from "./verify.ts";

/** @returns The stop that the run ended by; `undefined` where it came to its end by itself, or had ended before. */
export async function loop(run: RunContext): Promise<Stop | undefined> {
  let endedBy: Stop | undefined;
  const next = (): Step => route(run.state, run.definition, run.control.stop, Date.now());
  for (let step = next(); step.node !== "done"; step = next()) {
    if (step.node === "terminate") {
      endedBy = run.control.stop;
      await terminate(run, step);
    } else if (step.node === "verify") await verify(run, step);
    else await nodes[step.node](run);
  }
  return endedBy;
}

const nodes = { think, execute, reflect, summarise };
