/** Asks a model, in as many tries as hooks want and budgets allow, and puts its answer on record. */
import { sleep } from "../async/abort.ts";
import type { DurableDraft } from "../events/types.ts";
import { withAuthor } from "../messages/authors.ts";
import type { ChatModel, ModelResponse, Usage } from "../model/types.ts";
import { addUsage } from "../state/usage.ts";
import { claimCallIds } from "./call-model.ts";
import type { RunContext } from "./context.ts";
import { makeRoom } from "./make-room.ts";
import { spentIn } from "./spent.ts";
import { type Asking, type RetryDraft, retryEvent, takeTurn } from "./turn.ts";

/** What is said of a call that brought nothing, where another one was made without the loop's doing. */
const LOST = "a call before the one that answered failed, and may have been paid for";

export async function askModel(run: RunContext, asking: Asking): Promise<void> {
  if (run.definition.conversation !== undefined) {
    const room = await makeRoom(run, asking.model, () => asking.request([]), "limit");
    if (room.length > 0) await run.commit(room);
  }
  let overflowed = false;
  for (let attempt = 1; ; attempt++) {
    // A summary, or a try that failed, may have used up what there was.
    const spent = spentIn(run.state, run.definition, Date.now());
    if (spent !== undefined) run.control.end(spent);
    if (run.control.stop !== undefined) return;
    const turn = await takeTurn(run, asking, attempt, overflowed);
    if (turn.notices.length > 0)
      await run.commit(turn.notices.map((notice) => ({ ...notice, type: "retry" })));
    if (turn.kind === "stopped") return;
    const lost = run.control.takeLost();
    if (turn.kind === "answered") {
      const ran = turn.response.hostedTools ?? [];
      await run.commit([
        ...(lost.usage === undefined ? [] : [{ ...retryEvent(LOST, attempt, true), ...lost }]),
        ...ran.map((tool): DurableDraft => ({ ...tool, type: "hosted_tool" })),
        modelComplete(run, asking.model, turn.response),
      ]);
      return;
    }
    overflowed ||= turn.room !== undefined;
    await run.commit([
      ...(turn.room ?? []),
      lost.usage === undefined ? turn.retry : withUsage(turn.retry, lost.usage),
    ]);
    await sleep(turn.retry.delayMs, run.control.signal).catch(() => undefined);
    if (run.control.stop !== undefined) return;
  }
}

const withUsage = (retry: RetryDraft, more: Usage): RetryDraft => ({
  ...retry,
  usage: retry.usage === undefined ? more : addUsage(retry.usage, more),
});

/** The event that puts an answer on record, which has been read from its model or hook (`readResponse`). */
function modelComplete(run: RunContext, model: ChatModel, response: ModelResponse): DurableDraft {
  const { message, usage, stopReason, modelId, provider, serviceTier, cached } = response;
  const { requestId, providerState, warnings, rawOutput } = response;
  return {
    type: "model_complete",
    // A model that stands before others says whose answer it hands on.
    message: withAuthor(claimCallIds(run, message), provider === undefined ? model : { provider, modelId }),
    usage,
    stopReason,
    modelId,
    ...(provider === undefined ? {} : { provider }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(cached === undefined ? {} : { cached }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(providerState === undefined ? {} : { providerState }),
    ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
    ...(rawOutput === undefined ? {} : { rawOutput }),
  };
}
