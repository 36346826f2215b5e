/** Think: a turn of the model, tried until it is an answer. */
import { sleep } from "../async/abort.ts";
import type { DurableDraft } from "../events/types.ts";
import { withAuthor } from "../messages/authors.ts";
import type { ModelResponse } from "../model/types.ts";
import { claimCallIds } from "./call-model.ts";
import type { Batch, RunContext } from "./context.ts";
import { makeRoom } from "./make-room.ts";
import { buildRequest, movedFrom } from "./request.ts";
import { lastAnswer } from "./route.ts";
import { retryEvent, takeTurn } from "./turn.ts";

const EXPLICIT_REMINDER =
  "The task is not complete until you call one of the tools that complete it. Go on, or call it now.";

export async function* think(run: RunContext): AsyncGenerator<Batch> {
  if (lastAnswer(run.state) !== undefined && run.state.run.iteration > 0) {
    yield [reminder(EXPLICIT_REMINDER)];
  }
  const moved = movedFrom(run);
  if (moved !== undefined) yield [retryEvent(moved, 1, true)];
  const room = await makeRoom(run, run.model, () => buildRequest(run, []), "limit");
  if (room.length > 0) yield room;
  if (run.control.stop !== undefined) return;
  let overflowed = false;
  for (let attempt = 1; ; attempt++) {
    const turn = await takeTurn(run, attempt, overflowed);
    if (turn.notices.length > 0) yield turn.notices.map((notice) => ({ ...notice, type: "retry" }));
    if (turn.kind === "stopped") return;
    if (turn.kind === "answered") {
      const ran = turn.response.hostedTools ?? [];
      yield [
        ...ran.map((tool): DurableDraft => ({ ...tool, type: "hosted_tool" })),
        modelComplete(run, turn.response),
      ];
      return;
    }
    overflowed ||= turn.room !== undefined;
    yield [...(turn.room ?? []), turn.retry];
    await sleep(turn.retry.delayMs, run.control.signal).catch(() => undefined);
    if (run.control.stop !== undefined) return;
  }
}

/** The event that puts an answer on record, which has been read from its model or hook (`readResponse`). */
export function modelComplete(run: RunContext, response: ModelResponse): DurableDraft {
  const { message, usage, stopReason, modelId, provider, cached, requestId } = response;
  const { providerState, warnings, rawOutput } = response;
  return {
    type: "model_complete",
    // A model that stands before others says whose answer it hands on.
    message: withAuthor(
      claimCallIds(run, message),
      provider === undefined ? run.model : { provider, modelId },
    ),
    usage,
    stopReason,
    modelId,
    ...(provider === undefined ? {} : { provider }),
    ...(cached === undefined ? {} : { cached }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(providerState === undefined ? {} : { providerState }),
    ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
    ...(rawOutput === undefined ? {} : { rawOutput }),
  };
}

export function reminder(content: string, origin = "reminder"): DurableDraft {
  return { type: "message_added", message: { role: "user", content }, origin };
}
