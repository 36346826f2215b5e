/** Think: one turn of the model, with the hooks around it. */
import { sleep } from "../async/abort.ts";
import { asLocusError, ContextLengthError } from "../errors/errors.ts";
import type { DurableDraft } from "../events/types.ts";
import type { AfterModelCallDecision } from "../hooks/types.ts";
import { frozenCopy } from "../json/json.ts";
import type { SystemMessage } from "../messages/types.ts";
import type { ChatModel, ModelRequest, ModelResponse, ProviderState, RetryNotice } from "../model/types.ts";
import { callModel, claimCallIds } from "./call-model.ts";
import { type Batch, type RunContext, unlessStopped } from "./context.ts";
import { makeRoom } from "./make-room.ts";
import { lastAnswer } from "./route.ts";

/** Tries in one turn, the first included, that hooks can ask for. */
const MAX_ATTEMPTS = 5;

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
    if (turn.notices.length > 0) yield turn.notices.map((notice) => ({ type: "retry", ...notice }));
    if (turn.kind === "stopped") return;
    if (turn.kind === "answered") {
      const ran = turn.response.hostedTools ?? [];
      yield [
        ...ran.map((tool): DurableDraft => ({ type: "hosted_tool", ...tool })),
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

/** The event that puts an answer on record. */
export function modelComplete(run: RunContext, response: ModelResponse): DurableDraft {
  const { message, usage, stopReason, modelId, requestId, providerState, warnings, rawOutput } = response;
  return {
    type: "model_complete",
    // A copy of our own: what a model hands out may change, or be no plain JSON.
    message: claimCallIds(run, frozenCopy(message)),
    usage,
    stopReason,
    modelId,
    ...(requestId === undefined ? {} : { requestId }),
    ...(providerState === undefined ? {} : { providerState }),
    ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
    ...(rawOutput === undefined ? {} : { rawOutput: frozenCopy(rawOutput) }),
  };
}

type Turn = { readonly notices: readonly RetryNotice[] } & (
  | { readonly kind: "answered"; readonly response: ModelResponse }
  | {
      readonly kind: "again";
      readonly retry: Extract<DurableDraft, { type: "retry" }>;
      /** What gave way, where the conversation did not fit. */
      readonly room?: Batch;
    }
  | { readonly kind: "stopped" }
);

async function takeTurn(run: RunContext, attempt: number, overflowed: boolean): Promise<Turn> {
  const { hooks } = run.definition;
  const { state } = run;
  const notices: RetryNotice[] = [];
  const before = await unlessStopped(
    run.control,
    hooks.beforeModelCall({ request: buildRequest(run, notices), state, attempt }),
  );
  if (before?.end !== undefined) run.control.endByHook(before.end);
  if (before === undefined || run.control.stop !== undefined) return { kind: "stopped", notices };

  const { request } = before;
  let response: ModelResponse;
  try {
    response = before.response ?? (await callModel(run, run.model, request));
  } catch (thrown) {
    // A stop aborts the call: then its failure is no news.
    if (run.control.stop !== undefined) return { kind: "stopped", notices };
    const failure = asLocusError(thrown, "the model call failed");
    if (failure instanceof ContextLengthError && !overflowed) {
      const room = await makeRoom(run, run.model, () => request, "overflow");
      if (run.control.stop !== undefined) return { kind: "stopped", notices };
      if (room.length > 0) {
        const what = `${failure.message}: sending it once more, shorter`;
        return { kind: "again", retry: retryEvent(what, attempt, true), room, notices };
      }
    }
    const decision = await unlessStopped(
      run.control,
      hooks.onModelError({ request, error: failure, state, attempt }),
    );
    if (decision?.end !== undefined) run.control.endByHook(decision.end);
    else if (decision?.retry !== undefined && attempt < MAX_ATTEMPTS) {
      return { kind: "again", retry: retryEvent(failure.message, attempt, decision.retry), notices };
    }
    if (decision?.response === undefined) {
      run.control.end({ reason: "error", error: failure });
      return { kind: "stopped", notices };
    }
    response = decision.response;
  }

  const after = await unlessStopped(run.control, hooks.afterModelCall({ request, response, state, attempt }));
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
  return { kind: "answered", response: asRewritten(after.response, response), notices };
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

function retryEvent(
  what: string,
  attempt: number,
  retry: NonNullable<AfterModelCallDecision["retry"]>,
): Extract<DurableDraft, { type: "retry" }> {
  return { type: "retry", what, attempt, delayMs: retry === true ? 0 : retry.delayMs };
}

/** Why a model that lets its server keep the conversation has to be sent all of it: it was kept for another one. */
function movedFrom({ state: { providerState }, model }: RunContext): string | undefined {
  if (providerState === undefined || isOf(model, providerState) || !model.capabilities.serverState)
    return undefined;
  const kept = `${providerState.provider}:${providerState.modelId}`;
  return `the conversation was kept for ${kept}; it is sent whole to ${model.provider}:${model.modelId}`;
}

function isOf(model: ChatModel, { provider, modelId }: ProviderState): boolean {
  return provider === model.provider && modelId === model.modelId;
}

function buildRequest(run: RunContext, notices: RetryNotice[]): ModelRequest {
  const { definition, state, model } = run;
  const { providerState } = state;
  const known = providerState !== undefined && isOf(model, providerState);
  return {
    messages: withSystemPrompt(run),
    settings: definition.settings,
    signal: run.control.signal,
    onRetry: (notice) => notices.push(notice),
    ...(definition.toolDefinitions.length === 0 ? {} : { tools: definition.toolDefinitions }),
    ...(definition.hostedTools.length === 0 ? {} : { hostedTools: definition.hostedTools }),
    ...(known ? { providerState } : {}),
  };
}

/** One object for the whole run, so that what is kept with a message is kept with this one, too. */
const systemMessages = new WeakMap<RunContext, SystemMessage>();

export function withSystemPrompt(run: RunContext): ModelRequest["messages"] {
  const { systemPrompt, state } = run;
  if (systemPrompt === "") return state.messages;
  const message = systemMessages.get(run) ?? Object.freeze({ role: "system", content: systemPrompt });
  systemMessages.set(run, message);
  return [message, ...state.messages];
}

export function reminder(content: string, origin = "reminder"): DurableDraft {
  return { type: "message_added", message: { role: "user", content }, origin };
}
