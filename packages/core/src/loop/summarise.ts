/** Summarise: the iterations are used up, so one last answer is asked for, without tools. */
import { SUMMARY_ORIGIN } from "../state/reduce.ts";
import { redactError } from "../text/redact-error.ts";
import { askModel } from "./ask-model.ts";
import type { RunContext } from "./context.ts";
import { reminder } from "./reminder.ts";
import { withSystemPrompt } from "./request.ts";

const REQUEST =
  "The limit of steps for this task is reached and no more tools can be used. Answer now from what is known so far, " +
  "and say what is still missing.";

export async function summarise(run: RunContext): Promise<void> {
  await run.commit([reminder(REQUEST, SUMMARY_ORIGIN)]);
  await askModel(run, {
    model: run.auxiliaryModel,
    request: () => ({
      messages: withSystemPrompt(run),
      settings: run.definition.settings,
      signal: run.control.signal,
    }),
    // The limit is what ends the run; a summary that could not be had is only missing.
    failed: (error) => {
      run.definition.logger.warn(
        { err: redactError(error) },
        "no summary could be had at the limit of iterations",
      );
      run.control.end({ reason: "max_iterations" });
    },
  });
}
