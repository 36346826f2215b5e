/** Frames of `GENERIC` answers. A choice looks the same whole and streamed, so one reader serves both. */
import { ModelError } from "@locus-sdk/core";
import type { AnswerBuilder } from "../answer.ts";
import { type Fields, type FrameReader, isFields, label } from "../codec.ts";

/** Reads choices, and frames that are one. */
export class GenericReader implements FrameReader {
  readonly #answer: AnswerBuilder;

  constructor(answer: AnswerBuilder) {
    this.#answer = answer;
  }

  take(frame: Fields, whole: boolean): void {
    const choice = Array.isArray(frame.choices) ? firstChoice(frame.choices) : whole ? undefined : frame;
    if (choice === undefined) {
      if (whole) throw this.#empty();
      return;
    }
    if ((choice.index ?? 0) !== 0) return;
    if (isFields(choice.usage)) this.#answer.count(choice.usage);
    if (isFields(choice.message)) this.#message(choice.message);
    const grounding = choice.groundingMetadata;
    if (isFields(grounding)) this.#answer.keep("grounding_metadata", [grounding]);
    const reason = label(choice.finishReason);
    if (reason !== undefined) this.#answer.finish(reason);
  }

  end(): void {
    // Failures are told by error frames in this format.
  }

  #message(message: Fields): void {
    const answer = this.#answer;
    if (typeof message.reasoningContent === "string") answer.think(message.reasoningContent);
    const { content } = message;
    if (typeof content === "string") answer.say(content);
    else if (Array.isArray(content)) for (const part of content) this.#content(part);
    if (typeof message.refusal === "string") answer.refuse(message.refusal);
    const calls = message.toolCalls;
    if (Array.isArray(calls)) {
      for (const [position, call] of calls.entries()) {
        // The wire has no index; the place in the list tells calls apart only where the list holds several.
        if (isFields(call)) this.#call(call, calls.length > 1 ? position : undefined);
      }
    }
    if (Array.isArray(message.annotations)) answer.keep("annotations", message.annotations);
  }

  /** Gemini was seen to send text parts without `text`. */
  #content(part: unknown): void {
    if (!isFields(part)) return;
    if (typeof part.text === "string") this.#answer.say(part.text);
    else if (label(part.type) !== undefined && part.type !== "TEXT") this.#answer.keep("content", [part]);
  }

  #call(call: Fields, position: number | undefined): void {
    const called = isFields(call.function) ? call.function : call;
    const args = called.arguments;
    this.#answer.call({
      index: typeof call.index === "number" ? call.index : position,
      id: label(call.id),
      name: label(called.name),
      arguments:
        typeof args === "string" ? args : args === undefined || args === null ? "" : JSON.stringify(args),
    });
  }

  #empty(): ModelError {
    const { modelId, requestId } = this.#answer.context;
    return new ModelError(`oci model "${modelId}" answered 200 without a choice`, {
      code: "invalid_response",
      ...(requestId === undefined ? {} : { requestId }),
    });
  }
}

function firstChoice(choices: readonly unknown[]): Fields | undefined {
  return choices.filter(isFields).find((choice) => (choice.index ?? 0) === 0);
}
