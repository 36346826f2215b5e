/**
 * The loop: ask what is next, do it, again. Nodes yield drafts of durable events; whoever drives the loop commits each
 * batch (numbers, stores, folds it into `run.state`) before asking for the next, so nothing happens before what led to
 * it is on record.
 */
import type { Batch, RunContext } from "./context.ts";
import { execute } from "./execute.ts";
import { reflect } from "./reflect.ts";
import { route, type Step } from "./route.ts";
import type { Stop } from "./run-control.ts";
import { summarise } from "./summarise.ts";
import { terminate } from "./terminate.ts";
import { think } from "./think.ts";
import { verify } from "./verify.ts";

/** @returns The stop that the run ended by; `undefined` where it came to its end by itself, or had ended before. */
export async function* loop(run: RunContext): AsyncGenerator<Batch, Stop | undefined> {
  let endedBy: Stop | undefined;
  const next = (): Step => route(run.state, run.definition, run.control.stop, Date.now());
  for (let step = next(); step.node !== "done"; step = next()) {
    if (step.node === "terminate") {
      endedBy = run.control.stop;
      yield* terminate(run, step);
    } else if (step.node === "verify") yield* verify(run, step);
    else yield* nodes[step.node](run);
  }
  return endedBy;
}

const nodes = { think, execute, reflect, summarise };
