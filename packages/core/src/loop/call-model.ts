/** One call of a model, plain or streamed, that ends when the run does. */
import { abortable } from "../async/abort.ts";
import { IncompleteStreamError, LocusError, ModelError, messageOf } from "../errors/errors.ts";
import type { TransientDraft } from "../events/types.ts";
import type { AssistantMessage } from "../messages/types.ts";
import { countedAnswer } from "../model/counted-call.ts";
import { deltaTokens, lostUsage, mayBePaid } from "../model/lost-call.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../model/types.ts";
import { redactSecrets } from "../text/redact.ts";
import type { RunContext } from "./context.ts";

/** How much of an answer had come, by the time it failed. */
export interface Received {
  /** Pieces of it. */
  parts: number;
  tokens: number;
}

/** Rejects with a `LocusError`, whatever the model threw. */
export function callModel(
  run: RunContext,
  model: ChatModel,
  request: ModelRequest,
  received: Received,
): Promise<ModelResponse> {
  const { hooks } = run.definition;
  const streaming = run.streaming && model.capabilities.streaming;
  const context = { model, request, state: run.state, streaming };
  return hooks.aroundModelCall(context, () =>
    answerOf(run, model, request, streaming ? received : undefined),
  );
}

async function answerOf(
  run: RunContext,
  model: ChatModel,
  request: ModelRequest,
  received: Received | undefined,
): Promise<ModelResponse> {
  const { control, definition } = run;
  const { prices } = definition;
  control.signal.throwIfAborted();
  try {
    const response = await abortable(
      received === undefined ? model.complete(request) : readStream(run, model, request, received),
      control.stopping,
    );
    return countedAnswer(response, model, request, prices);
  } catch (error) {
    const { parts, tokens: written } = received ?? { parts: 0, tokens: 0 };
    // Stopped, it was under way, whatever the stop is called; and so it was where pieces of it had come.
    if (control.stop !== undefined || parts > 0 || mayBePaid(error)) {
      control.lose(lostUsage(error, model, request, { prices, written }));
    }
    if (error instanceof LocusError) throw error;
    // Whoever made the error does not know where its words end up: as ours, they are shown and logged.
    const what = redactSecrets(messageOf(error));
    throw new ModelError(`${model.provider}:${model.modelId} failed: ${what}`, { cause: error });
  }
}

/** Every call of the message under an id that is its own in this thread; the provider's is kept beside it. */
export function claimCallIds(run: RunContext, message: AssistantMessage): AssistantMessage {
  let changed = false;
  const content = message.content.map((part) => {
    if (part.type !== "tool_call") return part;
    const id = run.claimCallId(part.id);
    if (id === part.id) return part;
    changed = true;
    const providerId = part.providerId ?? part.id;
    return { ...part, id, ...(providerId === "" ? {} : { providerId }) };
  });
  return changed ? { ...message, content } : message;
}

async function readStream(
  run: RunContext,
  model: ChatModel,
  request: ModelRequest,
  received: Received,
): Promise<ModelResponse> {
  const { signal } = run.control;
  let response: ModelResponse | undefined;
  for await (const part of model.stream(request)) {
    // A model that ignores the signal is left here, and its stream closed.
    signal.throwIfAborted();
    if (part.type === "finish") {
      response = part.response;
      continue;
    }
    received.parts++;
    received.tokens += deltaTokens(part);
    run.publish(chunkOf(part));
    const behind = run.backpressure();
    if (behind !== undefined) await behind;
  }
  if (response !== undefined) return response;
  throw new IncompleteStreamError(
    `the stream of ${model.provider}:${model.modelId} ended without its finish`,
    {
      hint: "What had come so far is not an answer. Try again, or look for a proxy that cuts connections.",
    },
  );
}

function chunkOf(part: Exclude<ModelStreamPart, { type: "finish" }>): TransientDraft {
  if (part.type === "text_delta") return { type: "model_chunk", kind: "text", text: part.text };
  if (part.type === "reasoning_delta") return { type: "model_chunk", kind: "reasoning", text: part.text };
  const { argumentsDelta: text, index: callIndex, name } = part;
  return { type: "model_chunk", kind: "tool_call", text, callIndex, ...(name === undefined ? {} : { name }) };
}
