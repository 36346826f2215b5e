/** How the body of a chat completion is understood, whole or in frames. */
import type { AnswerReader } from "./answer.ts";
import { readAnswerText } from "./answer.ts";
import { type DecodeContext, decodeChatCompletion } from "./decode.ts";
import { ChatStreamDecoder } from "./stream-decoder.ts";

/** Reads chat completions. */
export function chatReader(context: DecodeContext): AnswerReader {
  return {
    frames: (emit) => new ChatStreamDecoder(context, emit),
    whole: (text) => decodeChatCompletion(readAnswerText(text, context), context),
    hint: "Check that the base URL is that of an OpenAI-compatible API.",
  };
}
