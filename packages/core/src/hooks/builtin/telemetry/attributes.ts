/** What a request, an answer and an end of a run are told by: attributes of spans, without any content. */
import type { Attributes } from "@opentelemetry/api";
import type { EventOf } from "../../../events/types.ts";
import type { ModelRequest, ModelResponse, Usage } from "../../../model/types.ts";
import type { AroundModelCallContext, AroundToolCallContext, AskedModel } from "../../types.ts";
import { ATTRIBUTE, type Operation, providerName } from "./names.ts";

/** Of every span: who does what, in which thread. */
export interface Doer {
  readonly agent: string;
  readonly threadId: string;
}

export function doing(operation: Operation, { agent, threadId }: Doer): Attributes {
  return {
    [ATTRIBUTE.operation]: operation,
    [ATTRIBUTE.agent]: agent,
    [ATTRIBUTE.conversation]: threadId,
  };
}

export function modelAttributes({ provider, modelId }: AskedModel): Attributes {
  return { [ATTRIBUTE.provider]: providerName(provider), [ATTRIBUTE.requestModel]: modelId };
}

export function requestAttributes({ request, streaming }: AroundModelCallContext): Attributes {
  return {
    ...settingsAttributes(request),
    ...(streaming ? { [ATTRIBUTE.stream]: true } : {}),
    ...(request.outputSchema === undefined ? {} : { [ATTRIBUTE.outputType]: "json" }),
  };
}

function settingsAttributes({ settings = {} }: ModelRequest): Attributes {
  const { temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty, presencePenalty } =
    settings;
  return known({
    [ATTRIBUTE.temperature]: temperature,
    [ATTRIBUTE.topP]: topP,
    [ATTRIBUTE.topK]: topK,
    [ATTRIBUTE.maxTokens]: maxOutputTokens,
    [ATTRIBUTE.stopSequences]: stop === undefined ? undefined : [...stop],
    [ATTRIBUTE.seed]: seed,
    [ATTRIBUTE.frequencyPenalty]: frequencyPenalty,
    [ATTRIBUTE.presencePenalty]: presencePenalty,
  });
}

export function responseAttributes({
  modelId,
  provider,
  requestId,
  stopReason,
  usage,
}: ModelResponse): Attributes {
  return known({
    // A model that stands before others says whose answer it is.
    [ATTRIBUTE.provider]: provider === undefined ? undefined : providerName(provider),
    [ATTRIBUTE.responseModel]: modelId,
    [ATTRIBUTE.responseId]: requestId,
    [ATTRIBUTE.finishReasons]: [stopReason],
    ...usageAttributes(usage),
  });
}

/** A run ends for a reason, too; what it used has the parts of all its model calls, also of those beside the conversation. */
export function endAttributes({ reason, usage }: EventOf<"terminate">): Attributes {
  return { [ATTRIBUTE.finishReasons]: [reason], ...usageAttributes(usage) };
}

function usageAttributes(usage: Usage): Attributes {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  return known({
    [ATTRIBUTE.inputTokens]: inputTokens,
    [ATTRIBUTE.outputTokens]: outputTokens,
    [ATTRIBUTE.cacheReadTokens]: cachedInputTokens,
    [ATTRIBUTE.cacheWriteTokens]: cacheWriteTokens,
    [ATTRIBUTE.reasoningTokens]: reasoningTokens,
  });
}

export function toolAttributes({ call, tool }: Pick<AroundToolCallContext, "call" | "tool">): Attributes {
  return {
    ...calledAttributes(call),
    [ATTRIBUTE.toolDescription]: tool.description,
  };
}

export function calledAttributes({ id, name }: { readonly id: string; readonly name: string }): Attributes {
  return { [ATTRIBUTE.tool]: name, [ATTRIBUTE.toolCall]: id, [ATTRIBUTE.toolType]: "function" };
}

function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
