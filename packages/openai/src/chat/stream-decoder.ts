/** Frames of a streamed chat completion, folded into parts as they come and into one `ModelResponse` at the end. */
import {
  deepFreeze,
  IncompleteStreamError,
  type LocusError,
  type ModelResponse,
  type ModelStreamPart,
} from "@locus-sdk/core";
import { excerpt, ReportedError, toLocusError } from "../errors.ts";
import { isCommonUsage } from "./common-answer.ts";
import { type DecodeContext, partsOf } from "./decode.ts";
import { FrameTemplate } from "./frame-template.ts";
import { TextBuffer } from "./text-buffer.ts";
import { ToolCallAssembler } from "./tool-deltas.ts";
import { contentOf, stopReasonOf, usageOf } from "./values.ts";
import { parseUsage } from "./wire.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const label = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** One streamed answer. `push` is the hot path: it checks by hand what a schema would check tenfold slower. */
export class ChatStreamDecoder {
  readonly #context: DecodeContext;
  readonly #emit: (part: ModelStreamPart) => void;
  readonly #tools: ToolCallAssembler;
  readonly #template = new FrameTemplate();
  readonly #text = new TextBuffer();
  readonly #reasoning = new TextBuffer();
  #refusal = "";
  #finishReason: string | undefined;
  #usage: unknown;
  #modelId: string | undefined;
  #serviceTier: string | undefined;
  #frames = 0;
  #sawDelta = false;
  #done = false;

  constructor(context: DecodeContext, emit: (part: ModelStreamPart) => void) {
    this.#context = context;
    this.#tools = new ToolCallAssembler(context.profile.doubleEncodedArguments);
    this.#emit = emit;
  }

  /** Whether the server has said that nothing will follow. */
  get done(): boolean {
    return this.#done;
  }

