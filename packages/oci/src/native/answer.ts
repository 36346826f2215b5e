/** Collects one answer, told in pieces or whole, and makes parts of it and at the end the response. */
import { randomUUID } from "node:crypto";
import {
  type AssistantPart,
  deepFreeze,
  type JsonObject,
  type LocusError,
  type ModelResponse,
  type ModelStreamPart,
  type ToolCallPart,
  toJson,
  type Usage,
} from "@locus-sdk/core";
import {
  type ChatProfile,
  type ErrorContext,
  type ErrorMapper,
  stopReasonOf,
  TextBuffer,
  ToolCallAssembler,
  type ToolCallFragment,
} from "@locus-sdk/openai";
import { TextToolCalls } from "./text-tool-calls.ts";
import { nativeUsage } from "./usage.ts";

/** What is known about an answer besides its body. */
export interface AnswerContext extends ErrorContext {
  readonly profile: ChatProfile;
  readonly requestId?: string;
  /** What could not be sent, to be told with the answer. */
  readonly warnings?: readonly string[];
  /** Translates errors that are told inside an answer. Default: `toLocusError`. */
  readonly mapError?: ErrorMapper;
  /** Whether calls may stand in the text. */
  readonly textToolCalls?: boolean;
  /** Makes the ids of calls that come without one. */
  readonly newCallId?: () => string;
}

/** The `id` of reasoning that is Cohere's plan for its tool calls: it goes back where it came from. */
export const TOOL_PLAN = "tool_plan";

/** Items of a provider part, by what they are. They go back only where the format has a place for them. */
export type KeptItem =
  | "citations"
  | "documents"
  | "search_queries"
  | "annotations"
  | "grounding_metadata"
  | "content";

/** One answer in the making. What it takes in, it emits as parts at once. */
export class AnswerBuilder {
  readonly context: AnswerContext;
  readonly #emit: (part: ModelStreamPart) => void;
  readonly #calls: ToolCallAssembler;
  readonly #text = new TextBuffer();
  readonly #reasoning = new TextBuffer();
  readonly #plan = new TextBuffer();
  readonly #inText: TextToolCalls | undefined;
  readonly #kept = new Map<KeptItem, unknown[]>();
  readonly #warnings: string[];
  #refusal = "";
  #finishReason: string | undefined;
  #usage: Usage | undefined;

  constructor(context: AnswerContext, emit: (part: ModelStreamPart) => void = () => undefined) {
    this.context = context;
    this.#calls = new ToolCallAssembler(context.profile.doubleEncodedArguments);
    this.#emit = emit;
    this.#inText = context.textToolCalls === true ? new TextToolCalls() : undefined;
    this.#warnings = [...(context.warnings ?? [])];
  }

  /** Why the model stopped, once it has said so. */
  get finishReason(): string | undefined {
    return this.#finishReason;
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** The calls so far. */
  get calls(): readonly ToolCallPart[] {
    return this.#calls.calls();
  }

  /** The text so far. */
  get text(): string {
    return this.#text.read();
  }

  /** The reasoning so far, without the plan. */
  get reasoning(): string {
    return this.#reasoning.read();
  }

  say(text: string): void {
    if (text === "") return;
    if (this.#inText === undefined) this.#said(text);
    else this.#sort(this.#inText.push(text));
  }

  think(text: string): void {
    if (text === "") return;
    this.#reasoning.add(text);
    this.#emit({ type: "reasoning_delta", text });
  }

  plan(text: string): void {
    if (text === "") return;
    this.#plan.add(text);
    this.#emit({ type: "reasoning_delta", text });
  }

  refuse(text: string): void {
    this.#refusal += text;
  }

  call(fragment: ToolCallFragment): void {
    const part = this.#calls.add(fragment);
    if (part !== undefined) this.#emit(part);
  }

  /** A call that comes complete, and has no id. */
  wholeCall(name: string, args: string): void {
    this.call({ index: undefined, id: this.#newId(), name, arguments: args });
  }

  /** Keeps what only the provider understands, in the order it comes. */
  keep(kind: KeptItem, items: readonly unknown[]): void {
    if (items.length === 0) return;
    this.#kept.set(kind, [...(this.#kept.get(kind) ?? []), ...items]);
  }

  finish(reason: string): void {
    this.#finishReason = reason;
  }

  count(usage: unknown): void {
    this.#usage = nativeUsage(usage) ?? this.#usage;
  }

  warn(text: string): void {
    this.#warnings.push(text);
  }

  /** The answer. `lateFailure` is what broke the connection after the model had finished. */
  response(lateFailure?: LocusError): ModelResponse {
    if (this.#inText !== undefined) this.#sort(this.#inText.end());
    const { requestId, modelId } = this.context;
    if (lateFailure !== undefined) {
      this.warn(`the connection broke after the answer was complete: ${lateFailure.message}`);
    }
    for (const part of this.#calls.rest()) this.#emit(part);
    const calls = this.#calls.calls().map((call) => (call.id === "" ? { ...call, id: this.#newId() } : call));
    const stopReason = stopReasonOf(this.#finishReason, calls.length, {
      ...this.context,
      warn: (text) => this.warn(text),
    });
    if (this.#usage === undefined) this.warn("the provider reported no token usage");
    const content: AssistantPart[] = [
      ...reasoningParts(this.#reasoning.read()),
      ...reasoningParts(this.#plan.read(), TOOL_PLAN),
      ...(this.text === "" ? [] : [{ type: "text", text: this.text } as const]),
      ...(this.#refusal === "" ? [] : [{ type: "refusal", text: this.#refusal } as const]),
      ...calls,
      ...[...this.#kept].map(
        ([type, items]): AssistantPart => ({
          type: "provider",
          provider: "oci",
          item: { type, items: toJson(items) } satisfies JsonObject,
        }),
      ),
    ];
    return deepFreeze({
      message: { role: "assistant", content },
      usage: this.#usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      stopReason,
      modelId,
      ...(requestId === undefined ? {} : { requestId }),
      ...(this.#warnings.length === 0 ? {} : { warnings: [...this.#warnings] }),
    } satisfies ModelResponse);
  }

  #said(text: string): void {
    this.#text.add(text);
    this.#emit({ type: "text_delta", text });
  }

  #sort(pieces: ReturnType<TextToolCalls["push"]>): void {
    for (const piece of pieces) {
      if (piece.type === "text") this.#said(piece.text);
      else this.wholeCall(piece.name, piece.arguments);
    }
  }

  #newId(): string {
    return (this.context.newCallId ?? newCallId)();
  }
}

/** Short enough for any provider that the conversation may go to. */
const newCallId = (): string => `call_${randomUUID().replaceAll("-", "")}`;

const reasoningParts = (text: string, id?: string): readonly AssistantPart[] =>
  text === "" ? [] : [{ type: "reasoning", text, ...(id === undefined ? {} : { id }) }];
