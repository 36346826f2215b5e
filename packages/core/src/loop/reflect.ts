/** Reflect: looks at what the run has come to so far, and puts it on record. */
import { asLocusError } from "../errors/errors.ts";
import type { Batch, RunContext } from "./context.ts";
import { unlessStopped } from "./run-control.ts";

export async function* reflect(run: RunContext): AsyncGenerator<Batch> {
  const { reflector } = run.definition;
  if (reflector === undefined) return;
  try {
    const seen = await unlessStopped(run.control, (async () => reflector.reflect(run))());
    if (seen !== undefined) yield seen;
  } catch (thrown) {
    run.control.end({ reason: "error", error: asLocusError(thrown, "the run could not be assessed") });
  }
}
