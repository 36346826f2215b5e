/** Reflect: looks at what the run has come to so far, and puts it on record. */
import { asLocusError } from "../errors/errors.ts";
import type { Batch, RunContext } from "./context.ts";
import { unlessStopped } from "./run-control.ts";

export async function reflect(run: RunContext): Promise<void> {
  const { reflector } = run.definition;
  if (reflector === undefined) return;
  let seen: Batch | undefined;
  try {
    seen = await unlessStopped(run.control, (async () => reflector.reflect(run))());
  } catch (thrown) {
    run.control.end({ reason: "error", error: asLocusError(thrown, "the run could not be assessed") });
  }
  if (seen !== undefined) await run.commit(seen);
}
