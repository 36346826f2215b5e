// A completed turn as the events of a chat completion stream.
import {
  argumentsText,
  type Completed,
  type CompletedCall,
  idless,
  slices,
  tagged,
} from "../answers/complete.ts";
import type { FinishReason, Turn } from "../answers/turn.ts";
import type { JsonObject } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";
import { chatUsage } from "./completion.ts";

export interface ChunkOptions {
  readonly id: string;
  /** The client asked for `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  readonly nullFinalDelta: boolean;
  /** Whether the finish reason is sent at all. */
  readonly finish: boolean;
  /** Whether `[DONE]` ends the stream. */
  readonly done: boolean;
  /** The answer fails instead of finishing. */
  readonly failure: Turn["failure"];
}

/** The stream's events, lazily. */
export function* chatEvents(answer: Completed, options: ChunkOptions): Generator<StreamEvent> {
  const chunk = (delta: JsonObject | null, finishReason: FinishReason | null = null): StreamEvent => ({
    data: {
      id: options.id,
      object: "chat.completion.chunk",
      created: answer.created,
      model: answer.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }],
      // With usage asked for, every chunk but the last carries the field as null.
      ...(options.includeUsage ? { usage: null } : {}),
    },
  });
  yield chunk({ role: "assistant", content: "" });
  for (const piece of answer.reasoning) yield chunk({ reasoning_content: piece });
  for (const piece of answer.text) yield chunk({ content: piece });
  if (answer.refusal !== undefined) yield chunk({ refusal: answer.refusal });
  for (const delta of toolDeltas(answer)) yield chunk(delta);
  if (options.failure !== undefined) {
    yield { name: "error", data: { ...options.failure } };
    return;
  }
  if (options.finish) yield chunk(finalDelta(answer, options), answer.finishReason);
  if (options.includeUsage) {
    const { created, model, tokens } = answer;
    const usage = chatUsage(tokens);
    yield { data: { id: options.id, object: "chat.completion.chunk", created, model, choices: [], usage } };
  }
  if (options.done) yield { data: "[DONE]" };
}

function finalDelta(answer: Completed, options: ChunkOptions): JsonObject | null {
  if (answer.toolDeltas === "final-frame" && answer.toolCalls.length > 0) {
    return { tool_calls: answer.toolCalls.map((call, index) => wholeCall(call, index, answer.toolDeltas)) };
  }
  return options.nullFinalDelta ? null : {};
}

const wholeCall = (call: CompletedCall, index: number, style: ToolDeltaStyle): JsonObject => ({
  index: style === "whole-at-zero" ? 0 : index,
  ...(idless(style) ? {} : { id: call.id }),
  type: "function",
  function: { name: call.name, arguments: argumentsText(call, style) },
});

function* toolDeltas(answer: Completed): Generator<JsonObject> {
  const style = answer.toolDeltas;
  for (const [position, call] of answer.toolCalls.entries()) {
    switch (style) {
      case "fragments":
      case "fragments-at-zero":
      case "fragments-without-index":
      case "re-announced":
        yield* fragments(call, position, style);
        break;
      case "whole":
      case "whole-at-zero":
      case "without-ids":
      case "double-encoded":
        yield { tool_calls: [wholeCall(call, position, style)] };
        break;
      case "text-tags":
        for (const piece of slices(tagged(call), 7)) yield { content: piece };
        break;
      case "final-frame":
        break;
    }
  }
}

function* fragments(call: CompletedCall, position: number, style: ToolDeltaStyle): Generator<JsonObject> {
  const index =
    style === "fragments-without-index" ? {} : { index: style === "fragments-at-zero" ? 0 : position };
  const head = { id: call.id, type: "function" };
  const { name } = call;
  const fragment = (fields: JsonObject): JsonObject => ({ tool_calls: [{ ...index, ...fields }] });
  yield fragment({ ...head, function: { name, arguments: "" } });
  for (const piece of slices(call.arguments, 12)) {
    const again = style === "re-announced";
    yield fragment(
      again ? { ...head, function: { name, arguments: piece } } : { function: { arguments: piece } },
    );
  }
}
