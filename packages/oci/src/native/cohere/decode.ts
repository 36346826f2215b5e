/** Frames of `COHERE` answers. The last one repeats the whole text, and alone has the calls. */
import { ContextLengthError, ModelError } from "@locus-sdk/core";
import { errorFromAnswer } from "@locus-sdk/openai";
import type { AnswerBuilder, KeptItem } from "../answer.ts";
import { type Fields, type FrameReader, isFields, label } from "../codec.ts";

/** What of a text is new, given that it may begin with all that was said before. */
function newText(said: string, text: string, answer: AnswerBuilder): string {
  if (text.startsWith(said)) return text.slice(said.length);
  if (!said.startsWith(text)) {
    answer.warn("the last frame repeats the answer in other words: what was streamed first is kept");
  }
  return "";
}

/** Throws for the finish reasons of Cohere's formats that are failures, not answers. */
export function throwIfFailed(answer: AnswerBuilder, errorMessage: string | undefined): void {
  const { modelId, requestId } = answer.context;
  const remote = requestId === undefined ? {} : { requestId };
  switch (answer.finishReason?.toUpperCase()) {
    case "ERROR":
      throw errorFromAnswer(
        { message: errorMessage ?? "the generation failed", code: "ERROR" },
        remote,
        answer.context,
      );
    case "USER_CANCEL":
      // Not ours: a run that nobody cancelled must not end as a cancelled one.
      throw new ModelError(`oci model "${modelId}" was cancelled on the side of the service`, {
        ...remote,
        code: "cancelled_by_service",
        retryable: true,
      });
    case "ERROR_LIMIT":
      // With something to show it is an answer that was cut; with nothing, the conversation alone was too long.
      if (answer.text !== "" || answer.callCount > 0) {
        answer.finish("MAX_TOKENS");
        return;
      }
      throw new ContextLengthError(
        `oci model "${modelId}" reached its context limit before it could answer${errorMessage === undefined ? "" : `: ${errorMessage}`}`,
        {
          ...remote,
          hint: "Shorten the conversation (a conversation manager does), send less, or use a model with a larger context.",
        },
      );
  }
}

export class CohereReader implements FrameReader {
  readonly #answer: AnswerBuilder;
  #calls: readonly unknown[] = [];
  readonly #kept = new Map<KeptItem, readonly unknown[]>();
  #errorMessage: string | undefined;

  constructor(answer: AnswerBuilder) {
    this.#answer = answer;
  }

  take(frame: Fields, whole: boolean): void {
    const answer = this.#answer;
    const reason = label(frame.finishReason);
    if (typeof frame.text === "string") {
      answer.say(reason === undefined || whole ? frame.text : newText(answer.text, frame.text, answer));
    }
    // Every list of calls is all of them.
    if (Array.isArray(frame.toolCalls)) this.#calls = frame.toolCalls;
    for (const [member, kind] of KEPT) {
      const items = frame[member];
      if (!Array.isArray(items)) continue;
      // The last frame has all of them once more.
      const before = reason === undefined ? (this.#kept.get(kind) ?? []) : [];
      this.#kept.set(kind, [...before, ...items]);
    }
    this.#errorMessage = label(frame.errorMessage) ?? this.#errorMessage;
    if (reason !== undefined) answer.finish(reason);
  }

  end(): void {
    for (const call of this.#calls) {
      if (!isFields(call)) continue;
      const { parameters } = call;
      const args = typeof parameters === "string" ? parameters : JSON.stringify(parameters ?? {});
      this.#answer.wholeCall(label(call.name) ?? "", args);
    }
    for (const [kind, items] of this.#kept) this.#answer.keep(kind, items);
    throwIfFailed(this.#answer, this.#errorMessage);
  }
}

const KEPT = [
  ["citations", "citations"],
  ["documents", "documents"],
  ["searchQueries", "search_queries"],
] as const;
