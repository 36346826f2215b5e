// The fields that the native API knows, by kind of object. Others are ignored there, and recorded here.
import { isJsonObject, type JsonObject } from "../json.ts";
import type { ChatRequest } from "./request.ts";

const fields = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const shared =
  "apiFormat isStream streamOptions maxTokens temperature topK topP frequencyPenalty presencePenalty seed responseFormat tools";

const requestFields: Readonly<Record<ChatRequest["apiFormat"], ReadonlySet<string>>> = {
  GENERIC: fields(
    `${shared} messages reasoningEffort verbosity metadata numGenerations isEcho stop logProbs logitBias
    maxCompletionTokens prediction toolChoice isParallelToolCalls webSearchOptions serviceTier`,
  ),
  COHERE: fields(
    `${shared} message chatHistory documents citationQuality isSearchQueriesOnly preambleOverride maxInputTokens
    promptTruncation isEcho stopSequences isRawPrompting safetyMode toolResults isForceSingleStep`,
  ),
  COHEREV2: fields(
    `${shared} messages documents citationOptions toolsChoice isStrictToolsEnabled isLogProbsEnabled thinking
    stopSequences priority isRawPrompting safetyMode`,
  ),
};

const detailFields: Readonly<Record<string, ReadonlySet<string>>> = {
  chat: fields("compartmentId servingMode chatRequest"),
  embedText: fields(
    "compartmentId servingMode inputs embedContents isEcho embeddingTypes outputDimensions truncate inputType",
  ),
  rerankText: fields(
    "compartmentId servingMode input documents topN isEcho maxChunksPerDocument maxTokensPerDocument",
  ),
  applyGuardrails: fields("compartmentId input multimodalInput guardrailConfigs guardrailVersionConfig"),
};

/** Paths of the fields of a body that the operation does not know. */
export function unknownFields(operation: string, body: JsonObject): readonly string[] {
  const known = detailFields[operation];
  const found = Object.keys(body).filter((field) => known?.has(field) === false);
  const request = body.chatRequest;
  if (!isJsonObject(request)) return found;
  const { apiFormat } = request;
  const isFormat = (value: unknown): value is ChatRequest["apiFormat"] =>
    typeof value === "string" && value in requestFields;
  if (!isFormat(apiFormat)) return found;
  const inner = Object.keys(request).filter((field) => !requestFields[apiFormat].has(field));
  return [...found, ...inner.map((field) => `chatRequest.${field}`)];
}
