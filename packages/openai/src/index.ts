/** The public face of the OpenAI-compatible models. Nothing is public by accident: every name is listed. */
export { BodyReader, type BodyReaderOptions } from "./body.ts";
export {
  type AnswerReader,
  type FrameDecoder,
  type OpenedAnswer,
  readAnswerText,
} from "./chat/answer.ts";
export {
  type Compatibility,
  type CompatibilityOverrides,
  detectServer,
} from "./chat/compatibility.ts";
export { COMPATIBLE_SERVERS, type CompatibleServer, type ServerRow } from "./chat/compatible-servers.ts";
export { type DecodeContext, decodeChatCompletion } from "./chat/decode.ts";
export { type EncodedChatRequest, type EncodeTarget, encodeChatRequest } from "./chat/encode.ts";
export { type EncodedMessages, encodeMessages } from "./chat/encode-messages.ts";
export {
  fileContent,
  type InputForm,
  type InputTarget,
  type InputTransport,
  isTextType,
  refuseUnsupportedInput,
} from "./chat/input-support.ts";
export { ChatCompletionsModel, type ChatCompletionsModelOptions, capabilitiesOf } from "./chat/model.ts";
export { OPENAI_CHAT_PROFILES } from "./chat/openai-profiles.ts";
export {
  type ChatParameter,
  type ChatProfile,
  type ChatProfileRow,
  chatProfile,
  DEFAULT_CHAT_PROFILE,
  findChatProfile,
  type InputApi,
  type InputLimits,
  type InputSupport,
  type ToolChoiceKind,
} from "./chat/profile.ts";
export {
  type ErrorParamReader,
  ParameterRepairs,
  type RefusedParameter,
  type RepairVocabulary,
  readErrorParam,
  refusedParameter,
} from "./chat/repair.ts";
export { ChatStream, type ChatStreamOptions } from "./chat/stream.ts";
export { TextBuffer } from "./chat/text-buffer.ts";
export { ToolCallAssembler, type ToolCallFragment } from "./chat/tool-deltas.ts";
export { imageUrl } from "./chat/user-parts.ts";
export { argumentsText, stopReasonOf } from "./chat/values.ts";
export {
  cancelled,
  type ErrorContext,
  type ErrorMapper,
  errorFromAnswer,
  excerpt,
  ReportedError,
  type RetryAdvice,
  requestIdOf,
  retryAdvice,
  toLocusError,
} from "./errors.ts";
export { OpenAIModel, type OpenAIModelOptions } from "./openai-model.ts";
export { openaiProvider } from "./provider.ts";
export { decodeResponse, type FinishedAnswer, type ResponsesContext } from "./responses/decode.ts";
export {
  type EncodedResponsesRequest,
  encodeResponsesRequest,
  type ResponsesTarget,
} from "./responses/encode.ts";
export { ResponsesModel } from "./responses/model.ts";
export {
  OpenAIResponsesModel,
  type OpenAIResponsesModelOptions,
} from "./responses/openai-responses-model.ts";
export type {
  HistoryOptions,
  HistoryOwner,
  ResponsesModelOptions,
  TracingOptions,
} from "./responses/options.ts";
export { isStateLost } from "./responses/recovery.ts";
export { ONE_TRY, type RetryingOptions, sendRetrying } from "./retrying.ts";
export { type SseHandler, SseParser } from "./sse.ts";
export { tokenCounter } from "./tokens.ts";
export { openaiContextWindow } from "./tokens-table.ts";
export { readWireError, type WireError } from "./wire-error.ts";
