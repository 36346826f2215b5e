/** An answer of ours in the AI SDK's words: its parts, what it cost and why it ended. */
import { randomUUID } from "node:crypto";
import type {
  JSONObject,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from "@ai-sdk/provider";
import type {
  AssistantPart,
  ModelResponse,
  ModelStopReason,
  ProviderState,
  ReasoningPart,
  ToolCallPart,
  Usage,
} from "@locus-sdk/core";
import { isRecord, parseJson } from "@locus-sdk/core";
import { metadataOf, PROVIDER_ITEM, SERVER_STATE } from "../metadata.ts";

const newCallId = (): string => `call_${randomUUID().replaceAll("-", "")}`;

/** The whole answer. */
export function resultOf(
  response: ModelResponse,
  warnings: readonly SharedV4Warning[],
): LanguageModelV4GenerateResult {
  const { message, usage, stopReason, warnings: told = [], providerState, rawOutput } = response;
  return {
    content: [
      ...message.content.map((part) => contentOf(part)),
      ...(providerState === undefined ? [] : [stateContent(providerState)]),
    ],
    finishReason: finishReasonOf(stopReason),
    usage: usageOf(usage),
    warnings: [...warnings, ...told.map((text): SharedV4Warning => ({ type: "other", message: text }))],
    response: {
      ...responseMetadataOf(response),
      ...(rawOutput === undefined ? {} : { body: rawOutput }),
    },
    ...answerMetadataOf({ ...response, warnings: [] }),
  };
}

/** One part of an answer; `more` goes into what is kept with it. */
export function contentOf(part: AssistantPart, more: JSONObject = {}): LanguageModelV4Content {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text, ...metadataOf(more) };
    case "refusal":
      return { type: "text", text: part.text, ...metadataOf({ refusal: true, ...more }) };
    case "reasoning":
      return { type: "reasoning", text: part.text, ...metadataOf({ ...sealOf(part), ...more }) };
    case "tool_call":
      return toolCallOf(part, more);
    case "provider": {
      const { provider, item, author } = part;
      return { type: "custom", kind: PROVIDER_ITEM, ...metadataOf({ provider, item, author, ...more }) };
    }
  }
}

export const sealOf = ({ id, signature, encrypted, author }: ReasoningPart): JSONObject => ({
  ...(id === undefined ? {} : { id }),
  ...(signature === undefined ? {} : { signature }),
  ...(encrypted === undefined ? {} : { encrypted }),
  ...(author === undefined ? {} : { author }),
});

function toolCallOf(call: ToolCallPart, more: JSONObject): LanguageModelV4Content {
  const { id, name, providerId, hosted } = call;
  return {
    type: "tool-call",
    toolCallId: id === "" ? newCallId() : id,
    toolName: name,
    input: call.arguments,
    ...metadataOf({
      providerId,
      hosted,
      ...(survives(call.arguments) ? {} : { arguments: call.arguments }),
      ...more,
    }),
  };
}

/** Whether a text is an object, and the same after it was parsed and written again, as the AI SDK does with arguments. */
function survives(text: string): boolean {
  const parsed = parseJson(text);
  return isRecord(parsed) && JSON.stringify(parsed) === text;
}

export const stateContent = ({ provider, modelId, data }: ProviderState): LanguageModelV4Content => ({
  type: "custom",
  kind: SERVER_STATE,
  ...metadataOf({ provider, modelId, data }),
});

const FINISH_REASONS: Readonly<Record<ModelStopReason, LanguageModelV4FinishReason["unified"]>> = {
  stop: "stop",
  tool_calls: "tool-calls",
  length: "length",
  content_filter: "content-filter",
};

export const finishReasonOf = (reason: ModelStopReason): LanguageModelV4FinishReason => ({
  unified: FINISH_REASONS[reason],
  raw: reason,
});

export function usageOf(usage: Usage): LanguageModelV4Usage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    inputTokens: {
      total: inputTokens,
      noCache:
        cachedInputTokens === undefined
          ? undefined
          : Math.max(0, inputTokens - cachedInputTokens - (cacheWriteTokens ?? 0)),
      cacheRead: cachedInputTokens,
      cacheWrite: cacheWriteTokens,
    },
    outputTokens: {
      total: outputTokens,
      text: reasoningTokens === undefined ? undefined : Math.max(0, outputTokens - reasoningTokens),
      reasoning: reasoningTokens,
    },
    raw: { ...usage },
  };
}

export const responseMetadataOf = ({
  requestId,
  modelId,
}: ModelResponse): LanguageModelV4ResponseMetadata => ({
  ...(requestId === undefined ? {} : { id: requestId }),
  modelId,
});

/** What of an answer the AI SDK's results have no member for. */
export function answerMetadataOf({ provider, warnings = [], hostedTools, usage }: ModelResponse): {
  readonly providerMetadata?: SharedV4ProviderMetadata;
} {
  return metadataOf({
    provider,
    warnings: warnings.length === 0 ? undefined : warnings,
    hostedTools: hostedTools?.map((run) => ({ ...run })),
    costUsd: usage.costUsd,
  });
}
