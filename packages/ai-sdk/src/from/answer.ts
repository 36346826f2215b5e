/** Parts of an answer by a model of the AI SDK, gathered whole or from a stream, as one response. */
import type {
  LanguageModelV3Content,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from "@ai-sdk/provider";
import {
  type AssistantPart,
  deepFreeze,
  type HostedToolRun,
  ModelError,
  type ModelResponse,
  type ModelStopReason,
  toJson,
  type Usage,
} from "@locus-sdk/core";
import { base64Of } from "../media.ts";
import { toldIn } from "../metadata.ts";
import { contentItem, metadataItem, type PartWithMetadata } from "./items.ts";

export type Content = LanguageModelV4Content | LanguageModelV3Content;

/** What an answer ends with. */
export interface Ending {
  readonly finishReason: LanguageModelV4FinishReason;
  readonly usage: LanguageModelV4Usage;
  readonly warnings: readonly SharedV4Warning[];
  readonly providerMetadata?: SharedV4ProviderMetadata | undefined;
  readonly requestId?: string | undefined;
  readonly modelId?: string | undefined;
}

/** Whose answer it is, and what the request has lost on its way. */
export interface AnswerContext {
  readonly provider: string;
  readonly modelId: string;
  readonly warnings: readonly string[];
}

/** The whole answer. Throws a `ModelError` where the model says that it failed. */
export function responseOf(
  content: readonly Content[],
  { finishReason, usage, warnings: told, providerMetadata, requestId, modelId }: Ending,
  context: AnswerContext,
): ModelResponse {
  const parts = content.flatMap((part) => partsOf(part, context.provider));
  const warnings = [...context.warnings, ...told.map(wordsOf)];
  const warn = (text: string): void => void warnings.push(text);
  const calls = parts.some(({ type }) => type === "tool_call");
  const stopReason = stopReasonOf(finishReason, calls, context, warn);
  const ours = toldIn(providerMetadata);
  const hostedTools = [...hostedRunsOf(content), ...(ours.hostedTools ?? [])];
  warnings.push(...(ours.warnings ?? []));
  const counted: Usage = {
    ...countsOf(usage, warn),
    ...(ours.costUsd === undefined ? {} : { costUsd: ours.costUsd }),
  };
  return deepFreeze({
    message: { role: "assistant", content: parts },
    usage: counted,
    stopReason,
    modelId: modelId ?? context.modelId,
    ...(requestId === undefined ? {} : { requestId }),
    ...(hostedTools.length === 0 ? {} : { hostedTools }),
    ...(warnings.length === 0 ? {} : { warnings }),
  } satisfies ModelResponse);
}

function partsOf(part: Content, provider: string): readonly AssistantPart[] {
  const { providerMetadata } = part;
  const withMetadata = (
    made: AssistantPart & { readonly type: PartWithMetadata },
  ): readonly AssistantPart[] =>
    providerMetadata === undefined ? [made] : [made, metadataItem(provider, made.type, providerMetadata)];
  switch (part.type) {
    case "text":
    case "reasoning":
      if (part.text === "" && providerMetadata === undefined) return [];
      return withMetadata({ type: part.type, text: part.text });
    case "tool-call": {
      if (part.providerExecuted === true) break;
      const { toolCallId, toolName, input } = part;
      return withMetadata({ type: "tool_call", id: toolCallId, name: toolName, arguments: input });
    }
    case "file":
    case "reasoning-file":
      return [contentItem(provider, { ...part, data: plainData(part.data) })];
    default:
      break;
  }
  return [contentItem(provider, part)];
}

type FileContent = Extract<Content, { type: "file" | "reasoning-file" }>;

/** Bytes as base64, in the newer specification's form. */
function plainData(data: FileContent["data"]): object {
  if (typeof data === "string" || data instanceof Uint8Array) return { type: "data", data: base64Of(data) };
  return data.type === "url"
    ? { type: "url", url: data.originalUrl ?? data.url.href }
    : { type: "data", data: base64Of(data.data) };
}

/** What the provider's own tools did: each call with its result, as far as it is in the answer. */
function hostedRunsOf(content: readonly Content[]): readonly HostedToolRun[] {
  const results = new Map(
    content.flatMap((part) => (part.type === "tool-result" ? [[part.toolCallId, part]] : [])),
  );
  return content.flatMap((part): readonly HostedToolRun[] => {
    if (part.type !== "tool-call" || part.providerExecuted !== true) return [];
    const result = results.get(part.toolCallId);
    const status = result === undefined ? "in_progress" : result.isError === true ? "failed" : "completed";
    return [
      {
        name: part.toolName,
        status,
        input: part.input,
        ...(result === undefined ? {} : { output: toJson(result.result) }),
      },
    ];
  });
}

const STOP_REASONS: Readonly<Record<LanguageModelV4FinishReason["unified"], ModelStopReason | undefined>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  other: undefined,
  interrupted: undefined,
  error: undefined,
};

function stopReasonOf(
  { unified, raw }: LanguageModelV4FinishReason,
  calls: boolean,
  { provider, modelId }: AnswerContext,
  warn: (text: string) => void,
): ModelStopReason {
  if (unified === "error" || unified === "interrupted") {
    throw new ModelError(
      `model "${modelId}" of ${provider} broke off its answer${raw === undefined ? "" : `: ${raw}`}`,
      {
        code: "answer_failed",
      },
    );
  }
  const reason = STOP_REASONS[unified];
  if (reason === undefined) warn(`the model finished with the unknown reason "${raw ?? unified}"`);
  if (reason === "length" || reason === "content_filter") return reason;
  return calls ? "tool_calls" : "stop";
}

function countsOf({ inputTokens, outputTokens }: LanguageModelV4Usage, warn: (text: string) => void): Usage {
  if (inputTokens.total === undefined && outputTokens.total === undefined) {
    warn("the model reported no token usage");
  }
  const { total: input = 0, cacheRead, cacheWrite } = inputTokens;
  const { total: output = 0, reasoning } = outputTokens;
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output,
    ...(cacheRead === undefined ? {} : { cachedInputTokens: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

/** One of the AI SDK's warnings in words. */
function wordsOf(warning: SharedV4Warning): string {
  switch (warning.type) {
    case "other":
      return warning.message;
    case "deprecated":
      return `${warning.setting}: ${warning.message}`;
    case "unsupported":
    case "compatibility": {
      const { type, feature, details } = warning;
      const what = type === "unsupported" ? "is not supported" : "was done another way";
      return `${feature} ${what}${details === undefined ? "" : `: ${details}`}`;
    }
  }
}
