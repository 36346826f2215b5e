/** Think: a turn of the model, tried until it is an answer. */
import { askModel } from "./ask-model.ts";
import type { RunContext } from "./context.ts";
import { reminder } from "./reminder.ts";
import { buildRequest, movedFrom } from "./request.ts";
import { lastAnswer } from "./route.ts";
import { retryEvent } from "./turn.ts";

const EXPLICIT_REMINDER =
  "The task is not complete until you call one of the tools that complete it. Go on, or call it now.";

export async function think(run: RunContext): Promise<void> {
  if (lastAnswer(run.state) !== undefined && run.state.run.iteration > 0) {
    await run.commit([reminder(EXPLICIT_REMINDER)]);
  }
  const moved = movedFrom(run);
  if (moved !== undefined) await run.commit([retryEvent(moved, 1, true)]);
  await askModel(run, {
    model: run.model,
    request: (notices) => buildRequest(run, notices),
    failed: (error) => run.control.end({ reason: "error", error }),
  });
}