  /** Whether the model has said why it stopped: what came is an answer. */
  get finished(): boolean {
    return this.#finishReason !== undefined;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Takes one frame in. Throws the typed error it tells of, or `IncompleteStreamError` where it is unreadable. */
  push(data: string, event: string | undefined): void {
    if (this.#done) return;
    const text = this.#template.textIn(data);
    if (text !== undefined) {
      if (text !== "") this.#say(text);
      return;
    }
    if (data === "") return;
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      this.#done = true;
      return;
    }
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      if (event === "ping" || event === "heartbeat") return;
      if (event === "error") throw this.#told(data);
      throw this.#incomplete(`sent a frame that is not JSON: ${excerpt(data, this.#context.secrets)}`);
    }
    if (!isFields(frame))
      throw this.#incomplete(`sent a frame that is not an object: ${excerpt(data, this.#context.secrets)}`);
    this.#frames += 1;
    const choices = frame.choices;
    if (frame.error !== undefined && frame.error !== null) throw this.#told(frame);
    if (this.#modelId === undefined) this.#modelId = label(frame.model);
    if (frame.usage !== undefined && frame.usage !== null) this.#usage = frame.usage;
    this.#serviceTier = label(frame.service_tier) ?? this.#serviceTier;
    if (!Array.isArray(choices)) {
      const isError = event === "error" || frame.type === "error" || label(frame.message) !== undefined;
      if (isError) throw this.#told(frame);
      return;
    }
    const choice: unknown = choices.length === 1 ? choices[0] : firstChoice(choices);
    if (!isFields(choice) || (choice.index ?? 0) !== 0) return;
    // Moonshot's place for it.
    if (choice.usage !== undefined && choice.usage !== null) this.#usage = frame.usage ?? choice.usage;
    this.#choice(choice);
    const said = onlyText(frame, choice);
    if (said !== undefined) this.#template.learn(data, said);
  }

  /** The whole answer. Throws `IncompleteStreamError` where the model never said that it had finished. */
  end(lateFailure?: LocusError): ModelResponse {
    const context = this.#context;
    if (this.#finishReason === undefined) {
      throw this.#incomplete(
        this.#frames === 0
          ? "ended its stream without sending anything"
          : "ended its stream before it had finished",
      );
    }
    const warnings = [...(context.warnings ?? [])];
    const warn = (text: string): void => {
      warnings.push(text);
    };
    if (lateFailure !== undefined)
      warn(`the connection broke after the answer was complete: ${lateFailure.message}`);
    const calls = this.#tools.calls();
    for (const part of this.#tools.rest()) this.#emit(part);
    return deepFreeze({
      message: {
        role: "assistant",
        content: partsOf({
          text: this.#text.read(),
          reasoning: this.#reasoning.read(),
          refusal: this.#refusal,
          calls,
        }),
      },
      usage: usageOf(isCommonUsage(this.#usage) ? this.#usage : parseUsage(this.#usage), warn),
      stopReason: stopReasonOf(this.#finishReason, calls.length, { ...context, warn }),
      modelId: this.#modelId ?? context.modelId,
      ...(this.#serviceTier === undefined ? {} : { serviceTier: this.#serviceTier }),
      ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
      ...(warnings.length === 0 ? {} : { warnings }),
    } satisfies ModelResponse);
  }

  #choice(choice: Fields): void {
    const delta = choice.delta;
    if (isFields(delta)) {
      this.#delta(delta);
    } else if (isFields(choice.message) && !this.#sawDelta) {
      // A server that answers a stream request with one whole message in one frame.
      this.#delta(choice.message);
    }
    const reason = label(choice.finish_reason);
    if (reason !== undefined) this.#finishReason = reason;
  }

  #delta(delta: Fields): void {
    this.#sawDelta = true;
    // Some fill one of the two and leave the other empty.
    const thought = delta.reasoning_content || delta.reasoning;
    if (typeof thought === "string" && thought !== "") this.#think(thought);
    const content = delta.content;
    if (typeof content === "string") {
      if (content !== "") this.#say(content);
    } else if (Array.isArray(content)) {
      const { text, reasoning } = contentOf(content);
      if (reasoning !== "") this.#think(reasoning);
      if (text !== "") this.#say(text);
    }
    const refusal = delta.refusal;
    if (typeof refusal === "string") this.#refusal += refusal;
    const calls = delta.tool_calls;
    if (Array.isArray(calls)) this.#calls(calls);
    // The older, single form of a call.
    else if (isFields(delta.function_call)) this.#call({ function: delta.function_call }, 0);
  }

  #say(text: string): void {
    this.#text.add(text);
    this.#emit({ type: "text_delta", text });
  }

  #think(text: string): void {
    this.#reasoning.add(text);
    this.#emit({ type: "reasoning_delta", text });
  }

  #calls(calls: readonly unknown[]): void {
    for (const [position, call] of calls.entries()) {
      // Without an index, the place in the list tells calls apart only where the list holds several.
      if (isFields(call)) this.#call(call, calls.length > 1 ? position : undefined);
    }
  }

  #call(call: Fields, position: number | undefined): void {
    const called = isFields(call.function) ? call.function : call;
    const args = called.arguments;
    const part = this.#tools.add({
      index: typeof call.index === "number" ? call.index : position,
      id: label(call.id),
      name: label(called.name),
      arguments:
        typeof args === "string" ? args : args === undefined || args === null ? "" : JSON.stringify(args),
    });
    if (part !== undefined) this.#emit(part);
  }

  #told(body: unknown): LocusError {
    const { requestId, mapError = toLocusError } = this.#context;
    return mapError(new ReportedError(body, requestId), this.#context);
  }

  #incomplete(what: string): IncompleteStreamError {
    const { provider, modelId, requestId } = this.#context;
    return new IncompleteStreamError(`${provider} model "${modelId}" ${what}`, {
      ...(requestId === undefined ? {} : { requestId }),
      hint: "The part that came is not an answer. Nothing was sent again; try again.",
    });
  }
}

const firstChoice = (choices: readonly unknown[]): unknown =>
  choices.find((choice) => isFields(choice) && (choice.index ?? 0) === 0);

/** The text of a frame that brings text and nothing else. */
function onlyText(frame: Fields, choice: Fields): string | undefined {
  const { delta } = choice;
  if (!isFields(delta) || typeof delta.content !== "string" || delta.content === "") return undefined;
  const others = [
    frame.usage,
    choice.usage,
    choice.finish_reason,
    delta.tool_calls,
    delta.function_call,
    delta.refusal,
    delta.reasoning_content,
    delta.reasoning,
  ];
  return others.every((value) => value === undefined || value === null) ? delta.content : undefined;
}
