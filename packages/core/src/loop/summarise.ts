/** Summarise: the iterations are used up, so one last answer is asked for, without tools. */
import type { ModelRequest, ModelResponse } from "../model/types.ts";
import { SUMMARY_ORIGIN } from "../state/reduce.ts";
import { redactError } from "../text/redact-error.ts";
import { callModel } from "./call-model.ts";
import type { Batch, RunContext } from "./context.ts";
import { makeRoom } from "./make-room.ts";
import { withSystemPrompt } from "./request.ts";
import { spentIn } from "./route.ts";
import { modelComplete, reminder } from "./think.ts";

const REQUEST =
  "The limit of steps for this task is reached and no more tools can be used. Answer now from what is known so far, " +
  "and say what is still missing.";

export async function* summarise(run: RunContext): AsyncGenerator<Batch> {
  yield [reminder(REQUEST, SUMMARY_ORIGIN)];
  const room = await makeRoom(run, run.auxiliaryModel, () => lastRequest(run), "limit");
  if (room.length > 0) yield room;
  const spent = spentIn(run.state, run.definition, Date.now());
  if (spent !== undefined) run.control.end(spent);
  if (run.control.stop !== undefined) return;
  const answer = await ask(run);
  if (answer !== undefined) yield [modelComplete(run, answer)];
}

async function ask(run: RunContext): Promise<ModelResponse | undefined> {
  try {
    return await callModel(run, run.auxiliaryModel, lastRequest(run));
  } catch (error) {
    // The limit is what ends the run; a summary that could not be had is only missing.
    run.definition.logger.warn(
      { err: redactError(error) },
      "no summary could be had at the limit of iterations",
    );
    run.control.end({ reason: "max_iterations" });
    return undefined;
  }
}

function lastRequest(run: RunContext): ModelRequest {
  return {
    messages: withSystemPrompt(run),
    settings: run.definition.settings,
    signal: run.control.signal,
  };
}
