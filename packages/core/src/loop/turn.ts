/** One try of a model turn, with the hooks around it: an answer, a reason to try again, or a stop. */
import { asLocusError, ContextLengthError, type LocusError, messageOf } from "../errors/errors.ts";
import type { DurableDraft } from "../events/types.ts";
import type { AfterModelCallDecision } from "../hooks/types.ts";
import type { ChatModel, ModelRequest, ModelResponse } from "../model/types.ts";
import { redactSecrets } from "../text/redact.ts";
import { callModel } from "./call-model.ts";
import type { Batch, RunContext } from "./context.ts";
import { makeRoom } from "./make-room.ts";
import { priced } from "./priced.ts";
import type { TakenNotice } from "./request.ts";
import { unlessStopped } from "./run-control.ts";

/** Tries in one turn, the first included, that hooks can ask for. */
const MAX_ATTEMPTS = 5;

export type RetryDraft = Extract<DurableDraft, { type: "retry" }>;

/** What a try came to. */
export type Turn = { readonly notices: readonly TakenNotice[] } & (
  | { readonly kind: "answered"; readonly response: ModelResponse }
  | {
      readonly kind: "again";
      readonly retry: RetryDraft;
      /** What gave way, where the conversation did not fit. */
      readonly room?: Batch;
    }
  | { readonly kind: "stopped" }
);

/** Which model is asked, and for what. */
export interface Asking {
  readonly model: ChatModel;
  /** The request as things are now; what the model tells of its own tries goes to `notices`. */
  request(notices: TakenNotice[]): ModelRequest;
  /** What becomes of an error that no hook has an answer to. */
  failed(error: LocusError): void;
}

export async function takeTurn(
  run: RunContext,
  asking: Asking,
  attempt: number,
  overflowed: boolean,
): Promise<Turn> {
  const { hooks } = run.definition;
  const { state } = run;
  const { model } = asking;
  const notices: TakenNotice[] = [];
  const looking = unlessStopped(
    run.control,
    hooks.beforeModelCall(
      { model, request: requestOf(asking, notices, attempt), state, attempt },
      run.report,
    ),
  );
  // Here and below: with no hook to ask, to wait for what is there would be a turn of the queue and two promises.
  const before = looking instanceof Promise ? await looking : looking;
  if (before?.end !== undefined) run.control.endByHook(before.end);
  if (before === undefined || run.control.stop !== undefined) return { kind: "stopped", notices };

  const { request } = before;
  const received = { parts: 0, tokens: 0 };
  let response: ModelResponse;
  try {
    response =
      before.response === undefined
        ? await callModel(run, model, request, received)
        : priced(run, before.response, model, request);
  } catch (thrown) {
    // A stop aborts the call: then its failure is no news.
    if (run.control.stop !== undefined) return { kind: "stopped", notices };
    const failure = asLocusError(thrown, "the model call failed");
    if (failure instanceof ContextLengthError && !overflowed) {
      const room = await makeRoom(run, model, () => request, "overflow");
      if (run.control.stop !== undefined) return { kind: "stopped", notices };
      if (room.length > 0) {
        const what = `${messageOf(failure)}: sending it once more, shorter`;
        return { kind: "again", retry: retryEvent(what, attempt, true), room, notices };
      }
    }
    const decision = await unlessStopped(
      run.control,
      hooks.onModelError(
        { model, request, error: failure, delivered: received.parts > 0, state, attempt },
        run.report,
      ),
    );
    if (decision?.end !== undefined) run.control.endByHook(decision.end);
    else if (decision?.retry !== undefined && attempt < MAX_ATTEMPTS) {
      return { kind: "again", retry: retryEvent(messageOf(failure), attempt, decision.retry), notices };
    }
    if (decision?.response === undefined) {
      // A hook's end stands.
      if (run.control.stop === undefined) asking.failed(failure);
      return { kind: "stopped", notices };
    }
    response = priced(run, decision.response, model, request);
  }

  const vetting = unlessStopped(
    run.control,
    hooks.afterModelCall({ model, request, response, state, attempt }, run.report),
  );
  const after = vetting instanceof Promise ? await vetting : vetting;
  // Paid for, and not vetted: it is on record, without its content.
  if (after === undefined) return { kind: "answered", response: withheld(response), notices };
  if (after.end !== undefined) {
    run.control.endByHook(after.end);
    if (after.end.reason === "guardrail" && after.response === response) {
      return { kind: "answered", response: withheld(response), notices };
    }
  }
  if (after.end === undefined && after.retry !== undefined && attempt < MAX_ATTEMPTS) {
    const retry = retryEvent("a hook asked for another answer", attempt, after.retry);
    return { kind: "again", retry: { ...retry, usage: response.usage }, notices };
  }
  return {
    kind: "answered",
    response: asRewritten(priced(run, after.response, model, request), response),
    notices,
  };
}

/** A further try wants another answer than the one that was thrown away. */
function requestOf(asking: Asking, notices: TakenNotice[], attempt: number): ModelRequest {
  const request = asking.request(notices);
  return attempt === 1 ? request : { ...request, fresh: true };
}

/** A hook that rewrites a message may have taken out what must not be kept: then it is not kept as it came, either. */
function asRewritten(after: ModelResponse, before: ModelResponse): ModelResponse {
  if (after.message === before.message || after.rawOutput !== before.rawOutput) return after;
  const { rawOutput: _holds, ...rest } = after;
  return rest;
}

/** An answer that a guard stopped: paid for and on record, its content nowhere. */
function withheld({ providerState: _keeps, rawOutput: _holds, ...response }: ModelResponse): ModelResponse {
  return { ...response, message: { role: "assistant", content: [] }, hostedTools: [] };
}

export function retryEvent(
  what: string,
  attempt: number,
  retry: NonNullable<AfterModelCallDecision["retry"]>,
): RetryDraft {
  return { type: "retry", what: redactSecrets(what), attempt, delayMs: retry === true ? 0 : retry.delayMs };
}
