/** A model that says what it was told to say, and remembers what it was asked. For tests and offline examples. */
import { sleep } from "../async/abort.ts";
import { IncompleteStreamError, LocusError } from "../errors/errors.ts";
import type { AssistantPart } from "../messages/types.ts";
import type {
  ChatModel,
  HostedToolRun,
  ModelCapabilities,
  ModelRequest,
  ModelResponse,
  ModelStopReason,
  ModelStreamPart,
  ProviderState,
  Usage,
} from "../model/types.ts";

/** A call in a script; `arguments` as an object, or as the very text the model would write. */
export interface ScriptedCall {
  readonly name: string;
  readonly arguments?: object | string;
  /** Default `call_1`, `call_2`, … over the whole script. */
  readonly id?: string;
}

/** What the model does in one turn. */
export interface ScriptedTurn {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedCall[];
  /** Instead of all of the above: the parts, in order. */
  readonly content?: readonly AssistantPart[];
  readonly usage?: Partial<Usage>;
  readonly stopReason?: ModelStopReason;
  readonly providerState?: ProviderState;
  readonly requestId?: string;
  readonly warnings?: readonly string[];
  readonly hostedTools?: readonly HostedToolRun[];
  /** Thrown instead of an answer; with `text`, streamed text comes first. */
  readonly error?: Error;
  /** Milliseconds before the answer. */
  readonly delayMs?: number;
  /** Streams end after their deltas, without `finish`. */
  readonly truncated?: boolean;
}

/** A turn, its text alone, or a function of the request. */
export type ScriptedStep =
  | ScriptedTurn
  | string
  | ((request: ModelRequest, index: number) => ScriptedTurn | string | Promise<ScriptedTurn | string>);

export interface ScriptedModelOptions {
  readonly provider?: string;
  readonly modelId?: string;
  readonly capabilities?: Partial<ModelCapabilities>;
  /** Begin again when the script is used up. Default: an error that says so. */
  readonly repeat?: boolean;
  /** Characters of one text delta in a stream. Default 8. */
  readonly chunkSize?: number;
}

/**
 * Plays `script` turn by turn, shared by all its callers in the order of their calls.
 *
 * @example
 * ```ts
 * import { Agent } from "@locus-sdk/core";
 * import { ScriptedModel } from "@locus-sdk/core/testing";
 *
 * const model = new ScriptedModel([
 *   { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
 *   "Take an umbrella.",
 * ]);
 * const agent = new Agent({ model });
 * ```
 */
export class ScriptedModel implements ChatModel {
  readonly provider: string;
  readonly modelId: string;
  readonly capabilities: ModelCapabilities;
  /** Two of one name stand for one model: they share answers that are kept (`withCache`). */
  readonly cacheIdentity = "scripted";
  /** Every request so far, as it came. */
  readonly requests: ModelRequest[] = [];
  /** Streams that were begun and are neither finished nor left. */
  openStreams = 0;
  closed = false;
  readonly #script: readonly ScriptedStep[];
  readonly #repeat: boolean;
  readonly #chunkSize: number;
  #turns = 0;
  #calls = 0;

  constructor(script: readonly ScriptedStep[], options: ScriptedModelOptions = {}) {
    this.#script = script;
    this.#repeat = options.repeat ?? false;
    this.#chunkSize = options.chunkSize ?? 8;
    this.provider = options.provider ?? "scripted";
    this.modelId = options.modelId ?? "scripted";
    this.capabilities = {
      tools: true,
      parallelToolCalls: true,
      structuredOutput: "schema",
      vision: true,
      files: true,
      audio: true,
      reasoning: true,
      streaming: true,
      serverState: false,
      ...options.capabilities,
    };
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    const turn = await this.#next(request);
    if (turn.error !== undefined) throw turn.error;
    if (turn.truncated === true) throw new IncompleteStreamError("the scripted answer is truncated");
    return this.#respond(turn);
  }

  async *stream(request: ModelRequest): AsyncGenerator<ModelStreamPart> {
    this.openStreams++;
    try {
      const turn = await this.#next(request);
      const response = this.#respond(turn);
      yield* this.#deltas(response);
      if (turn.error !== undefined) throw turn.error;
      if (turn.truncated !== true) yield { type: "finish", response };
    } finally {
      this.openStreams--;
    }
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  async #next(request: ModelRequest): Promise<ScriptedTurn> {
    const index = this.#turns++;
    this.requests.push(request);
    const step = this.#script[this.#repeat ? index % this.#script.length : index];
    if (step === undefined) {
      throw new LocusError(
        `the script has ${this.#script.length} turns and was asked for turn ${index + 1}`,
        {
          code: "script_exhausted",
          hint: "Add a turn, or pass repeat: true.",
        },
      );
    }
    const made = typeof step === "function" ? await step(request, index) : step;
    const turn = typeof made === "string" ? { text: made } : made;
    const signal = request.signal ?? new AbortController().signal;
    if (turn.delayMs !== undefined) await sleep(turn.delayMs, signal);
    signal.throwIfAborted();
    return turn;
  }

  #respond(turn: ScriptedTurn): ModelResponse {
    const content = turn.content ?? this.#parts(turn);
    const { inputTokens = 0, outputTokens = 0 } = turn.usage ?? {};
    const calls = content.some((part) => part.type === "tool_call");
    const { requestId, providerState, warnings, hostedTools } = turn;
    return {
      message: { role: "assistant", content },
      usage: { totalTokens: inputTokens + outputTokens, ...turn.usage, inputTokens, outputTokens },
      stopReason: turn.stopReason ?? (calls ? "tool_calls" : "stop"),
      modelId: this.modelId,
      ...(requestId === undefined ? {} : { requestId }),
      ...(providerState === undefined ? {} : { providerState }),
      ...(warnings === undefined ? {} : { warnings }),
      ...(hostedTools === undefined ? {} : { hostedTools }),
    };
  }

  #parts({ text, reasoning, toolCalls = [] }: ScriptedTurn): readonly AssistantPart[] {
    return [
      ...(reasoning === undefined ? [] : [{ type: "reasoning" as const, text: reasoning }]),
      ...(text === undefined ? [] : [{ type: "text" as const, text }]),
      ...toolCalls.map((call) => ({
        type: "tool_call" as const,
        id: call.id ?? `call_${++this.#calls}`,
        name: call.name,
        arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {}),
      })),
    ];
  }

  *#deltas({ message }: ModelResponse): Generator<ModelStreamPart> {
    let index = 0;
    for (const part of message.content) {
      if (part.type === "text" || part.type === "reasoning") {
        for (const text of this.#chunks(part.text)) yield { type: `${part.type}_delta`, text };
      } else if (part.type === "tool_call") {
        yield { type: "tool_call_delta", index, id: part.id, name: part.name, argumentsDelta: "" };
        for (const argumentsDelta of this.#chunks(part.arguments))
          yield { type: "tool_call_delta", index, argumentsDelta };
        index++;
      }
    }
  }

  *#chunks(text: string): Generator<string> {
    for (let at = 0; at < text.length; at += this.#chunkSize) yield text.slice(at, at + this.#chunkSize);
  }
}
