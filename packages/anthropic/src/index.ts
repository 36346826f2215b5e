/** The public face of Claude for Locus. Nothing is public by accident: every name is listed. */
export { AnthropicModel, type AnthropicModelOptions } from "./anthropic-model.ts";
export { type AnswerContext, decodeMessage } from "./decode.ts";
export { type EncodedRequest, encodeMessagesRequest, type MessagesTarget } from "./encode.ts";
export type { ErrorContext } from "./errors.ts";
export { type ClaudeFamily, claudeFamily, type WireEffort } from "./families.ts";
export { anthropicProvider } from "./provider.ts";
