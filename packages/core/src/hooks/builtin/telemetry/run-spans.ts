/** The spans of one run: the run's own, the model call under way, the tools at work. */
import {
  type Attributes,
  type Context,
  context,
  type Link,
  SpanKind,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { EventOf } from "../../../events/types.ts";
import type { ModelResponse } from "../../../model/types.ts";
import type { AroundModelCallContext, AroundToolCallContext } from "../../types.ts";
import {
  calledAttributes,
  type Doer,
  doing,
  endAttributes,
  modelAttributes,
  requestAttributes,
  responseAttributes,
  toolAttributes,
} from "./attributes.ts";
import { answerAttributes, jsonText, promptAttributes } from "./content.ts";
import type { GenAiMetrics } from "./metrics.ts";
import { ATTRIBUTE, NO_TOOL, type Operation } from "./names.ts";
import { TimedSpan } from "./timed-span.ts";

/** What a hook's runs share. */
export interface Instruments {
  readonly tracer: () => Tracer;
  readonly metrics: GenAiMetrics;
  readonly captureContent: boolean;
}

interface Chat {
  readonly timed: TimedSpan;
  readonly model: Attributes;
  readonly streaming: boolean;
  isAnswering: boolean;
}

export class RunSpans {
  readonly #instruments: Instruments;
  readonly #doer: Doer;
  readonly #run: TimedSpan;
  #model: Attributes = {};
  #chat: Chat | undefined;
  readonly #tools = new Map<string, TimedSpan>();

  /** Begins as a child of whatever span is active: the caller's, or that of the tool that is an agent. */
  constructor(instruments: Instruments, doer: Doer, links: readonly Link[]) {
    this.#instruments = instruments;
    this.#doer = doer;
    const begun = this.#begin("invoke_agent", doer.agent, SpanKind.INTERNAL, {}, context.active(), links);
    this.#run = begun;
  }

  get agent(): string {
    return this.#doer.agent;
  }

  get span(): TimedSpan["span"] {
    return this.#run.span;
  }

  async chat(asked: AroundModelCallContext, next: () => Promise<ModelResponse>): Promise<void> {
    this.#endChat();
    const { model, request, streaming } = asked;
    const named = modelAttributes(model);
    this.#model = named;
    this.#run.span.setAttributes(named);
    const attributes = { ...named, ...requestAttributes(asked) };
    const timed = this.#begin("chat", model.modelId, SpanKind.CLIENT, attributes);
    const chat: Chat = { timed, model: named, streaming, isAnswering: false };
    this.#chat = chat;
    if (this.#instruments.captureContent && timed.span.isRecording())
      timed.span.setAttributes(promptAttributes(request.messages));
    const measured = this.#measured("chat", named);
    try {
      const response = await context.with(this.#within(timed), next);
      timed.over();
      const answered = responseAttributes(response);
      timed.span.setAttributes(answered);
      const { [ATTRIBUTE.provider]: provider, [ATTRIBUTE.responseModel]: responseModel } = answered;
      const whole = {
        ...measured,
        [ATTRIBUTE.responseModel]: responseModel,
        ...(provider === undefined ? {} : { [ATTRIBUTE.provider]: provider }),
      };
      this.#instruments.metrics.duration("chat", timed.ms, whole);
      this.#instruments.metrics.tokens(response.usage, whole);
    } catch (error) {
      const type = errorType(error);
      timed.fail(type, error instanceof Error ? this.#said(error.message) : undefined);
      this.#instruments.metrics.duration("chat", timed.ms, { ...measured, [ATTRIBUTE.errorType]: type });
      timed.end();
      if (this.#chat === chat) this.#chat = undefined;
    }
  }

  /** The first piece of an answer is there. */
  chunk(): void {
    const chat = this.#chat;
    if (chat === undefined || !chat.streaming || chat.isAnswering || chat.timed.isOver) return;
    chat.isAnswering = true;
    const { ms, span } = chat.timed;
    span.setAttribute(ATTRIBUTE.timeToFirstChunk, ms / 1000);
    this.#instruments.metrics.firstChunk(ms, this.#measured("chat", chat.model));
  }

  /** The answer as it is on record, after hooks that may have taken something out. */
  answer({ message, stopReason }: EventOf<"model_complete">): void {
    this.#endChat(this.#instruments.captureContent ? answerAttributes(message, stopReason) : {});
  }

  /** The answer was thrown away. */
  retry(): void {
    this.#endChat();
  }

  async tool(about: AroundToolCallContext, next: () => Promise<unknown>): Promise<void> {
    const { call } = about;
    const timed = this.#begin("execute_tool", call.name, SpanKind.INTERNAL, toolAttributes(about));
    if (this.#instruments.captureContent)
      timed.span.setAttribute(ATTRIBUTE.toolArguments, jsonText(call.arguments));
    this.#tools.set(call.id, timed);
    await context.with(this.#within(timed), next);
    timed.over();
  }

  /** The outcome of a call. One that failed without its body having run has a span all the same. */
  toolEnd({ callId, name: called, error, result, source }: EventOf<"tool_complete">): void {
    const running = this.#tools.get(callId);
    if (running === undefined && (error === undefined || source === "cancelled")) return;
    const name = error?.code === "unknown_tool" ? NO_TOOL : called;
    const timed =
      running ?? this.#begin("execute_tool", name, SpanKind.INTERNAL, calledAttributes({ id: callId, name }));
    this.#tools.delete(callId);
    timed.over();
    if (error !== undefined) timed.fail(error.code, this.#said(error.message));
    const shown = this.#instruments.captureContent && result !== undefined;
    timed.end(shown ? { [ATTRIBUTE.toolResult]: jsonText(result) } : {});
    this.#instruments.metrics.duration("execute_tool", timed.ms, {
      ...this.#measured("execute_tool", { [ATTRIBUTE.tool]: name }),
      ...failed(error?.code),
    });
  }

  /** The body ended in a question to a person. */
  asked(callId: string | undefined): void {
    const timed = callId === undefined ? undefined : this.#tools.get(callId);
    if (callId === undefined || timed === undefined) return;
    this.#tools.delete(callId);
    timed.end();
  }

  end(event: EventOf<"terminate">): void {
    const { error, reason } = event;
    const type = error?.code ?? (reason === "error" ? "error" : undefined);
    if (type !== undefined) this.#run.fail(type, this.#said(error?.message));
    this.close(endAttributes(event), type);
  }

  /** Ends whatever is open. */
  close(attributes: Attributes = {}, type?: string): void {
    this.#endChat();
    for (const timed of this.#tools.values()) timed.end();
    this.#tools.clear();
    this.#run.end(attributes);
    const measured = this.#measured("invoke_agent", this.#model);
    this.#instruments.metrics.duration("invoke_agent", this.#run.ms, { ...measured, ...failed(type) });
  }

  /** What an error says may quote what users, models and tools said. */
  #said(message: string | undefined): string | undefined {
    return this.#instruments.captureContent ? message : undefined;
  }

  #endChat(attributes: Attributes = {}): void {
    this.#chat?.timed.end(attributes);
    this.#chat = undefined;
  }

  #begin(
    operation: Operation,
    target: string,
    kind: SpanKind,
    attributes: Attributes,
    parent: Context = this.#within(this.#run),
    links: readonly Link[] = [],
  ): TimedSpan {
    const all = { ...doing(operation, this.#doer), ...attributes };
    const name = `${operation} ${target}`;
    return new TimedSpan((startTime) =>
      this.#instruments
        .tracer()
        .startSpan(name, { kind, attributes: all, startTime, links: [...links] }, parent),
    );
  }

  #within({ span }: TimedSpan): Context {
    return trace.setSpan(context.active(), span);
  }

  /** Few values each: what a metric may be told by. */
  #measured(operation: Operation, attributes: Attributes): Attributes {
    return {
      [ATTRIBUTE.operation]: operation,
      [ATTRIBUTE.agent]: this.#doer.agent,
      ...attributes,
    };
  }
}

const failed = (type: string | undefined): Attributes =>
  type === undefined ? {} : { [ATTRIBUTE.errorType]: type };

function errorType(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}
