/** Frames of `COHEREV2` answers: messages in pieces, of which the last may say everything once more. */
import type { ToolCallFragment } from "@locus-sdk/openai";
import type { AnswerBuilder } from "../answer.ts";
import { type Fields, type FrameReader, isFields, label } from "../codec.ts";
import { throwIfFailed } from "../cohere/decode.ts";

export class CohereV2Reader implements FrameReader {
  readonly #answer: AnswerBuilder;
  #plan = "";
  #citations: readonly unknown[] = [];
  #errorMessage: string | undefined;

  constructor(answer: AnswerBuilder) {
    this.#answer = answer;
  }

  take(frame: Fields, whole: boolean): void {
    const reason = label(frame.finishReason);
    if (isFields(frame.message)) this.#message(frame.message, reason !== undefined && !whole);
    this.#errorMessage = label(frame.errorMessage) ?? this.#errorMessage;
    if (reason !== undefined) this.#answer.finish(reason);
  }

  end(): void {
    this.#answer.keep("citations", this.#citations);
    throwIfFailed(this.#answer, this.#errorMessage);
  }

  #message(message: Fields, last: boolean): void {
    const answer = this.#answer;
    const { said, thought } = contentOf(message.content);
    const goesOn = !last || (said !== "" && answer.text !== "" && !said.startsWith(answer.text));
    answer.think(last ? fresh(answer.reasoning, thought) : thought);
    answer.say(last ? fresh(answer.text, said) : said);
    if (typeof message.toolPlan === "string") {
      const plan = last ? fresh(this.#plan, message.toolPlan) : message.toolPlan;
      this.#plan += plan;
      answer.plan(plan);
    }
    const calls = Array.isArray(message.toolCalls) ? message.toolCalls.filter(isFields).map(readCall) : [];
    if (!(last && repeats(answer, calls))) {
      for (const [position, call] of calls.entries()) {
        // The place in the list tells calls apart only where the list holds several.
        answer.call({ ...call, index: call.index ?? (calls.length > 1 ? position : undefined) });
      }
    }
    if (Array.isArray(message.citations)) {
      // Where the last frame says everything once more, its citations are all of them.
      this.#citations = goesOn ? [...this.#citations, ...message.citations] : message.citations;
    }
  }
}

function readCall(call: Fields): ToolCallFragment {
  const called = isFields(call.function) ? call.function : call;
  const args = called.arguments ?? called.parameters;
  return {
    index: typeof call.index === "number" ? call.index : undefined,
    id: label(call.id),
    name: label(called.name),
    arguments:
      typeof args === "string" ? args : args === undefined || args === null ? "" : JSON.stringify(args),
  };
}

/** Whether the last frame's calls are those that were streamed before, word for word. */
function repeats(answer: AnswerBuilder, calls: readonly ToolCallFragment[]): boolean {
  const before = answer.calls;
  return (
    calls.length === before.length &&
    calls.every(
      ({ name, arguments: args }, index) => name === before[index]?.name && args === before[index]?.arguments,
    )
  );
}

/** The last frame's text: the rest of what was said where it repeats all of it, otherwise one more piece. */
const fresh = (before: string, text: string): string =>
  before !== "" && text.startsWith(before) ? text.slice(before.length) : text;

function contentOf(content: unknown): { readonly said: string; readonly thought: string } {
  if (typeof content === "string") return { said: content, thought: "" };
  let said = "";
  let thought = "";
  for (const part of Array.isArray(content) ? (content as readonly unknown[]) : []) {
    if (!isFields(part)) continue;
    if (typeof part.thinking === "string") thought += part.thinking;
    else if (typeof part.text === "string") said += part.text;
  }
  return { said, thought };
}
