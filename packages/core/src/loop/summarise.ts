/** Summarise: the iterations are used up, so one last answer is asked for, without tools. */
import type { ModelResponse } from "../model/types.ts";
import { SUMMARY_ORIGIN } from "../state/reduce.ts";
import { callModel } from "./call-model.ts";
import type { Batch, RunContext } from "./context.ts";
import { modelComplete, reminder, withSystemPrompt } from "./think.ts";

const REQUEST =
  "The limit of steps for this task is reached and no more tools can be used. Answer now from what is known so far, " +
  "and say what is still missing.";

export async function* summarise(run: RunContext): AsyncGenerator<Batch> {
  yield [reminder(REQUEST, SUMMARY_ORIGIN)];
  const answer = await ask(run);
  if (answer !== undefined) yield [modelComplete(run, answer)];
}

async function ask(run: RunContext): Promise<ModelResponse | undefined> {
  try {
    return await callModel(run, run.auxiliaryModel, {
      messages: withSystemPrompt(run),
      settings: run.definition.settings,
      signal: run.control.signal,
    });
  } catch (error) {
    // The limit is what ends the run; a summary that could not be had is only missing.
    run.definition.logger.warn({ err: error }, "no summary could be had at the limit of iterations");
    run.control.end({ reason: "max_iterations" });
    return undefined;
  }
}
