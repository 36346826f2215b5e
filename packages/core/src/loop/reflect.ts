/** Reflect: looks at what the run has come to so far, and puts it on record. */
import { asLocusError } from "../errors/errors.ts";
import type { AgentState } from "../state/types.ts";
import { type Batch, type RunContext, unlessStopped } from "./context.ts";

/** Decides when to look, and what is seen. */
export interface Reflector {
  /** Asked before a model call, at most once after each answer of the model. Pure. */
  due(state: AgentState): boolean;
  /** The `reflect` event, and what is said to the model. */
  reflect(run: RunContext): Promise<Batch>;
}

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
